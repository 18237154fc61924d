import { describe, expect, it } from "vitest";
import { fittedTable, wrapped } from "./fitted.ts";

const HEADER = ["metric", "p", "found"];
const ROWS = [
  ["visit", "0.5", "The split fits the plan at any number of looks."],
  ["spend", "0.25", "Fine."],
];

describe("a table that is to fit", () => {
  it("stays as it is where there is room", () => {
    const table = fittedTable(HEADER, ROWS, Number.POSITIVE_INFINITY, ["p"]);
    expect(table.split("\n")).toHaveLength(4);
    expect(table).toContain("0.25");
  });

  it("spares columns before it wraps, and names them", () => {
    const table = fittedTable(HEADER, ROWS, 60, ["p"]);
    expect(table).not.toContain("0.25");
    expect(table).toContain("number of looks.");
    expect(table.split("\n").at(-1)).toBe("(In a wider window also: p.)");
  });

  it("wraps the words of its last column", () => {
    const lines = fittedTable(HEADER, ROWS, 44).split("\n");
    expect(lines).toEqual([
      "metric     p  found",
      "------  ----  ------------------------------",
      "visit    0.5  The split fits the plan at any",
      "              number of looks.",
      "spend   0.25  Fine.",
    ]);
  });
});

describe("wrapped words", () => {
  it("keep every word, and move on to the right", () => {
    expect(wrapped("aaaa bbbb cccc dddd eeee ffff", 26, "  ")).toBe("aaaa bbbb cccc dddd eeee\n  ffff");
    expect(wrapped("short", 80)).toBe("short");
  });
});
