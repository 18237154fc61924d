import { describe, expect, it } from "vitest";
import { counted, formatTable, indented, patiently, toTheSecond } from "./terminal.ts";

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

describe("words", () => {
  it("count one and many", () => {
    expect([counted(1, "row"), counted(0, "row"), counted(12_345, "row"), counted(2, "day", "days")]).toEqual(
      ["1 row", "0 rows", "12,345 rows", "2 days"],
    );
  });

  it("give instants to the second", () => {
    expect(toTheSecond("2026-11-20T09:23:22.123Z")).toBe("2026-11-20T09:23:22Z");
    expect([toTheSecond("soon"), toTheSecond(null)]).toEqual(["soon", null]);
  });
});

describe("patiently", () => {
  const screen = (isTTY: boolean) => {
    const said: string[] = [];
    const out = { isTTY, write: (text: string) => said.push(text) } as unknown as NodeJS.WriteStream;
    return { said, out };
  };
  const spoken = (said: string[]) =>
    new Promise<string>((resolve) => {
      const look = () => (said.length > 0 ? resolve("heard") : setTimeout(look, 1));
      look();
    });

  it("says what is waited for, once it has taken a while", async () => {
    const { said, out } = screen(true);
    expect(await patiently("reading", spoken(said), { out, afterMs: 1 })).toBe("heard");
    expect(said).toEqual(["  reading …\n"]);
  });

  it("says nothing of what is quick, nor to a program", async () => {
    const [quick, pipe] = [screen(true), screen(false)];
    expect(await patiently("reading", Promise.resolve(1), { out: quick.out })).toBe(1);
    expect(await patiently("reading", Promise.resolve(2), { out: pipe.out, afterMs: 0 })).toBe(2);
    expect([...quick.said, ...pipe.said]).toEqual([]);
  });
});
