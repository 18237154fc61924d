import { type InputError, PipelineConfig } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { mustBePast, mustFit, mustHaveBegun, windowOf } from "./wanted-days.ts";

const file = PipelineConfig.parse({
  name: "orders",
  kind: "file",
  raw_table: "raw_orders",
  columns: [{ name: "id", type: "STRING" }],
});
const braze = PipelineConfig.parse({
  name: "braze",
  kind: "braze",
  resources: ["campaigns-list"],
  window_days: 90,
});

function refusal(body: () => void): string {
  try {
    body();
  } catch (error) {
    const { code, message } = error as InputError;
    return `${code}: ${message}`;
  }
  return "accepted";
}

describe("windowOf", () => {
  it("takes the last day in", () => {
    expect(windowOf({ from: "2026-01-01", to: "2026-01-31" })).toEqual({
      from: "2026-01-01",
      until: "2026-02-01",
    });
    expect(windowOf({})).toBeUndefined();
  });

  it.each([
    [{ from: "2026-01-01" }],
    [{ to: "2026-01-01" }],
    [{ from: "2026-01-02", to: "2026-01-01" }],
    [{ from: "yesterday", to: "2026-01-01" }],
    [{ from: "2026-02-30", to: "2026-03-01" }],
  ])("refuses %j", (flags) => {
    expect(refusal(() => windowOf(flags))).toContain("run.bad_window");
  });
});

describe("days to come", () => {
  const today = "2026-11-20";
  const upTo = (until: string) => ({ from: "2026-11-01", until });

  it("are refused by a run, today is not", () => {
    expect(refusal(() => mustHaveBegun(upTo("2026-11-21"), today))).toBe("accepted");
    expect(refusal(() => mustHaveBegun(upTo("2026-11-22"), today))).toMatch(
      /^run\.in_future: 2026-11-21 has not/,
    );
  });

  it("are refused by a backfill, as is today", () => {
    expect(refusal(() => mustBePast(upTo("2026-11-20"), today))).toBe("accepted");
    expect(refusal(() => mustBePast(upTo("2026-11-21"), today))).toMatch(/2026-11-20 is not before today/);
    expect(refusal(() => mustBePast({ from: "2026-12-01", until: "2026-12-05" }, today))).toMatch(
      /^backfill\.not_past: 2026-12-04 is not before today, 2026-11-20/,
    );
  });
});

describe("flags that a pipeline would pass over", () => {
  it("are refused", () => {
    expect(refusal(() => mustFit(braze, { file: "good.csv" }))).toContain("braze reads no file");
    expect(refusal(() => mustFit(file, { file: "a.csv", from: "yesterday", to: "now" }))).toContain(
      "leave --from and --to out",
    );
    expect(refusal(() => mustFit(file, { file: "a.csv", full: true }))).toContain("--full");
  });

  it("leave the others alone", () => {
    expect(refusal(() => mustFit(file, { file: "a.csv" }))).toBe("accepted");
    expect(refusal(() => mustFit(braze, { from: "2026-01-01", to: "2026-01-02", full: true }))).toBe(
      "accepted",
    );
  });
});
