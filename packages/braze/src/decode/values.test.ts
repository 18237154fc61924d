import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toDate, toDecimal, toInstant, toWhole } from "./values.ts";

// The same cases every time: a rare one that fails becomes a test of its own.
fc.configureGlobal({ seed: 20260101 });

describe("toWhole", () => {
  it.each([
    [12, 12],
    ["12", 12],
    ["12.0", 12],
    [" 7 ", 7],
    [-0, 0],
    ["-3", -3],
  ])("reads %j as %j", (value, expected) => expect(toWhole(value)).toBe(expected));

  it.each([
    12.5,
    "12.5",
    "1e3",
    "abc",
    true,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    "9007199254740993",
    [],
    {},
  ])("refuses %j", (value) => expect(toWhole(value)).toBeUndefined());
});

describe("toDecimal", () => {
  it.each([
    [20.1, "20.1"],
    [0, "0"],
    [-0, "0"],
    [-3, "-3"],
    ["20.10", "20.1"],
    [0.1 + 0.2, "0.3"],
    [1e21, "1000000000000000000000"],
    [1.5e-7, "0.00000015"],
    [1e-12, "0"],
    [-1e-12, "0"],
    ["0.0000000005", "0.000000001"],
    ["9.9999999999", "10"],
    ["+.5", "0.5"],
    ["1.25e2", "125"],
    ["12e-1", "1.2"],
  ])("reads %j as %s", (value, expected) => expect(toDecimal(value)).toBe(expected));

  it.each([
    ".",
    "",
    "1,5",
    "abc",
    "1e400",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e30,
    null,
    true,
    "1e99999999",
  ])("refuses %j", (value) => expect(toDecimal(value)).toBeUndefined());

  it("keeps amounts in cents exact", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (cents) => {
        const text = toDecimal(cents / 100) ?? "";
        const [whole = "", part = ""] = text.replace("-", "").split(".");
        expect(Number(whole) * 100 + Number(part.padEnd(2, "0"))).toBe(Math.abs(cents));
        expect(text.startsWith("-")).toBe(cents < 0);
      }),
    );
  });
});

describe("toInstant", () => {
  it.each([
    ["2022-11-29T14:59:02+00:00", "2022-11-29T14:59:02.000Z"],
    ["2022-11-29T14:59:02-05:00", "2022-11-29T19:59:02.000Z"],
    ["2022-11-29T23:59:59-5:00", "2022-11-30T04:59:59.000Z"],
    ["2020-07-10 15:00:00.000 UTC", "2020-07-10T15:00:00.000Z"],
    ["2020-07-10T15:00:00", "2020-07-10T15:00:00.000Z"],
    ["2020-07-10", "2020-07-10T00:00:00.000Z"],
  ])("reads %s", (text, expected) => expect(toInstant(text)).toBe(expected));

  it.each(["2020-13-01T00:00:00Z", "2020-02-30", "yesterday", 1600000000, "2020-07-10T99:00:00Z"])(
    "refuses %j",
    (value) => expect(toInstant(value)).toBeUndefined(),
  );
});

describe("toDate", () => {
  it("takes a day, alone or before a time", () => {
    expect(toDate("2026-03-08")).toBe("2026-03-08");
    expect(toDate("2026-03-08T00:00:00-05:00")).toBe("2026-03-08");
  });

  it.each(["2026-02-30", "2026-3-8", "20260308", "2026-03-08x", null, 20260308])("refuses %j", (value) =>
    expect(toDate(value)).toBeUndefined(),
  );
});
