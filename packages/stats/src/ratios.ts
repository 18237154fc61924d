import { type DifferenceTest, NO_DIFFERENCE } from "./difference-test.ts";
import { type Lift, type LiftMethod, liftOf, NO_LIFT } from "./lift.ts";
import { clampVariance, covarianceFromSums } from "./moments.ts";
import { type Alternative, allFinite, isLevel, type Status } from "./status.ts";
import { zTest } from "./z-test.ts";

/** Sums over the units of one arm of numerator Y and denominator X (or of a metric Y and its pre-period covariate X). */
export interface PairArm {
  readonly n: number;
  readonly sumY: number;
  readonly sumYY: number;
  readonly sumX: number;
  readonly sumXX: number;
  readonly sumXY: number;
}

export interface PairMoments {
  readonly n: number;
  readonly meanY: number;
  readonly meanX: number;
  readonly varY: number;
  readonly varX: number;
  readonly covXY: number;
}

/** Means and (co)variances of a pair, or the reason why there are none. */
export function toPairMoments(arm: PairArm): PairMoments | Status {
  const { n, sumY, sumYY, sumX, sumXX, sumXY } = arm;
  if (!allFinite(n, sumY, sumYY, sumX, sumXX, sumXY)) return "non_finite";
  if (n < 0) return "negative";
  if (n === 0) return "empty_arm";
  if (n < 2) return "n_lt_2";
  const varY = clampVariance(covarianceFromSums(n, sumY, sumY, sumYY), sumYY, n);
  const varX = clampVariance(covarianceFromSums(n, sumX, sumX, sumXX), sumXX, n);
  if (varY === null || varX === null) return "negative_variance";
  const covXY = covarianceFromSums(n, sumX, sumY, sumXY);
  return { n, meanY: sumY / n, meanX: sumX / n, varY, varX, covXY };
}

/** ΣY/ΣX of one arm and the variance of that ratio, by linearisation per unit. */
export interface RatioEstimate {
  readonly ratio: number;
  readonly variance: number;
}

function estimate(arm: PairArm): RatioEstimate | Status {
  const m = toPairMoments(arm);
  if (typeof m === "string") return m;
  if (m.meanX === 0) return "zero_denominator";
  const ratio = m.meanY / m.meanX;
  const perUnit = (m.varY - 2 * ratio * m.covXY + ratio * ratio * m.varX) / m.meanX ** 2;
  return { ratio, variance: Math.max(0, perUnit) / m.n };
}

export interface RatioTest extends DifferenceTest {
  readonly rc: number | null;
  readonly rt: number | null;
  readonly varC: number | null;
  readonly varT: number | null;
  readonly z: number | null;
}

const NO_RATIO = { rc: null, rt: null, varC: null, varT: null, z: null, ...NO_DIFFERENCE };

/**
 * `ratio.delta`: difference of two ratios of sums (clicks per send) with the unit of randomisation as unit
 * (Deng, Knoblich & Lu 2018). A treatment that moves X changes the meaning: test the denominator beside it.
 */
export function ratioTest(input: {
  readonly c: PairArm;
  readonly t: PairArm;
  readonly alpha?: number | undefined;
  readonly alternative?: Alternative | undefined;
}): RatioTest {
  const { alpha = 0.05, alternative = "two-sided" } = input;
  const [c, t] = [estimate(input.c), estimate(input.t)];
  if (typeof c === "string") return { ...NO_RATIO, status: c };
  if (typeof t === "string") return { ...NO_RATIO, status: t };
  if (!isLevel(alpha)) return { ...NO_RATIO, status: "invalid_alpha" };
  const known = { rc: c.ratio, rt: t.ratio, varC: c.variance, varT: t.variance, diff: t.ratio - c.ratio };
  const se = Math.sqrt(c.variance + t.variance);
  if (se === 0) return { ...NO_RATIO, ...known, se, status: "zero_variance" };
  return { ...known, se, ...zTest(known.diff, se, alpha, alternative), status: "ok" };
}

/** `ratio.lift`: lift of a ratio metric, Fieller by default. */
export function ratioLift(input: {
  readonly c: PairArm;
  readonly t: PairArm;
  readonly method?: LiftMethod | undefined;
  readonly alpha?: number | undefined;
}): Lift {
  const [c, t] = [estimate(input.c), estimate(input.t)];
  if (typeof c === "string") return { ...NO_LIFT, status: c };
  if (typeof t === "string") return { ...NO_LIFT, status: t };
  const pair = { mc: c.ratio, vc: c.variance, mt: t.ratio, vt: t.variance };
  return liftOf(pair, input.method, input.alpha);
}
