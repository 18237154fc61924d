import { normCritical } from "./normal.ts";
import { type Alternative, allFinite, isLevel, type Status } from "./status.ts";
import { zTest } from "./z-test.ts";

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

export interface QuantileTest {
  readonly diff: number | null;
  readonly se: number | null;
  readonly z: number | null;
  readonly p: number | null;
  readonly logp: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly status: Status;
}

const NONE = { diff: null, se: null, z: null, p: null, logp: null, lower: null, upper: null };

/**
 * Difference of a quantile between two arms (median time to convert, 90th percentile of spend). The standard error is the
 * width of the rank band over 2·1.96, so that no density is estimated (Deng, Knoblich & Lu 2018, section 5). A band of
 * equal values (many ties, zeros above all) says nothing: `zero_variance`.
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
  if ([c, t].some((arm) => arm.above < arm.below)) return { ...NONE, status: "invalid_parameter" };
  if (!isLevel(alpha)) return { ...NONE, status: "invalid_alpha" };
  const diff = t.value - c.value;
  const [bandC, bandT] = [c.above - c.below, t.above - t.below];
  const se = Math.hypot(bandC, bandT) / (2 * normCritical(0.05));
  if (bandC === 0 || bandT === 0) return { ...NONE, diff, se, status: "zero_variance" };
  return { diff, se, ...zTest(diff, se, alpha, alternative), status: "ok" };
}
