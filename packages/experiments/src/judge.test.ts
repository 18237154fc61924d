import type { ExperimentOverride } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import type { ArmMetric } from "./arm-metric.ts";
import { resolveDefinition } from "./definition.ts";
import { NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";
import type { ExperimentResultRow } from "./result.ts";

function arm(change: Partial<ArmMetric>): ArmMetric {
  return {
    workspace: "main",
    experimentId: "main__file__mail",
    experimentName: "Mail",
    source: "file",
    dataGrade: "user_rows",
    unit: "customer",
    armId: "none",
    armName: "none",
    isControl: false,
    controlBasis: "declared",
    metric: "visit",
    kind: "proportion",
    role: "primary",
    segment: "all",
    n: 1000,
    x: 100,
    valueSum: null,
    valueSumsq: null,
    covariateSum: null,
    covariateSumsq: null,
    crossSum: null,
    cap: null,
    valueSumcubes: null,
    cappedUnits: null,
    unitDays: null,
    unclosedDays: null,
    firstDate: null,
    lastDate: null,
    windowDays: null,
    asOf: null,
    ...change,
  };
}

/** One metric, looked at once at its end: the numbers of a finished test. */
function judge(arms: ArmMetric[], own: ExperimentOverride, alpha: number): ExperimentResultRow[] {
  const definition = resolveDefinition({ alpha, looks: { kind: "fixed" }, ended: true, ...own });
  return judgeExperiment({ arms, days: [], activity: [], definition, history: NO_HISTORY, experiments: 1 })
    .results;
}

const control = (change: Partial<ArmMetric> = {}) => arm({ armId: "none", isControl: true, ...change });

function treatment(rows: ExperimentResultRow[], armId = "a"): ExperimentResultRow {
  const row = rows.find((candidate) => candidate.arm_id === armId);
  if (!row) throw new Error(`no row for ${armId}`);
  return row;
}

/** Every number of a row is finite or null, whatever went in. */
function expectHonest(rows: ExperimentResultRow[]): void {
  for (const row of rows) {
    for (const value of Object.values(row)) {
      if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
    }
  }
}

describe("judge", () => {
  // Counts of the e-mail test of March 2008; z by the pooled formula, see shared data description.
  const hillstrom = [
    control({ armId: "No E-Mail", n: 21306, x: 2262 }),
    arm({ armId: "Mens E-Mail", n: 21307, x: 3894 }),
    arm({ armId: "Womens E-Mail", n: 21387, x: 3238 }),
  ];

  it("gives the pooled z of each mail against none", () => {
    const rows = judge(hillstrom, {}, 0.05);
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
    expectHonest(rows);
  });

  it("keeps ln p where p itself is too small to tell", () => {
    const rows = judge([control({ n: 1e6, x: 100_000 }), arm({ armId: "a", n: 1e6, x: 150_000 })], {}, 0.05);
    expect(treatment(rows).logp).toBeLessThan(-5000);
    expect(treatment(rows).p_value).toBe(0);
  });

  it("turns its sign when the arms change places", () => {
    const [c, t] = [control({ n: 500, x: 60 }), arm({ armId: "a", n: 700, x: 110 })];
    const forth = treatment(judge([c, t], {}, 0.05));
    const back = treatment(
      judge(
        [
          { ...t, isControl: true },
          { ...c, isControl: false },
        ],
        {},
        0.05,
      ),
      "none",
    );
    expect(back.z).toBeCloseTo(-forth.z!, 12);
    expect(back.effect_low).toBeCloseTo(-forth.effect_high!, 9);
    expect(back.p_value).toBeCloseTo(forth.p_value!, 12);
  });

  it("corrects for several arms: the same arm is less sure among more", () => {
    const alone = treatment(judge([control(), arm({ armId: "a", x: 130 })], {}, 0.05));
    const rows = judge(
      [control(), arm({ armId: "a", x: 130 }), arm({ armId: "b", x: 95 }), arm({ armId: "c", x: 104 })],
      {},
      0.05,
    );
    const among = treatment(rows);
    expect(alone.adjusted_p).toBe(alone.p_value);
    expect(alone.verdict).toBe("win");
    expect(among.p_value).toBe(alone.p_value);
    expect(among.adjusted_p).toBeGreaterThan(alone.p_value!);
    expect(among.adjusted_p).toBeLessThan(3 * alone.p_value!);
    expect(among.verdict).toBe("no_win");
    expectHonest(rows);
  });

  it("uses the exact mid-p for small counts and says so", () => {
    const row = treatment(judge([control({ n: 100, x: 1 }), arm({ armId: "a", n: 100, x: 6 })], {}, 0.05));
    expect(row).toMatchObject({ method: "fisher_mid_p" });
    expect(row.notes).toContain("small_counts");
  });

  it("compares means by Welch", () => {
    const mean = { kind: "mean", metric: "spend", x: null };
    const rows = judge(
      [
        control({ ...mean, n: 4, valueSum: 10, valueSumsq: 30 }),
        arm({ ...mean, armId: "a", n: 5, valueSum: 20, valueSumsq: 90 }),
      ],
      {},
      0.05,
    );
    // By hand: means 2.5 and 4, variances 5/3 and 2.5, se = √(5/12 + 1/2).
    expect(treatment(rows)).toMatchObject({ method: "welch", effect: 1.5, value: 4, control_value: 2.5 });
    expect(treatment(rows).z).toBeCloseTo(1.5 / Math.sqrt(5 / 12 + 0.5), 12);
    expectHonest(rows);
  });

  it("does not test totals without single units", () => {
    const revenue = { kind: "mean", metric: "revenue", x: null, dataGrade: "rest_totals" };
    const rows = judge(
      [control({ ...revenue, valueSum: 90 }), arm({ ...revenue, armId: "a", valueSum: 120 })],
      {},
      0.05,
    );
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
    const asTreatment = judge([control(), arm({ armId: "a", ...bad })], {}, 0.05);
    expect(treatment(asTreatment)).toMatchObject({
      status: "not_estimable",
      reason,
      p_value: null,
      verdict: "insufficient",
    });
    const asControl = judge([control(bad), arm({ armId: "a", ...bad, n: 1000, x: 100 })], {}, 0.05);
    expect(treatment(asControl)).toMatchObject({ status: "not_estimable", reason, adjusted_p: null });
    expectHonest([...asTreatment, ...asControl]);
  });

  it("leaves the other arms alone when one cannot be estimated", () => {
    const rows = judge([control(), arm({ armId: "a", x: 150 }), arm({ armId: "b", n: 0, x: 0 })], {}, 0.05);
    expect(treatment(rows)).toMatchObject({ status: "estimated", adjustment: "none", verdict: "win" });
    expect(treatment(rows, "b").reason).toBe("empty_arm");
  });

  it("has no evidence when nobody converted", () => {
    const rows = judge([control({ x: 0 }), arm({ armId: "a", x: 0 })], {}, 0.05);
    expect(treatment(rows)).toMatchObject({ status: "not_estimable", reason: "degenerate", value: 0 });
  });

  it("leaves the lift open when the control had no success", () => {
    const row = treatment(judge([control({ x: 0 }), arm({ armId: "a", x: 40 })], {}, 0.05));
    expect(row).toMatchObject({ status: "estimated", lift: null, lift_high: null, verdict: "win" });
    expect(row.notes).toContain("lift_unbounded");
  });
});

describe("the control", () => {
  const arms = [arm({ armId: "a", isControl: null }), arm({ armId: "b", isControl: null, x: 160 })];

  it("is not guessed: without one the arms are only asked whether they differ at all", () => {
    const rows = judge(arms, {}, 0.05);
    expect(treatment(rows, "a")).toMatchObject({
      status: "not_estimable",
      reason: "no_control",
      n: 1000,
      value: 0.1,
    });
    const all = treatment(rows, "all");
    expect(all).toMatchObject({ method: "omnibus_chi2", status: "estimated", df: 1, verdict: null, n: 2000 });
    expect(all.chi2).toBeCloseTo((2 * 30 ** 2) / (1000 * 0.13 * 0.87), 9);
    expectHonest(rows);
  });

  it("is the declared one, by id or by name, over what the data say", () => {
    const rows = judge([control(), arm({ armId: "a", armName: "plain" })], { control: "plain" }, 0.05);
    expect(treatment(rows, "a").status).toBe("control");
    expect(treatment(rows, "none")).toMatchObject({ status: "estimated", control_arm_id: "a" });
  });

  it("is missing when the declared one does not exist", () => {
    expect(treatment(judge(arms, { control: "gone" }, 0.05)).reason).toBe("unknown_control");
  });

  it("passes over an empty twin, but does not choose between two in use", () => {
    const twin = control({ armId: "none-push", n: 0, x: 0 });
    expect(treatment(judge([control(), twin, arm({ armId: "a" })], {}, 0.05)).status).toBe("estimated");
    const used = control({ armId: "none-push" });
    expect(treatment(judge([control(), used, arm({ armId: "a" })], {}, 0.05)).reason).toBe(
      "several_controls",
    );
  });

  it("alone is no experiment", () => {
    expect(judge([control()], {}, 0.05)).toMatchObject([{ status: "control", reason: "too_few_arms" }]);
    expect(judge([arm({ armId: "a" })], {}, 0.05)).toMatchObject([{ reason: "no_control" }]);
  });
});

describe("notes", () => {
  const mails = [control({ n: 1000 }), arm({ armId: "a", n: 1000, x: 160 })];

  it("say that weights are unknown rather than assume them equal", () => {
    expect(treatment(judge(mails, {}, 0.05)).notes).toBe("weights_unknown");
  });

  it("are empty when shares were planned and fit", () => {
    expect(treatment(judge(mails, { planned_shares: { none: 1, a: 1 } }, 0.05)).notes).toBeNull();
  });

  it("withhold the verdict when the shares seen do not fit", () => {
    const row = treatment(judge(mails, { planned_shares: { none: 1, a: 3 } }, 0.05));
    expect(row).toMatchObject({ notes: "srm_failed", verdict: "insufficient" });
  });

  it("say what campaign totals cannot know", () => {
    const campaign = {
      source: "campaign",
      dataGrade: "rest_totals",
      controlBasis: "reported",
      unitDays: 3,
      unclosedDays: 2,
    };
    const rows = judge(
      [control(campaign), arm({ armId: "a", ...campaign })],
      { planned_shares: { none: 1, a: 1 } },
      0.05,
    );
    expect(treatment(rows)).toMatchObject({
      notes: "control_assigned_others_received,immature,unit_bounded",
      data_state: "settling",
    });
  });

  it("say that a Canvas's control was inferred, unless it was declared", () => {
    const canvas = { source: "canvas", controlBasis: "no_first_step", unitDays: 1, unclosedDays: 0 };
    const arms = [control(canvas), arm({ armId: "a", ...canvas })];
    expect(treatment(judge(arms, {}, 0.05)).notes).toContain("control_inferred");
    expect(treatment(judge(arms, { control: "none" }, 0.05)).notes).not.toContain("control_inferred");
  });
});

describe("direction", () => {
  it("a lower-is-better metric wins by falling", () => {
    const arms = [
      control({ metric: "unsubscribe", x: 100 }),
      arm({ metric: "unsubscribe", armId: "a", x: 50 }),
    ];
    expect(treatment(judge(arms, {}, 0.05)).verdict).toBe("no_win");
    expect(treatment(judge(arms, { metrics: { unsubscribe: { direction: "lower" } } }, 0.05)).verdict).toBe(
      "win",
    );
  });
});

describe("a quantile", () => {
  const level = { level: 0.9 };
  const median = (change: Partial<ArmMetric>) =>
    arm({ metric: "spend_p90", kind: "quantile", x: null, ...change });
  const none = median({
    isControl: true,
    n: 10_000,
    quantile: { ...level, value: 20, below: 19, above: 21 },
  });
  const better = median({ armId: "a", n: 10_000, quantile: { ...level, value: 24, below: 23, above: 25 } });

  it("goes the way of every metric: effect, interval, p and verdict", () => {
    const rows = judge([none, better], {}, 0.05);
    const se = Math.sqrt(8) / (2 * 1.959963984540054);
    expect(treatment(rows)).toMatchObject({
      status: "estimated",
      method: "quantile_z",
      metric_kind: "quantile",
      value: 24,
      control_value: 20,
      effect: 4,
      verdict: "win",
      incremental: null,
    });
    expect(treatment(rows).effect_low).toBeCloseTo(4 - Math.SQRT2, 9);
    expect(treatment(rows).effect_se).toBeCloseTo(se, 12);
    expect(treatment(rows).z).toBeCloseTo(4 / se, 9);
    expect(treatment(rows).lift).toBeCloseTo(0.2, 12);
    expect(treatment(rows).adjusted_p).toBe(treatment(rows).p_value);
    const lower = judge([none, better], { metrics: { spend_p90: { direction: "lower" } } }, 0.05);
    expect(treatment(lower).verdict).toBe("no_win");
    expectHonest([...rows, ...lower]);
  });

  it("is judged as a guardrail and as one of several looks", () => {
    const metrics = { spend_p90: { role: "guardrail", margin: { kind: "absolute", value: 1 } } } as const;
    const visits = [control(), arm({ armId: "a", x: 130 })];
    const rows = judge([...visits, none, better], { metrics }, 0.05);
    const guarded = rows.find(({ metric, arm_id }) => metric === "spend_p90" && arm_id === "a");
    expect(guarded).toMatchObject({ role: "guardrail", guardrail: "pass", margin: 1 });
    const fixed = judge([none, better], {}, 0.05);
    const sequence = judge(
      [none, better],
      { looks: { kind: "confidence_sequence", expected_units: 5_000 } },
      0.05,
    );
    expect(treatment(sequence).decision_low).toBeLessThan(treatment(fixed).decision_low!);
    expect(treatment(sequence).effect_low).toBeCloseTo(treatment(fixed).effect_low!, 12);
  });

  it.each([
    [
      "too few units for the band of its rank",
      { quantile: { ...level, value: 24, below: null, above: 25 } },
      "quantile_out_of_reach",
    ],
    ["values that were cut", { cap: 30 }, "quantile_not_capped"],
    ["values beside a covariate", { covariateSum: 10_000 }, "quantile_not_adjusted"],
    ["ties only", { quantile: { ...level, value: 24, below: 24, above: 24 } }, "zero_variance"],
    [
      "no quantile",
      { quantile: { level: null, value: null, below: null, above: null } },
      "metric_not_reported",
    ],
    [
      "a number that is none",
      { quantile: { ...level, value: Number.NaN, below: 1, above: 2 } },
      "non_finite",
    ],
  ])("is not estimated from %s", (_, bad, reason) => {
    const rows = judge([none, { ...better, ...bad }], {}, 0.05);
    expect(treatment(rows)).toMatchObject({ status: "not_estimable", reason, p_value: null, effect: null });
    expectHonest(rows);
  });
});
