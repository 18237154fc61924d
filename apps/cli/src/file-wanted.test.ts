import { expect, it } from "vitest";
import { leftOut, refuseUnreadable } from "./file-wanted.ts";

const pipeline = {
  name: "orders",
  reject_ratio: 0.25,
  columns: [
    { name: "id", type: "STRING" as const },
    { name: "bought", type: "INT64" as const, from: "Bought?" },
  ],
};
const examples = [{ line: 7, reason: "3 fields, 12 expected" }];

it("refuses a file with too many bad rows, or none that is good, naming lines", () => {
  const look = (rows: number, rejected: number) => () =>
    refuseUnreadable("a.csv", pipeline, { rows, rejected, examples });
  expect(look(0, 1)).toThrow(/no row that can be read\.\n {2}line 7: 3 fields, 12 expected/);
  expect(look(2, 1)).toThrow(/1 of 3 rows cannot be read, more than the 25 %.*orders.*\n {2}line 7/s);
  expect(look(3, 1)).not.toThrow();
});

it("tells what will be left out", () => {
  expect(leftOut(pipeline, { header: ["id", "Bought?"], rejected: 0, examples: [] }, "o.yaml")).toEqual([]);
  expect(leftOut(pipeline, { header: ["id", "Bought?", "x", "y"], rejected: 1, examples }, "o.yaml")).toEqual(
    [
      "1 row cannot be read and will be set aside",
      "  line 7: 3 fields, 12 expected",
      "Left out, because o.yaml does not declare them: x, y",
    ],
  );
});
