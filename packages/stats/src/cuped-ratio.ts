import { type CupedTest, finishCuped, NO_CUPED } from "./cuped.ts";
import { clampVariance, covarianceFromSums } from "./moments.ts";
import { type Alternative, isFiniteNumber, isLevel, type Status } from "./status.ts";

/** Sums of a ratio metric Y/X after and of the same ratio P/Q before the first exposure, per unit of one arm. */
export interface RatioCupedArm {
  readonly n: number;
  readonly sumY: number;
  readonly sumX: number;
  readonly sumP: number;
  readonly sumQ: number;
  readonly sumYY: number;
  readonly sumYX: number;
  readonly sumYP: number;
  readonly sumYQ: number;
  readonly sumXX: number;
  readonly sumXP: number;
  readonly sumXQ: number;
  readonly sumPP: number;
  readonly sumPQ: number;
  readonly sumQQ: number;
}

interface Linearised {
  readonly n: number;
  readonly post: number;
  readonly pre: number;
  /** Per-unit variance after, before, and their covariance. */
  readonly v: number;
  readonly w: number;
  readonly k: number;
}

function linearise(arm: RatioCupedArm): Linearised | Status {
  const { n } = arm;
  if (!Object.values(arm).every(isFiniteNumber) || !isFiniteNumber(n)) return "non_finite";
  if (n < 0) return "negative";
  if (n === 0) return "empty_arm";
  if (n < 2) return "n_lt_2";
  if (arm.sumX === 0 || arm.sumQ === 0) return "zero_denominator";
  const [post, pre, meanX, meanQ] = [arm.sumY / arm.sumX, arm.sumP / arm.sumQ, arm.sumX / n, arm.sumQ / n];
  const cov = (a: number, b: number, ab: number) => covarianceFromSums(n, a, b, ab);
  const [yy, pp] = [cov(arm.sumY, arm.sumY, arm.sumYY), cov(arm.sumP, arm.sumP, arm.sumPP)];
  if (clampVariance(yy, arm.sumYY, n) === null || clampVariance(pp, arm.sumPP, n) === null)
    return "negative_variance";
  const v =
    yy - 2 * post * cov(arm.sumY, arm.sumX, arm.sumYX) + post ** 2 * cov(arm.sumX, arm.sumX, arm.sumXX);
  const w = pp - 2 * pre * cov(arm.sumP, arm.sumQ, arm.sumPQ) + pre ** 2 * cov(arm.sumQ, arm.sumQ, arm.sumQQ);
  const k =
    cov(arm.sumY, arm.sumP, arm.sumYP) -
    pre * cov(arm.sumY, arm.sumQ, arm.sumYQ) -
    post * cov(arm.sumX, arm.sumP, arm.sumXP) +
    post * pre * cov(arm.sumX, arm.sumQ, arm.sumXQ);
  return { n, post, pre, v: v / meanX ** 2, w: w / meanQ ** 2, k: k / (meanX * meanQ) };
}

/**
 * `cuped.ratio`: difference of two ratios of sums, adjusted by the same ratio before exposure. Both are linearised per
 * unit and arm; θ minimises the variance of the difference and equals GrowthBook's when the arms are equal.
 */
export function cupedRatioTest(input: {
  readonly c: RatioCupedArm;
  readonly t: RatioCupedArm;
  readonly alpha?: number | undefined;
  readonly alternative?: Alternative | undefined;
}): CupedTest {
  const { alpha = 0.05, alternative = "two-sided" } = input;
  const [c, t] = [linearise(input.c), linearise(input.t)];
  if (typeof c === "string") return { ...NO_CUPED, status: c };
  if (typeof t === "string") return { ...NO_CUPED, status: t };
  if (!isLevel(alpha)) return { ...NO_CUPED, status: "invalid_alpha" };
  const spread = c.w / c.n + t.w / t.n;
  const theta = spread > 0 ? (c.k / c.n + t.k / t.n) / spread : 0;
  const unadjustedDiff = t.post - c.post;
  const unadjustedSe = Math.sqrt(Math.max(0, c.v / c.n + t.v / t.n));
  const diff = t.post - theta * t.pre - (c.post - theta * c.pre);
  const variance = (arm: Linearised) => (arm.v + theta ** 2 * arm.w - 2 * theta * arm.k) / arm.n;
  const se = Math.sqrt(Math.max(0, variance(c) + variance(t)));
  return finishCuped({ theta, diff, se, unadjustedDiff, unadjustedSe }, alpha, alternative);
}
