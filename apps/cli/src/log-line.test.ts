import { describe, expect, it } from "vitest";
import { readableLine } from "./log-line.ts";

const line = (fields: object) =>
  JSON.stringify({ level: "info", time: "2026-11-20T10:03:12.123Z", role: "producer", pid: 7, ...fields });

describe("readableLine", () => {
  it("says when, who, what and about what", () => {
    expect(readableLine("producer", line({ msg: "run settled", run_id: "r", missing: 0 }))).toBe(
      "10:03:12  producer     run settled  run_id=r missing=0",
    );
  });

  it("names a level that is no routine, with the reason", () => {
    expect(
      readableLine("extract-1", line({ level: "warn", msg: "job", outcome: "retry", reason: "busy" })),
    ).toBe("10:03:12  extract-1    WARN  job  busy  outcome=retry");
    expect(
      readableLine("board", line({ level: "error", msg: "no", err: { message: "x", stack: "y" } })),
    ).toBe("10:03:12  board        ERROR  no  x");
  });

  it("leaves out routine that went well, and only that", () => {
    expect(readableLine("extract-1", line({ msg: "job", outcome: "done" }))).toBeUndefined();
    expect(readableLine("warehouse", line({ msg: "model built" }))).toBeUndefined();
    expect(readableLine("extract-1", line({ msg: "job", outcome: "dead" }))).toContain("outcome=dead");
  });

  it("passes on what is no line of a log, and cuts what is endless", () => {
    expect(readableLine("sandbox", "plain text")).toMatch(/^ +sandbox +plain text$/);
    expect(readableLine("sandbox", '{"event":"listening","url":"u"}')).toMatch(/sandbox +listening +url=u$/);
    expect(readableLine("sandbox", "{half")).toContain("{half");
    expect(readableLine("board", line({ msg: "m", long: "x".repeat(9_999) }))!.length).toBeLessThan(300);
  });
});
