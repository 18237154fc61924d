import type { ExperimentOverride } from "@lifecycle/contracts";
import { groupSequentialBounds } from "@lifecycle/stats";
import { describe, expect, it } from "vitest";
import { campaignArm as arm } from "./campaign-arm.fixture.ts";
import { counts, Diary } from "./diary.fixture.ts";
import type { ExperimentVerdictRow } from "./result.ts";

describe("declared looks", () => {
  const plan: ExperimentOverride = { planned_units: 20_000 };

  it("are taken once each, whatever the number of evaluations", () => {
    const diary = new Diary(plan);
    for (const n of [1_000, 1_500, 2_000, 2_000, 2_400, 3_900, 4_100, 4_100, 6_500, 8_000, 10_000, 10_000])
      diary.evaluate(counts(n, n / 10, n / 10));
    expect(diary.looks).toEqual([
      [null, 2_000, "keep_running"],
      [1, 4_000, "keep_running"],
      [2, 8_200, "keep_running"],
      [3, 13_000, "keep_running"],
      [4, 16_000, "keep_running"],
      [5, 20_000, "stop_no_effect"],
    ]);
  });

  it("cost the same however often one evaluates between them", () => {
    const end = (sizes: number[]) => {
      const diary = new Diary(plan);
      return sizes.map((n) => diary.evaluate(counts(n, n / 10, n / 10)).verdict).at(-1)!;
    };
    const often = end(Array.from({ length: 100 }, (_, i) => 100 * (i + 1)));
    const seldom = end([2_000, 4_000, 6_000, 8_000, 10_000]);
    expect([often.look, often.decision_low, often.decision_high]).toEqual([
      5,
      seldom.decision_low,
      seldom.decision_high,
    ]);
    const once = end([10_000]);
    expect(often.decision_high! - often.decision_low!).toBeGreaterThan(
      1.02 * (once.decision_high! - once.decision_low!),
    );
  });

  it("say nothing before the first one is due", () => {
    const { verdict, results, isNew } = new Diary(plan).evaluate(counts(1_000, 50, 200));
    expect(verdict).toMatchObject({ decision: "keep_running", reason: "look_not_due", look: null });
    expect(verdict.explanation).toContain("The first of 5 looks is at 4,000 people; 2,000 count so far");
    expect(isNew).toBe(true);
    const treatment = results.find(({ arm_id }) => arm_id === "t");
    expect(treatment).toMatchObject({ decision_low: null, decision_high: null, verdict: "insufficient" });
  });

  it("stand until the next one: what a peek would find in between is not said", () => {
    const diary = new Diary(plan);
    diary.evaluate(counts(2_000, 200, 205));
    const between = diary.evaluate(counts(3_000, 300, 500));
    expect(between.isNew).toBe(false);
    expect(between.verdict).toMatchObject({ decision: "keep_running", look: 1, units: 4_000 });
    expect(diary.evaluate(counts(4_000, 400, 600)).verdict).toMatchObject({ decision: "ship", look: 2 });
    const after = diary.evaluate(counts(5_000, 500, 500));
    expect(after.verdict).toMatchObject({ decision: "ship", look: 2, units: 8_000 });
    expect(after.results.find(({ arm_id }) => arm_id === "t")).toMatchObject({
      decision: "ship",
      verdict: "win",
      decision_low: null,
    });
  });

  it("come by day where days are declared", () => {
    const diary = new Diary({
      planned_units: 20_000,
      looks: { kind: "group_sequential", spending: "obf", dates: ["2026-01-15", "2026-02-01"] },
    });
    for (const asOf of ["2026-01-14", "2026-01-16", "2026-01-20", "2026-02-03", "2026-02-20"])
      diary.evaluate(counts(4_000, 400, 410, { asOf, firstDate: "2026-01-01", lastDate: "2026-01-12" }));
    expect(diary.looks.map(([look]) => look)).toEqual([null, 1, 2]);
    expect(diary.rows.at(-1)![0]).toMatchObject({ is_final_look: true, decision: "inconclusive" });
  });

  it("are not spent on broken data", () => {
    const diary = new Diary({ ...plan, planned_shares: { c: 1, t: 1 } });
    const broken = [arm("c", 2_600, 260), arm("t", 2_000, 200)];
    expect(diary.evaluate(broken).verdict).toMatchObject({ decision: "invalid", look: null });
    expect(diary.evaluate(counts(2_300, 230, 230)).verdict).toMatchObject({ look: 1 });
  });

  it("are judged anew when the rules change, and that is a look", () => {
    const second = (between: readonly number[]) => {
      const diary = new Diary(plan);
      diary.evaluate(counts(2_000, 200, 205));
      for (const n of between)
        expect(diary.evaluate(counts(n, n / 10, n / 10), { min_days: n / 500 }).isNew).toBe(true);
      const { verdict } = diary.evaluate(counts(4_000, 400, 400));
      expect(verdict).toMatchObject({ look: 2, units: 8_000 });
      return { width: verdict.decision_high! - verdict.decision_low!, looks: diary.looks };
    };
    const edited = second([2_500, 3_000, 3_500]);
    expect(edited.looks).toEqual([
      [1, 4_000, "keep_running"],
      [1, 5_000, "keep_running"],
      [1, 6_000, "keep_running"],
      [1, 7_000, "keep_running"],
      [2, 8_000, "keep_running"],
    ]);
    const bound = (t: number[]) => groupSequentialBounds({ family: "obf", alpha: 0.05, t }).z!.at(-1)!;
    const [five, two] = [bound([0.2, 0.25, 0.3, 0.35, 0.4]), bound([0.2, 0.4])];
    expect(five).toBeGreaterThan(1.01 * two);
    expect(edited.width / second([]).width).toBeCloseTo(five / two, 3);
  });

  it("are counted by the new plan alone when the plan changes", () => {
    const halves: ExperimentOverride = { looks: { kind: "group_sequential", spending: "obf", at: [0.5, 1] } };
    const diary = new Diary(plan);
    for (const n of [2_000, 4_000, 6_000, 8_000]) diary.evaluate(counts(n, n / 10, n / 10));
    expect(diary.evaluate(counts(8_500, 850, 850), halves).verdict).toMatchObject({
      look: 1,
      looks_planned: 2,
      is_final_look: false,
      decision: "keep_running",
    });
    expect(diary.evaluate(counts(9_000, 900, 900), halves).isNew).toBe(false);
    expect(diary.evaluate(counts(10_000, 1_000, 1_200), halves).verdict).toMatchObject({
      look: 2,
      is_final_look: true,
      decision: "ship",
    });
  });

  it("leave a guardrail watched on every day", () => {
    const optOut = (armId: string, n: number, x: number) =>
      arm(armId, n, x, { metric: "opt_out", role: "guardrail" });
    const margin = { kind: "absolute", value: 0.005 } as const;
    const diary = new Diary({
      ...plan,
      metrics: { opt_out: { role: "guardrail", direction: "lower", margin } },
    });
    const day = (n: number, x: number) => [
      ...counts(n, n / 10, n / 10),
      optOut("c", n, 10),
      optOut("t", n, x),
    ];
    diary.evaluate(day(2_000, 20));
    expect(diary.evaluate(day(2_500, 200))).toMatchObject({
      isNew: true,
      verdict: { decision: "stop_harm", reason: "guardrail", look: null },
    });
  });
});

describe("a fixed test", () => {
  it("is looked at once: later units are not another look", () => {
    const diary = new Diary({ looks: { kind: "fixed" }, planned_units: 10_000 });
    diary.evaluate(counts(4_000, 400, 500));
    expect(diary.evaluate(counts(5_000, 500, 570)).verdict).toMatchObject({ decision: "ship", look: 1 });
    expect(diary.evaluate(counts(6_000, 600, 600))).toMatchObject({
      isNew: false,
      verdict: { decision: "ship", units: 10_000 },
    });
  });

  it("that began with other looks says nothing before its end, and pays for them there", () => {
    const fixed: ExperimentOverride = { looks: { kind: "fixed" } };
    const diary = new Diary({ planned_units: 20_000 });
    for (const n of [2_000, 4_000]) diary.evaluate(counts(n, n / 10, n / 10));
    const early = diary.evaluate(counts(4_200, 420, 600), fixed);
    expect(early.verdict).toMatchObject({
      reason: "fixed_horizon_not_reached",
      look: null,
      looks_planned: 1,
    });
    const treatment = early.results.find(({ arm_id }) => arm_id === "t");
    expect(treatment).toMatchObject({ verdict: "insufficient", decision: "keep_running" });
    const end = diary.evaluate(counts(10_000, 1_000, 1_200), fixed).verdict;
    expect(end).toMatchObject({ look: 1, is_final_look: true, decision: "ship" });
    const alone = new Diary({ ...fixed, planned_units: 20_000 }).evaluate(
      counts(10_000, 1_000, 1_200),
    ).verdict;
    const width = (row: ExperimentVerdictRow) => row.decision_high! - row.decision_low!;
    expect(width(end)).toBeGreaterThan(1.05 * width(alone));
  });

  it("whose rules change once it is over is not looked at for free", () => {
    const diary = new Diary({ looks: { kind: "fixed" }, planned_units: 10_000 });
    diary.evaluate(counts(5_000, 500, 500));
    // p 0.04: enough for the first look, not for a second one at people who came later.
    const again = diary.evaluate(counts(6_000, 600, 670), { min_days: 8 });
    expect(again.verdict).toMatchObject({ look: 1, decision: "inconclusive" });
    const treatment = again.results.find(({ arm_id }) => arm_id === "t");
    expect(treatment?.p_value).toBeLessThan(0.05);
    expect(treatment?.verdict).toBe("no_win");
  });

  it("whose end is taken back keeps what was said at it", () => {
    const diary = new Diary({ looks: { kind: "fixed" }, planned_units: 20_000 });
    diary.evaluate(counts(5_000, 500, 570), { ended: true });
    expect(diary.evaluate(counts(5_000, 500, 570))).toMatchObject({
      isNew: false,
      verdict: { decision: "ship" },
    });
  });

  it("that was declared over may be corrected", () => {
    const diary = new Diary({ looks: { kind: "fixed" }, ended: true });
    diary.evaluate(counts(5_000, 500, 570));
    expect(diary.evaluate(counts(5_000, 500, 570)).isNew).toBe(false);
    expect(diary.evaluate(counts(5_000, 500, 510))).toMatchObject({
      isNew: true,
      verdict: { look: 1, decision: "inconclusive" },
    });
  });
});

describe("without declared looks", () => {
  it("every new count is said, the same counts once", () => {
    const diary = new Diary({});
    for (const n of [1_000, 1_000, 1_000, 1_200]) diary.evaluate(counts(n, n / 10, n / 10));
    expect(diary.looks).toEqual([
      [null, 2_000, "keep_running"],
      [null, 2_400, "keep_running"],
    ]);
  });

  it("a promise to look again that has passed is renewed", () => {
    const diary = new Diary({});
    diary.evaluate(counts(1_000, 100, 100, { asOf: "2026-01-20" }));
    expect(diary.evaluate(counts(1_000, 100, 100, { asOf: "2026-01-22" })).isNew).toBe(false);
    expect(diary.evaluate(counts(1_000, 100, 100, { asOf: "2026-01-29" })).isNew).toBe(true);
  });
});
