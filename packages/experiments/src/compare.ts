import {
  differenceInterval,
  fisherTest,
  meanLift,
  proportionLift,
  proportionZTest,
  smallestExpected,
  type TwoProportions,
  toMoments,
  welchTest,
} from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";

/** A treatment against the control by one metric, or the code of why they cannot be compared. */
export type Comparison =
  | { kind: "not_estimable"; reason: string }
  | {
      kind: "estimated";
      method: "score_z" | "fisher_mid_p" | "welch";
      effect: number;
      interval: Ends;
      lift: number | null;
      liftInterval: Ends;
      /** Pooled z or Welch's t; null when nobody or everybody converted. */
      statistic: number | null;
      df: number | null;
      p: number;
      logp: number;
      /** Variances of the two arms' values on a common scale: what Dunnett's correlation is made from. */
      variances: { control: number; treatment: number };
    };

/** An end that is open (no finite bound exists) is null. */
export interface Ends {
  low: number | null;
  high: number | null;
}

/** Below this expected count of a 2×2 table the exact mid-p takes the place of the score test's p. */
const SMALL_EXPECTED = 5;

/** Effect, interval, lift and p of `treatment` against `control`, two-sided at `alpha`. Never throws, never NaN. */
export function compareArms(control: ArmMetric, treatment: ArmMetric, alpha: number): Comparison {
  if (treatment.kind === "proportion") return compareProportions(control, treatment, alpha);
  if (treatment.kind === "mean") return compareMeans(control, treatment, alpha);
  return { kind: "not_estimable", reason: "unknown_metric_kind" };
}

/** Why an arm's own value cannot be given; null when it can. */
export function armProblem(arm: ArmMetric): string | null {
  const numerator = arm.kind === "proportion" ? arm.x : arm.valueSum;
  if (arm.n === null || numerator === null) return arm.n === 0 ? "empty_arm" : "metric_not_reported";
  if (arm.n < 0) return "negative";
  if (!Number.isInteger(arm.n)) return "non_integer";
  if (arm.kind === "proportion") {
    if (numerator < 0) return "negative";
    if (!Number.isInteger(numerator)) return "non_integer";
    if (numerator > arm.n) return "successes_exceed_trials";
  }
  return arm.n === 0 ? "empty_arm" : null;
}

/** x ÷ n or the mean; null when the arm has none. */
export function armValue(arm: ArmMetric): number | null {
  if (armProblem(arm)) return null;
  return (arm.kind === "proportion" ? arm.x! : arm.valueSum!) / arm.n!;
}

function compareProportions(control: ArmMetric, treatment: ArmMetric, alpha: number): Comparison {
  const problem = armProblem(control) ?? armProblem(treatment);
  if (problem) return { kind: "not_estimable", reason: problem };
  const counts: TwoProportions = { xc: control.x!, nc: control.n!, xt: treatment.x!, nt: treatment.n! };
  const test = proportionZTest(counts);
  if (test.z === null || test.p === null || test.logp === null || test.diff === null) {
    return { kind: "not_estimable", reason: test.status };
  }
  const exact = smallestExpected(counts) < SMALL_EXPECTED ? fisherTest(counts).midP : null;
  const interval = differenceInterval({ ...counts, alpha });
  const lift = proportionLift({ ...counts, alpha });
  return {
    kind: "estimated",
    method: exact === null ? "score_z" : "fisher_mid_p",
    effect: test.diff,
    interval: ends(interval),
    lift: finite(lift.lift),
    liftInterval: ends(lift),
    statistic: test.z,
    df: null,
    p: exact ?? test.p,
    logp: exact ? Math.log(exact) : test.logp,
    variances: { control: 1 / counts.nc, treatment: 1 / counts.nt },
  };
}

function compareMeans(control: ArmMetric, treatment: ArmMetric, alpha: number): Comparison {
  const problem = armProblem(control) ?? armProblem(treatment);
  if (problem) return { kind: "not_estimable", reason: problem };
  if (control.valueSumsq === null || treatment.valueSumsq === null) {
    return { kind: "not_estimable", reason: "no_unit_variance" };
  }
  const c = { n: control.n!, sum: control.valueSum!, sumsq: control.valueSumsq };
  const t = { n: treatment.n!, sum: treatment.valueSum!, sumsq: treatment.valueSumsq };
  const test = welchTest({ c, t, alpha });
  const [mc, mt] = [toMoments(c), toMoments(t)];
  if (
    test.p === null ||
    test.logp === null ||
    test.diff === null ||
    typeof mc === "string" ||
    typeof mt === "string"
  ) {
    return { kind: "not_estimable", reason: test.status };
  }
  const lift = meanLift({ c, t, alpha });
  return {
    kind: "estimated",
    method: "welch",
    effect: test.diff,
    interval: ends(test),
    lift: finite(lift.lift),
    liftInterval: ends(lift),
    statistic: finite(test.t),
    df: finite(test.df),
    p: test.p,
    logp: test.logp,
    variances: { control: mc.variance / mc.n, treatment: mt.variance / mt.n },
  };
}

function ends({ lower, upper }: { lower: number | null; upper: number | null }): Ends {
  return { low: finite(lower), high: finite(upper) };
}

export function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
