import { expect, test } from "vitest";
import { callOnce } from "./once.ts";

test("columns and a little arithmetic stand in the macro's text as often as it names them", () => {
  expect(callOnce("bq_times", ['"a"', '("b" + "c")'])).toBe('bq_times("a", ("b" + "c"))');
  expect(callOnce("bq_round2", ['"a"'], "2::BIGINT")).toBe('bq_round2("a", 2::BIGINT)');
});

test("a product, a quotient or a long text is named once", () => {
  expect(callOnce("bq_times", ['bq_times("a", "b")', '"c"'])).toBe('bq_times_once(bq_times("a", "b"), "c")');
  const long = `(${Array.from({ length: 20 }, () => '"a"').join(" + ")})`;
  expect(callOnce("bq_to_numeric", [long])).toBe(`bq_to_numeric_once(${long})`);
});

test("from the next level on what is dear goes through a lambda, and the literal beside it too", () => {
  const inner = 'bq_times_once(bq_times("a", "b"), "c")';
  expect(callOnce("bq_times", [inner, `cast_to_type(1.5, bq_number(${inner}))`])).toBe(
    `list_transform([{'v0': ${inner}}], lambda bq_v: bq_times_once(bq_v.v0, cast_to_type(1.5, bq_number(bq_v.v0))))[1]`,
  );
  expect(callOnce("bq_divide", [inner, '"d"'])).toBe(
    `list_transform([{'v0': ${inner}}], lambda bq_v: bq_divide_once(bq_v.v0, "d"))[1]`,
  );
});

test("each level adds the same to the text", () => {
  const beside = (depth: number): string => {
    if (depth === 0) return '"a"';
    const inner = beside(depth - 1);
    return callOnce("bq_times", [inner, `cast_to_type(1.5, bq_number(${inner}))`]);
  };
  const lengths = [5, 6, 7, 8].map((depth) => beside(depth).length);
  expect(new Set(lengths.slice(1).map((length, index) => length - lengths[index]!)).size).toBe(1);
});
