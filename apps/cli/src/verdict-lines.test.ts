import { describe, expect, it } from "vitest";
import { verdictLines } from "./verdict-lines.ts";

const verdict = (id: string, arm: string, decision: "ship" | "keep_running" | "stop_harm") => ({
  experiment_id: `main__campaign__${id}`,
  experiment_name: `Mail ${id}`,
  arm_id: arm,
  arm_name: `Variant ${arm}`,
  decision,
  reason: decision === "keep_running" ? ("collecting" as const) : ("primary" as const),
  next_look_date: decision === "keep_running" ? "2026-02-01" : null,
});
const tally = (["stop_harm", "ship", "keep_running"] as const).map((decision) => ({
  decision,
  say: decision,
  arms: 1,
  experiments: 1,
}));

describe("what is said of experiments, as a list", () => {
  const newest = [
    verdict("a", "2", "keep_running"),
    verdict("a", "10", "keep_running"),
    verdict("b", "1", "keep_running"),
    verdict("b", "2", "stop_harm"),
    verdict("c", "1", "ship"),
  ];

  it("begins with what is urgent, and keeps the arms of a test together", () => {
    expect(verdictLines(newest, tally, 80)).toEqual([
      "  decision      arm         look again  reason",
      "  ------------  ----------  ----------  ----------",
      "Mail b  main__campaign__b",
      "  stop_harm     Variant 2               primary",
      "  keep_running  Variant 1   2026-02-01  collecting",
      "Mail c  main__campaign__c",
      "  ship          Variant 1               primary",
      "Mail a  main__campaign__a",
      "  keep_running  Variant 2   2026-02-01  collecting",
      "  keep_running  Variant 10  2026-02-01  collecting",
    ]);
  });

  it("gives the id a line of its own where both do not fit", () => {
    const [long] = [{ ...newest[0]!, experiment_name: "A name that leaves no room for anything beside it" }];
    const lines = verdictLines([long], tally, 60);
    expect(lines[2]).toBe("A name that leaves no room for anything beside it\nmain__campaign__a");
  });
});
