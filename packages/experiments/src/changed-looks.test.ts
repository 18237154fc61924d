import type { ExperimentOverride } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { counts, Diary, width } from "./diary.fixture.ts";

describe("a test that was declared over and still gains people", () => {
  const ended: ExperimentOverride = { looks: { kind: "fixed" }, ended: true };

  it("pays for every look at more of them", () => {
    const diary = new Diary(ended);
    for (const n of [1_000, 2_000, 3_000, 4_000]) diary.evaluate(counts(n, n / 10, n / 10));
    // p 0.03
    const lucky = counts(5_000, 500, 567);
    expect(new Diary(ended).evaluate(lucky).verdict.decision).toBe("ship");
    expect(diary.evaluate(lucky).verdict).toMatchObject({ look: 1, decision: "inconclusive" });
    expect(diary.looks.map(([, units]) => units)).toEqual([2_000, 4_000, 6_000, 8_000, 10_000]);
    // Said again of the same people: the same.
    expect(diary.evaluate(lucky)).toMatchObject({ isNew: false, verdict: { decision: "inconclusive" } });
  });

  it("is over for good where a plan has used all of its level", () => {
    const diary = new Diary({ planned_units: 10_000, ended: true });
    diary.evaluate(counts(5_000, 500, 500));
    expect(diary.evaluate(counts(6_000, 600, 760))).toMatchObject({
      isNew: false,
      verdict: { units: 10_000, decision: "inconclusive" },
    });
  });
});

describe("looks on any day, declared after other looks", () => {
  const anyDay: ExperimentOverride = { looks: { kind: "confidence_sequence", expected_units: 8_000 } };
  const plan: ExperimentOverride = { planned_units: 10_000 };
  const seen = counts(3_000, 300, 340);

  it("have what level those left, on this day and all later ones", () => {
    const unspent = width(new Diary(anyDay).evaluate(seen));
    const diary = new Diary(plan);
    diary.evaluate(counts(1_000, 100, 100));
    const said = diary.evaluate(seen, anyDay);
    expect(said.verdict.explanation).toContain("Looks that were taken before have used up 30 % of its level");
    expect(width(said)).toBeGreaterThan(1.03 * unspent);
    expect(width(diary.evaluate(seen, anyDay))).toBe(width(said));
    diary.evaluate(counts(3_500, 350, 400), anyDay);
    expect(width(diary.evaluate(seen, anyDay))).toBe(width(said));
  });

  it("decide nothing where those used all of it", () => {
    const diary = new Diary({ looks: { kind: "fixed" }, ...plan });
    diary.evaluate(counts(5_000, 500, 520));
    const { verdict } = diary.evaluate(counts(9_000, 900, 1_400), anyDay);
    expect(verdict).toMatchObject({ decision: "inconclusive", decision_low: null, decision_high: null });
    expect(verdict.explanation).toContain("have used up its whole level");
  });
});

describe("looks that are declared after a test was judged on any day", () => {
  const plan: ExperimentOverride = { planned_units: 10_000 };
  const judgedOnAnyDay = () => {
    const diary = new Diary({ looks: { kind: "confidence_sequence", expected_units: 8_000 } });
    for (const n of [1_000, 2_000, 3_000]) diary.evaluate(counts(n, n / 10, n / 10));
    return diary;
  };

  it("are not followed, and that is said: a look planned for the best day would ship too often", () => {
    const peeked = judgedOnAnyDay();
    // p 0.03: what a user who watched the numbers would declare the last look for.
    const best = counts(5_000, 500, 567);
    const looks: ExperimentOverride["looks"] = { kind: "group_sequential", spending: "obf" };
    const said = peeked.evaluate(best, { ...plan, looks });
    expect(said).toMatchObject({
      isNew: true,
      verdict: { looks: "confidence_sequence", expected_units: 8_000, look: null, decision: "inconclusive" },
    });
    expect(said.verdict.explanation).toContain("Looks were declared after it had been judged on any day");
    const planned = new Diary({ ...plan, looks });
    expect(planned.evaluate(best).verdict).toMatchObject({ decision: "ship", expected_units: null });
    // The interval is the one that the sequence has there anyhow.
    expect(width(said)).toBeCloseTo(width(judgedOnAnyDay().evaluate(best)), 12);
    expect(judgedOnAnyDay().evaluate(best, { looks: { kind: "fixed" }, ended: true }).verdict).toMatchObject({
      looks: "confidence_sequence",
      decision: "inconclusive",
    });
  });

  it("still end it: what is planned is its size", () => {
    const peeked = judgedOnAnyDay();
    expect(peeked.evaluate(counts(4_000, 400, 400), plan).verdict.decision).toBe("keep_running");
    expect(peeked.evaluate(counts(5_000, 500, 700), plan).verdict).toMatchObject({
      decision: "ship",
      look: null,
    });
    expect(judgedOnAnyDay().evaluate(counts(5_000, 500, 505), plan).verdict.decision).toBe("inconclusive");
  });

  it("are followed where nothing could have been claimed before", () => {
    const early = new Diary({ looks: { kind: "confidence_sequence", expected_units: 5_000 } });
    const young = { firstDate: "2026-01-18" };
    expect(early.evaluate(counts(1_000, 100, 160, young)).verdict.reason).toBe("warming_up");
    const looks: ExperimentOverride["looks"] = { kind: "group_sequential", spending: "obf" };
    expect(early.evaluate(counts(2_000, 200, 205), { ...plan, looks }).verdict).toMatchObject({
      looks: "group_sequential",
      look: 2,
    });
  });

  it("pay for the numbers that were shown until then", () => {
    const early = new Diary({ looks: { kind: "confidence_sequence", expected_units: 5_000 } });
    const over: ExperimentOverride = { looks: { kind: "fixed" }, ended: true };
    const young = { firstDate: "2026-01-15" };
    for (const n of [1_000, 2_000, 3_000, 4_000])
      expect(early.evaluate(counts(n, n / 10, n / 10, young)).verdict.reason).toBe("warming_up");
    // p 0.03: the first day on which it looks good is declared to be the last.
    const lucky = counts(5_000, 500, 567, young);
    expect(new Diary(over).evaluate(lucky).verdict.decision).toBe("ship");
    expect(early.evaluate(lucky, over).verdict).toMatchObject({ look: 1, decision: "inconclusive" });
  });

  it("leave another number of expected units without effect too", () => {
    const looks = { kind: "confidence_sequence", expected_units: 100_000 } as const;
    const said = judgedOnAnyDay().evaluate(counts(4_000, 400, 420), { looks });
    expect(said.verdict).toMatchObject({ expected_units: 8_000 });
    expect(said.verdict.explanation).toContain("it stays at 8,000");
    expect(width(said)).toBeCloseTo(width(judgedOnAnyDay().evaluate(counts(4_000, 400, 420))), 12);
  });
});
