import { allFinite, isFiniteNumber, type Status } from "./status.ts";

/** One arm of a mean: units and either sums or moments of the per-unit value, in the metric's own unit. */
export type MeanArm =
  | { readonly n: number; readonly sum: number; readonly sumsq: number }
  | { readonly n: number; readonly mean: number; readonly variance: number };

export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Sample variance (n − 1). */
  readonly variance: number;
}

/** High and low part of a·b, exact (Dekker 1971). */
function twoProduct(a: number, b: number): [high: number, low: number] {
  const split = (v: number): [number, number] => {
    const t = 134217729 * v;
    const high = t - (t - v);
    return [high, v - high];
  };
  const product = a * b;
  const [ah, al] = split(a);
  const [bh, bl] = split(b);
  const low = al * bl - (product - ah * bh - al * bh - ah * bl);
  return [product, Number.isFinite(low) ? low : 0];
}

/**
 * Sample covariance from sums: (n Σxy − Σx Σy) / (n(n − 1)), the two products taken exactly.
 * What the sums themselves lost to rounding stays lost: at |mean|/sd = 1e6 ask the warehouse for moments instead.
 */
export function covarianceFromSums(n: number, sumX: number, sumY: number, sumXY: number): number {
  const [ah, al] = twoProduct(n, sumXY);
  const [bh, bl] = twoProduct(sumX, sumY);
  return (ah - bh + (al - bl)) / n / (n - 1);
}

/** A tiny negative variance is rounding and becomes 0; a larger one means that the sums cannot be of one sample. */
export function clampVariance(variance: number, sumsq: number, n: number): number | null {
  if (variance >= 0) return variance;
  return variance > (-1e-9 * sumsq) / n ? 0 : null;
}

/** Moments of an arm, or the reason why there are none (`non_finite`, `negative`, `empty_arm`, `n_lt_2`, `negative_variance`). */
export function toMoments(arm: MeanArm): Moments | Status {
  const byMoments = "variance" in arm;
  const values = byMoments ? [arm.n, arm.mean, arm.variance] : [arm.n, arm.sum, arm.sumsq];
  if (!allFinite(...values)) return "non_finite";
  if (arm.n < 0) return "negative";
  if (arm.n === 0) return "empty_arm";
  if (arm.n < 2) return "n_lt_2";
  if (byMoments) return arm.variance < 0 ? "negative_variance" : arm;
  const variance = clampVariance(covarianceFromSums(arm.n, arm.sum, arm.sum, arm.sumsq), arm.sumsq, arm.n);
  if (variance === null) return "negative_variance";
  return { n: arm.n, mean: arm.sum / arm.n, variance };
}

/** `moments.fromSums`: n, Σy, Σy² → mean and sample variance. With one unit there is a mean and no variance. */
export function momentsFromSums(input: {
  readonly n: number;
  readonly sum: number;
  readonly sumsq: number;
}): {
  n: number | null;
  mean: number | null;
  variance: number | null;
  status: Status;
} {
  const moments = toMoments({ n: input.n, sum: input.sum, sumsq: input.sumsq });
  if (typeof moments !== "string") return { ...moments, status: "ok" };
  const mean = moments === "n_lt_2" ? input.sum / input.n : null;
  return { n: isFiniteNumber(input.n) ? input.n : null, mean, variance: null, status: moments };
}

/** Shard of a sample: n, mean and M2 = Σ(y − mean)². */
export interface Shard {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
}

/**
 * `moments.merge`: shards of one sample put together (Chan, Golub & LeVeque 1983), in any order; empty shards are neutral.
 * Days may be merged only where each unit appears in one day (cohorts by first exposure).
 */
export function mergeMoments(input: { readonly parts: readonly Shard[] }): {
  n: number | null;
  mean: number | null;
  m2: number | null;
  variance: number | null;
  status: Status;
} {
  const none = { n: null, mean: null, m2: null, variance: null };
  let [n, mean, m2] = [0, 0, 0];
  for (const part of input.parts) {
    if (!allFinite(part.n, part.mean, part.m2)) return { ...none, status: "non_finite" };
    if (part.n < 0 || part.m2 < 0) return { ...none, status: "negative" };
    if (part.n === 0) continue;
    const total = n + part.n;
    const delta = part.mean - mean;
    mean += delta * (part.n / total);
    m2 += part.m2 + delta * delta * n * (part.n / total);
    n = total;
  }
  if (n === 0) return { n: 0, mean: null, m2: 0, variance: null, status: "empty_arm" };
  return { n, mean, m2, variance: n > 1 ? m2 / (n - 1) : null, status: n > 1 ? "ok" : "n_lt_2" };
}

/** Skewness from n, Σy, Σy², Σy³; null when nothing varies. Units of y cancel. */
export function skewness(input: {
  readonly n: number;
  readonly sum: number;
  readonly sumsq: number;
  readonly sumcubes: number;
}): number | null {
  const { n, sum, sumsq, sumcubes } = input;
  if (!allFinite(n, sum, sumsq, sumcubes) || n < 3) return null;
  const mean = sum / n;
  const variance = (covarianceFromSums(n, sum, sum, sumsq) * (n - 1)) / n;
  if (variance <= 0) return null;
  const third = sumcubes / n - 3 * mean * (sumsq / n) + 2 * mean ** 3;
  return third / variance ** 1.5;
}

/** True when the normal approximation of the mean is doubtful: n < 355·skew² (Kohavi et al. 2014). */
export function isHeavyTailed(n: number, skew: number | null): boolean {
  return skew !== null && n < 355 * skew * skew;
}
