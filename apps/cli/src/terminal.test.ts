import { describe, expect, it } from "vitest";
import { formatTable, indented } from "./terminal.ts";

describe("formatTable", () => {
  it("puts numbers to the right, also as people write them and where one is missing", () => {
    const rows = [
      ["a", 5, "12,345", "+7.66 pts", null],
      ["bb", 10, "–", "−0.1 pts", ""],
    ];
    expect(formatTable(["name", "n", "units", "effect", "none"], rows)).toBe(
      [
        "name   n   units     effect  none",
        "----  --  ------  ---------  ----",
        "a      5  12,345  +7.66 pts",
        "bb    10       –   −0.1 pts",
      ].join("\n"),
    );
  });

  it("leaves text with digits to the left", () => {
    expect(formatTable(["day", "x"], [["2026-01-01", "1"]])).toContain("\n2026-01-01  1");
    expect(formatTable(["id"], [["v2"]]).split("\n")[2]).toBe("v2");
  });
});

describe("indented", () => {
  it("moves lines, not empty ones", () => {
    expect(indented("a\n\nb")).toBe("  a\n\n  b");
  });
});
