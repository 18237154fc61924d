import { expect, test } from "vitest";
import { formatEffect, formatValue } from "./format.ts";

test.each([
  [0.15, "15.00 %", "+15.00 pts"],
  [0.1655, "16.55 %", "+16.55 pts"],
  [0, "0 %", "0 pts"],
  [1, "100 %", "+100 pts"],
  [0.0002, "0.02 %", "+0.02 pts"],
])("a rate of %d has the digits of its neighbours", (value, rate, points) => {
  expect(formatValue(value, "proportion")).toBe(rate);
  expect(formatEffect(value, "proportion")).toBe(points);
  expect(formatValue(15, "mean")).toBe("15");
});
