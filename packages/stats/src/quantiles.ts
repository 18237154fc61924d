import { type DifferenceTest, NO_DIFFERENCE } from "./difference-test.ts";
import { fiellerLift, type Lift } from "./lift.ts";
import { intervalAround } from "./means.ts";
import { logPFromZ, normCritical } from "./normal.ts";
import { type Alternative, allFinite, isLevel } from "./status.ts";

/**
 * The quantile of one arm with the values around it at the shares `quantileShares` names; all three from one warehouse
 * query. Units of the metric; one value per randomised unit.
 */
export interface QuantileArm {
  readonly n: number;
  readonly value: number;
  readonly below: number;
  readonly above: number;
}

/** Shares at which to read `below` and `above`: q ± z·√(q(1 − q)/n), the 95 % band of the rank of the q-quantile. */
export function quantileShares(q: number, n: number): { below: number; above: number } | null {
  if (!isLevel(q) || !allFinite(n) || n < 2) return null;
  const half = normCritical(0.05) * Math.sqrt((q * (1 - q)) / n);
  return q - half > 0 && q + half < 1 ? { below: q - half, above: q + half } : null;
}

/** Squared standard error of an arm's quantile: its rank band is 2·1.96 standard errors wide. */
export function quantileVariance({ below, above }: QuantileArm): number {
  return ((above - below) / (2 * normCritical(0.05))) ** 2;
}

/** Standard errors of a difference of quantiles, t − c, towards lower and towards higher differences. */
interface SidedError {
  readonly down: number;
  readonly up: number;
}

/** Among equal values two bands often end at the very same one: that is within the interval, whatever the last digit of a root says. */
const TOUCHING = 1 - 1e-13;

/**
 * Each side by the ends of the bands that lie on it (Donner & Zou 2012, "MOVER"): a difference of zero is reached by the treatment's
 * lower and the control's upper end. Ends lie on values, and may be much nearer on one side than on the other; half of the
 * whole width instead would call two arms different because their values sit on different rungs of the same ladder of prices.
 */
function sidedError(c: QuantileArm, t: QuantileArm): SidedError {
  const whole = normCritical(0.05) * TOUCHING;
  return {
    down: Math.hypot(t.value - t.below, c.above - c.value) / whole,
    up: Math.hypot(t.above - t.value, c.value - c.below) / whole,
  };
}

/** Interval of t − c at a normal critical value. */
export function quantileInterval(
  c: QuantileArm,
  t: QuantileArm,
  critical: number,
): { lower: number; upper: number } {
  const { down, up } = sidedError(c, t);
  const diff = t.value - c.value;
  return { lower: diff - critical * down, upper: diff + critical * up };
}

/** Fieller's lift whose ends agree with `quantileInterval`: each is reached by the ends of the bands on its side. */
export function quantileLift(c: QuantileArm, t: QuantileArm, critical: number): Lift {
  const variance = (width: number) => (width / normCritical(0.05)) ** 2;
  const pair = { mc: c.value, mt: t.value };
  const low = fiellerLift(
    { ...pair, vc: variance(c.above - c.value), vt: variance(t.value - t.below) },
    critical,
  );
  const high = fiellerLift(
    { ...pair, vc: variance(c.value - c.below), vt: variance(t.above - t.value) },
    critical,
  );
  const open = [low, high].find(({ kind }) => kind !== "bounded");
  return open ?? { ...low, upper: high.upper };
}

export interface QuantileTest extends DifferenceTest {
  /** The larger side's. */
  readonly se: number | null;
  /** By the error on the side of 0. */
  readonly z: number | null;
}

const NONE = { ...NO_DIFFERENCE, z: null };

/**
 * Difference of a quantile between two arms (median time to convert, 90th percentile of spend). Errors come from the width of
 * the rank bands over 1.96 on each side, so that no density is estimated (Deng, Knoblich & Lu 2018, section 5). Few units and ties
 * make it wider, never narrower. A band of equal values (many ties, zeros above all) says nothing: `zero_variance`; so do bands
 * that end at the quantiles themselves on the side of 0.
 */
export function quantileTest(input: {
  readonly c: QuantileArm;
  readonly t: QuantileArm;
  readonly alpha?: number | undefined;
  readonly alternative?: Alternative | undefined;
}): QuantileTest {
  const { c, t, alpha = 0.05, alternative = "two-sided" } = input;
  if (![c, t].every((arm) => allFinite(arm.n, arm.value, arm.below, arm.above)))
    return { ...NONE, status: "non_finite" };
  if (c.n < 2 || t.n < 2) return { ...NONE, status: "n_lt_2" };
  if ([c, t].some(({ below, value, above }) => value < below || above < value))
    return { ...NONE, status: "invalid_parameter" };
  if (!isLevel(alpha)) return { ...NONE, status: "invalid_alpha" };
  const diff = t.value - c.value;
  const { down, up } = sidedError(c, t);
  const se = Math.max(down, up);
  const towardsZero = diff > 0 ? down : diff < 0 ? up : se;
  const isTied = [c, t].some(({ below, above }) => below === above);
  if (isTied || towardsZero === 0) return { ...NONE, diff, se, status: "zero_variance" };
  const z = diff / towardsZero;
  const logp = logPFromZ(z, alternative);
  const critical = normCritical(alpha, alternative);
  const { lower } = intervalAround(diff, critical * down, alternative);
  const { upper } = intervalAround(diff, critical * up, alternative);
  return { diff, se, z, p: Math.exp(logp), logp, lower, upper, status: "ok" };
}
