import { describe, expect, it } from "vitest";
import { arm, brokenNumbers, control, judge, treatment } from "./file-arm.fixture.ts";

describe("judge", () => {
  // Counts of the e-mail test of March 2008; z by the pooled formula, see shared data description.
  const hillstrom = [
    control({ armId: "No E-Mail", n: 21306, x: 2262 }),
    arm({ armId: "Mens E-Mail", n: 21307, x: 3894 }),
    arm({ armId: "Womens E-Mail", n: 21387, x: 3238 }),
  ];

  it("gives the pooled z of each mail against none", () => {
    const rows = judge(hillstrom);
    const mens = treatment(rows, "Mens E-Mail");
    const womens = treatment(rows, "Womens E-Mail");
    expect(mens.z).toBeCloseTo(22.48604, 5);
    expect(womens.z).toBeCloseTo(13.94918, 5);
    expect(mens).toMatchObject({
      status: "estimated",
      method: "score_z",
      adjustment: "dunnett",
      verdict: "win",
    });
    expect(mens.effect).toBeCloseTo(0.182757 - 0.106167, 6);
    expect(mens.effect_low).toBeLessThan(mens.effect!);
    expect(mens.effect_high).toBeGreaterThan(mens.effect!);
    expect(mens.lift).toBeCloseTo(0.182757 / 0.106167 - 1, 4);
    expect(treatment(rows, "No E-Mail")).toMatchObject({
      status: "control",
      is_control: true,
      verdict: null,
    });
    expect(brokenNumbers(rows)).toEqual([]);
  });

  it("keeps ln p where p itself is too small to tell", () => {
    const rows = judge([control({ n: 1e6, x: 100_000 }), arm({ armId: "a", n: 1e6, x: 150_000 })]);
    expect(treatment(rows).logp).toBeLessThan(-5000);
    expect(treatment(rows).p_value).toBe(0);
  });

  it("turns its sign when the arms change places", () => {
    const [c, t] = [control({ n: 500, x: 60 }), arm({ armId: "a", n: 700, x: 110 })];
    const forth = treatment(judge([c, t]));
    const back = treatment(
      judge([
        { ...t, isControl: true },
        { ...c, isControl: false },
      ]),
      "none",
    );
    expect(back.z).toBeCloseTo(-forth.z!, 12);
    expect(back.effect_low).toBeCloseTo(-forth.effect_high!, 9);
    expect(back.p_value).toBeCloseTo(forth.p_value!, 12);
  });

  it("corrects for several arms: the same arm is less sure among more", () => {
    const alone = treatment(judge([control(), arm({ armId: "a", x: 130 })]));
    const rows = judge([
      control(),
      arm({ armId: "a", x: 130 }),
      arm({ armId: "b", x: 95 }),
      arm({ armId: "c", x: 104 }),
    ]);
    const among = treatment(rows);
    expect(alone.adjusted_p).toBe(alone.p_value);
    expect(alone.verdict).toBe("win");
    expect(among.p_value).toBe(alone.p_value);
    expect(among.adjusted_p).toBeGreaterThan(alone.p_value!);
    expect(among.adjusted_p).toBeLessThan(3 * alone.p_value!);
    expect(among.verdict).toBe("no_win");
    expect(brokenNumbers(rows)).toEqual([]);
  });

  it("uses the exact mid-p for small counts and says so", () => {
    const row = treatment(judge([control({ n: 100, x: 1 }), arm({ armId: "a", n: 100, x: 6 })]));
    expect(row).toMatchObject({ method: "fisher_mid_p" });
    expect(row.notes).toContain("small_counts");
  });

  it("compares means by Welch", () => {
    const mean = { kind: "mean", metric: "spend", x: null };
    const rows = judge([
      control({ ...mean, n: 4, valueSum: 10, valueSumsq: 30 }),
      arm({ ...mean, armId: "a", n: 5, valueSum: 20, valueSumsq: 90 }),
    ]);
    // By hand: means 2.5 and 4, variances 5/3 and 2.5, se = √(5/12 + 1/2).
    expect(treatment(rows)).toMatchObject({ method: "welch", effect: 1.5, value: 4, control_value: 2.5 });
    expect(treatment(rows).z).toBeCloseTo(1.5 / Math.sqrt(5 / 12 + 0.5), 12);
    expect(brokenNumbers(rows)).toEqual([]);
  });

  it("does not test totals without single units", () => {
    const revenue = { kind: "mean", metric: "revenue", x: null, dataGrade: "rest_totals" };
    const rows = judge([
      control({ ...revenue, valueSum: 90 }),
      arm({ ...revenue, armId: "a", valueSum: 120 }),
    ]);
    expect(treatment(rows)).toMatchObject({
      status: "not_estimable",
      reason: "no_unit_variance",
      value: 0.12,
      effect: null,
      p_value: null,
      verdict: "insufficient",
    });
  });

  it.each([
    ["an empty arm", { n: 0, x: 0 }, "empty_arm"],
    ["conversions above recipients", { n: 10, x: 11 }, "successes_exceed_trials"],
    ["a negative count", { n: 10, x: -1 }, "negative"],
    ["negative units", { n: -10, x: 0 }, "negative"],
    ["a fraction of a person", { n: 10.5, x: 1 }, "non_integer"],
    ["nothing reported", { n: 10, x: null }, "metric_not_reported"],
    ["no units reported", { n: null, x: 3 }, "metric_not_reported"],
    ["a kind nobody knows", { kind: "mode" }, "unknown_metric_kind"],
  ])("cannot estimate %s, on either side", (_, bad, reason) => {
    const asTreatment = judge([control(), arm({ armId: "a", ...bad })]);
    expect(treatment(asTreatment)).toMatchObject({
      status: "not_estimable",
      reason,
      p_value: null,
      verdict: "insufficient",
    });
    const asControl = judge([control(bad), arm({ armId: "a", ...bad, n: 1000, x: 100 })]);
    expect(treatment(asControl)).toMatchObject({ status: "not_estimable", reason, adjusted_p: null });
    expect(brokenNumbers([...asTreatment, ...asControl])).toEqual([]);
  });

  it("leaves the other arms alone when one cannot be estimated", () => {
    const rows = judge([control(), arm({ armId: "a", x: 150 }), arm({ armId: "b", n: 0, x: 0 })]);
    expect(treatment(rows)).toMatchObject({ status: "estimated", adjustment: "none", verdict: "win" });
    expect(treatment(rows, "b").reason).toBe("empty_arm");
  });

  it("has no evidence when nobody converted", () => {
    const rows = judge([control({ x: 0 }), arm({ armId: "a", x: 0 })]);
    expect(treatment(rows)).toMatchObject({ status: "not_estimable", reason: "degenerate", value: 0 });
  });

  it("leaves the lift open when the control had no success", () => {
    const row = treatment(judge([control({ x: 0 }), arm({ armId: "a", x: 40 })]));
    expect(row).toMatchObject({ status: "estimated", lift: null, lift_high: null, verdict: "win" });
    expect(row.notes).toContain("lift_unbounded");
  });
});

describe("direction", () => {
  it("a lower-is-better metric wins by falling", () => {
    const arms = [
      control({ metric: "unsubscribe", x: 100 }),
      arm({ metric: "unsubscribe", armId: "a", x: 50 }),
    ];
    expect(treatment(judge(arms)).verdict).toBe("no_win");
    expect(treatment(judge(arms, { metrics: { unsubscribe: { direction: "lower" } } })).verdict).toBe("win");
  });
});
