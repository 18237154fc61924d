import { describe, expect, it } from "vitest";
import type { ArmMetric } from "./arm-metric.ts";
import { arm, brokenNumbers, control, judge, treatment } from "./file-arm.fixture.ts";

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
    const rows = judge([none, better]);
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
    const lower = judge([none, better], { metrics: { spend_p90: { direction: "lower" } } });
    expect(treatment(lower).verdict).toBe("no_win");
    expect(brokenNumbers([...rows, ...lower])).toEqual([]);
  });

  it("is judged as a guardrail and as one of several looks", () => {
    const metrics = { spend_p90: { role: "guardrail", margin: { kind: "absolute", value: 1 } } } as const;
    const visits = [control(), arm({ armId: "a", x: 130 })];
    const rows = judge([...visits, none, better], { metrics });
    const guarded = rows.find(({ metric, arm_id }) => metric === "spend_p90" && arm_id === "a");
    expect(guarded).toMatchObject({ role: "guardrail", guardrail: "pass", margin: 1 });
    const fixed = judge([none, better]);
    const sequence = judge([none, better], { looks: { kind: "confidence_sequence", expected_units: 5_000 } });
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
    const rows = judge([none, { ...better, ...bad }]);
    expect(treatment(rows)).toMatchObject({ status: "not_estimable", reason, p_value: null, effect: null });
    expect(brokenNumbers(rows)).toEqual([]);
  });
});
