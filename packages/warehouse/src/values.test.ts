import { expect, it } from "vitest";
import { fieldValue } from "./bigquery/values.ts";
import { isoFromMicros, safeInteger, trimZeros } from "./values.ts";

it.each([
  [0n, "1970-01-01T00:00:00.000"],
  [1n, "1970-01-01T00:00:00.000001"],
  [-1n, "1969-12-31T23:59:59.999999"],
  [-1_000n, "1969-12-31T23:59:59.999"],
  [1_767_225_600_123_000n, "2026-01-01T00:00:00.123"],
])("writes %s µs as %s", (micros, text) => {
  expect(isoFromMicros(micros)).toBe(text);
});

it.each([
  ["1.500000000", "1.5"],
  ["100.000000000", "100"],
  ["100", "100"],
  ["-0.000000001", "-0.000000001"],
])("trims %s to %s", (given, trimmed) => {
  expect(trimZeros(given)).toBe(trimmed);
});

it("keeps an integer exact", () => {
  expect(safeInteger(9007199254740991n)).toBe(9007199254740991);
  expect(safeInteger(-9007199254740993n)).toBe("-9007199254740993");
});

it.each([
  [{ type: "INTEGER" }, "12", 12],
  [{ type: "FLOAT" }, "1e-7", 1e-7],
  [{ type: "FLOAT" }, "NaN", "NaN"],
  [{ type: "BOOLEAN" }, "false", false],
  [{ type: "DATETIME" }, "2026-01-01T10:00:00", "2026-01-01T10:00:00.000"],
  [{ type: "DATETIME" }, "2026-01-01T10:00:00.123456", "2026-01-01T10:00:00.123456"],
  [{ type: "INTEGER", mode: "REPEATED" }, [{ v: "1" }, { v: "2" }], [1, 2]],
  [{ type: "RECORD", fields: [{ name: "x", type: "STRING" }] }, { f: [{ v: "y" }] }, { x: "y" }],
  [{ type: "STRING" }, null, null],
])("reads a BigQuery field %j", (field, value, expected) => {
  expect(fieldValue({ name: "f", ...field }, value)).toEqual(expected);
});
