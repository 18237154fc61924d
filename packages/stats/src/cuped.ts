import { type DifferenceTest, NO_DIFFERENCE } from "./difference-test.ts";
import { covarianceFromSums } from "./moments.ts";
import { normCritical } from "./normal.ts";
import { type PairArm, type PairMoments, toPairMoments } from "./ratios.ts";
import { type Alternative, isLevel, type Status } from "./status.ts";
import { zTest } from "./z-test.ts";

export interface CupedTest extends DifferenceTest {
  /** How much of the covariate is taken off, in units of Y per unit of X; 0 when the covariate does not vary. */
  readonly theta: number | null;
  readonly z: number | null;
  readonly unadjustedDiff: number | null;
  readonly unadjustedSe: number | null;
  /** Share of the variance of the difference that the covariate explains: 0.3 is worth 43 % more units. */
  readonly varianceReduction: number | null;
}

export const NO_CUPED = {
  ...NO_DIFFERENCE,
  theta: null,
  z: null,
  unadjustedDiff: null,
  unadjustedSe: null,
  varianceReduction: null,
};

/** θ = Cov(Y, X)/Var(X) on both arms concatenated; one per treatment–control pair. */
function commonTheta(c: PairArm, t: PairArm): number {
  const n = c.n + t.n;
  const varX = covarianceFromSums(n, c.sumX + t.sumX, c.sumX + t.sumX, c.sumXX + t.sumXX);
  const cov = covarianceFromSums(n, c.sumX + t.sumX, c.sumY + t.sumY, c.sumXY + t.sumXY);
  return varX > 0 ? cov / varX : 0;
}

const adjustedVariance = (m: PairMoments, theta: number) =>
  Math.max(0, m.varY + theta * theta * m.varX - 2 * theta * m.covXY) / m.n;

/** The shared end of every CUPED test: the adjusted estimate against its own and the unadjusted standard error. */
export function finishCuped(
  known: { theta: number; diff: number; se: number; unadjustedDiff: number; unadjustedSe: number },
  alpha: number,
  alternative: Alternative,
): CupedTest {
  if (known.se === 0) return { ...NO_CUPED, ...known, status: "zero_variance" };
  const varianceReduction = known.unadjustedSe > 0 ? 1 - (known.se / known.unadjustedSe) ** 2 : 0;
  return { ...known, ...zTest(known.diff, known.se, alpha, alternative), varianceReduction, status: "ok" };
}

export interface CupedInput {
  readonly c: PairArm;
  readonly t: PairArm;
  readonly alpha?: number | undefined;
  readonly alternative?: Alternative | undefined;
}

/**
 * `cuped.mean`: difference of means adjusted by a pre-period covariate X (Deng, Xu, Kohavi & Walker 2013), z test.
 * X must be measured before the first exposure; units without history carry X = 0. Same arms as a ratio, with X the covariate.
 */
export function cupedTest(input: CupedInput): CupedTest {
  const { alpha = 0.05, alternative = "two-sided" } = input;
  const [c, t] = [toPairMoments(input.c), toPairMoments(input.t)];
  if (typeof c === "string") return { ...NO_CUPED, status: c };
  if (typeof t === "string") return { ...NO_CUPED, status: t };
  if (!isLevel(alpha)) return { ...NO_CUPED, status: "invalid_alpha" };
  const theta = commonTheta(input.c, input.t);
  const unadjustedDiff = t.meanY - c.meanY;
  const unadjustedSe = Math.sqrt(c.varY / c.n + t.varY / t.n);
  const diff = unadjustedDiff - theta * (t.meanX - c.meanX);
  const se = Math.sqrt(adjustedVariance(c, theta) + adjustedVariance(t, theta));
  return finishCuped({ theta, diff, se, unadjustedDiff, unadjustedSe }, alpha, alternative);
}

export interface CupedLift {
  readonly theta: number | null;
  readonly lift: number | null;
  readonly se: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly status: Status;
}

/** `cuped.lift`: adjusted difference over |unadjusted control mean|, delta method with pre-period means taken as equal. */
export function cupedLift(input: CupedInput): CupedLift {
  const none = { theta: null, lift: null, se: null, lower: null, upper: null };
  const [c, t] = [toPairMoments(input.c), toPairMoments(input.t)];
  if (typeof c === "string") return { ...none, status: c };
  if (typeof t === "string") return { ...none, status: t };
  const { alpha = 0.05 } = input;
  if (!isLevel(alpha)) return { ...none, status: "invalid_alpha" };
  const theta = commonTheta(input.c, input.t);
  if (c.meanY === 0) return { ...none, theta, status: "zero_baseline" };
  const diff = t.meanY - c.meanY - theta * (t.meanX - c.meanX);
  const variance =
    quadraticForm(c, -t.meanY / c.meanY ** 2, theta / c.meanY) +
    quadraticForm(t, 1 / c.meanY, -theta / c.meanY);
  const [lift, se] = [diff / Math.abs(c.meanY), Math.sqrt(variance)];
  const half = normCritical(alpha) * se;
  return { theta, lift, se, lower: lift - half, upper: lift + half, status: "ok" };
}

const quadraticForm = (m: PairMoments, gy: number, gx: number) =>
  Math.max(0, gy * gy * m.varY + 2 * gy * gx * m.covXY + gx * gx * m.varX) / m.n;

/** True when the covariate itself differs between the arms (p < 0.001): the adjustment would hide a broken split. */
export function isPrePeriodImbalanced(covariateP: number | null): boolean {
  return covariateP !== null && covariateP < 0.001;
}
