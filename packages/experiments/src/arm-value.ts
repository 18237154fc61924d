import type { CountArm, MeanArm, PairArm, QuantileArm } from "@lifecycle/stats";
import { isHeavyTailed, quantileVariance, skewness, toMoments, toPairMoments } from "@lifecycle/stats";
import type { ArmMetric, Uncounted } from "./arm-metric.ts";

const KINDS = new Set(["proportion", "mean", "ratio", "cuped", "quantile"]);

/** Why nobody can say how many units any of these arms have; null when at least one is counted. */
export function unitsProblem(arms: readonly ArmMetric[]): Uncounted | null {
  const [problem] = arms.map(({ uncounted }) => uncounted);
  return problem && arms.every(({ uncounted, n }) => uncounted !== undefined && n === null) ? problem : null;
}

/** Why an arm's own value cannot be given; null when it can. Stable codes. */
export function armProblem(arm: ArmMetric): string | null {
  if (!KINDS.has(arm.kind)) return "unknown_metric_kind";
  const uncounted = unitsProblem([arm]);
  if (uncounted) return uncounted;
  if (arm.quantile?.isOfMore) return "quantile_not_by_day";
  const numerator = numeratorOf(arm);
  if (arm.n === null || numerator === null) return arm.n === 0 ? "empty_arm" : "metric_not_reported";
  if (!Number.isFinite(arm.n) || !Number.isFinite(numerator)) return "non_finite";
  if (arm.n < 0) return "negative";
  if (!Number.isInteger(arm.n)) return "non_integer";
  if (arm.kind === "proportion") {
    if (numerator < 0) return "negative";
    if (!Number.isInteger(numerator)) return "non_integer";
    if (numerator > arm.n) return "successes_exceed_trials";
  }
  if (arm.n === 0) return "empty_arm";
  return arm.kind === "ratio" && !arm.covariateSum ? "zero_denominator" : null;
}

/** What an arm's value is made of, besides n. */
function numeratorOf({ kind, x, valueSum, quantile }: ArmMetric): number | null {
  if (kind === "proportion") return x;
  return kind === "quantile" ? (quantile?.value ?? null) : valueSum;
}

/** Problems that mean that the numbers cannot be true, as against numbers that are missing or too few. */
export function isImpossible(problem: string | null): boolean {
  return (
    problem !== null && ["negative", "non_integer", "non_finite", "successes_exceed_trials"].includes(problem)
  );
}

/** Why an arm's numbers, though true, carry no test; null when they do. */
export function testProblem(arm: ArmMetric): string | null {
  const problem = armProblem(arm);
  if (problem || arm.kind === "proportion") return problem;
  if (arm.kind === "quantile") return quantileProblem(arm);
  if (arm.valueSumsq === null) return "no_unit_variance";
  const pair = arm.kind === "ratio" || arm.kind === "cuped";
  return pair && [arm.covariateSum, arm.covariateSumsq, arm.crossSum].includes(null) ? "no_covariate" : null;
}

/** A quantile of cut values is the cut itself, or as if nothing had been cut; and it has no sum that a covariate could take away from. */
function quantileProblem({ quantile, cap, covariateSum }: ArmMetric): string | null {
  if (cap !== null) return "quantile_not_capped";
  if (covariateSum !== null) return "quantile_not_adjusted";
  return quantile?.below == null || quantile.above == null ? "quantile_out_of_reach" : null;
}

/** True when a few large values make the mean of so many units doubtful (Kohavi et al. 2014); after capping, where it is capped. */
export function isHeavy({ kind, n, valueSum, valueSumsq, valueSumcubes }: ArmMetric): boolean {
  if (kind !== "mean" || n === null || valueSum === null || valueSumsq === null || valueSumcubes === null)
    return false;
  return isHeavyTailed(n, skewness({ n, sum: valueSum, sumsq: valueSumsq, sumcubes: valueSumcubes }));
}

/** x ÷ n, the mean, the ratio of sums, or the quantile; null when the arm has none. */
export function armValue(arm: ArmMetric): number | null {
  if (armProblem(arm)) return null;
  if (arm.kind === "quantile") return arm.quantile!.value;
  return numeratorOf(arm)! / (arm.kind === "ratio" ? arm.covariateSum! : arm.n!);
}

export const countArm = (arm: ArmMetric): CountArm => ({ n: arm.n!, x: arm.x! });
export const meanArm = (arm: ArmMetric): MeanArm => ({
  n: arm.n!,
  sum: arm.valueSum!,
  sumsq: arm.valueSumsq!,
});
export const pairArm = (arm: ArmMetric): PairArm => ({
  n: arm.n!,
  sumY: arm.valueSum!,
  sumYY: arm.valueSumsq!,
  sumX: arm.covariateSum!,
  sumXX: arm.covariateSumsq!,
  sumXY: arm.crossSum!,
});

export const quantileArm = ({ n, quantile }: ArmMetric): QuantileArm => ({
  n: n!,
  value: quantile!.value!,
  below: quantile!.below!,
  above: quantile!.above!,
});

/**
 * What each arm adds to the squared error of their difference: its own variance, with whatever made the error of both larger (people who
 * count several times) or smaller (a covariate). Null when unknown.
 */
export function errorShares(
  control: ArmMetric,
  treatment: ArmMetric,
  se: number,
): { control: number; treatment: number } | null {
  const [vc, vt] = [valueVariance(control), valueVariance(treatment)];
  if (vc === null || vt === null || vc + vt === 0) return null;
  const scale = se ** 2 / (vc + vt);
  return { control: vc * scale, treatment: vt * scale };
}

/** Variance of the arm's value (squared standard error), by the arm's own spread; null when unknown. */
export function valueVariance(arm: ArmMetric): number | null {
  if (testProblem(arm)) return null;
  if (arm.kind === "proportion") {
    const p = arm.x! / arm.n!;
    return (p * (1 - p)) / arm.n!;
  }
  if (arm.kind === "quantile") return quantileVariance(quantileArm(arm));
  if (arm.kind !== "ratio") {
    const moments = toMoments(meanArm(arm));
    return typeof moments === "string" ? null : moments.variance / moments.n;
  }
  const m = toPairMoments(pairArm(arm));
  if (typeof m === "string") return null;
  const ratio = m.meanY / m.meanX;
  return Math.max(0, m.varY - 2 * ratio * m.covXY + ratio ** 2 * m.varX) / m.meanX ** 2 / m.n;
}
