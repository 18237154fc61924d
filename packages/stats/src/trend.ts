import { logChi2Sf } from "./chi-square.ts";
import { logPFromZ } from "./normal.ts";
import { allFinite, type Status } from "./status.ts";

export interface EffectPoint {
  /** Day since first exposure, or calendar day. */
  readonly x: number;
  readonly estimate: number;
  readonly se: number;
}

export interface EffectTrend {
  readonly slope: number | null;
  readonly slopeSe: number | null;
  readonly z: number | null;
  readonly p: number | null;
  readonly pooled: number | null;
  readonly pooledSe: number | null;
  readonly q: number | null;
  readonly qDf: number | null;
  readonly qP: number | null;
  readonly i2: number | null;
  readonly status: Status;
}

const NONE = {
  slope: null,
  slopeSe: null,
  z: null,
  p: null,
  pooled: null,
  pooledSe: null,
  q: null,
  qDf: null,
  qP: null,
  i2: null,
};

/**
 * `trend.effect`: weighted line through effects per day, and how much they differ (Cochran's Q, I²). Weights 1/se².
 * Days since exposure compare the same users again and again: read the p as indicative.
 */
export function effectTrend(input: { readonly points: readonly EffectPoint[] }): EffectTrend {
  const { points } = input;
  if (!points.every((point) => allFinite(point.x, point.estimate, point.se)))
    return { ...NONE, status: "non_finite" };
  if (points.some((point) => point.se <= 0)) return { ...NONE, status: "zero_variance" };
  if (points.length === 0) return { ...NONE, status: "not_enough_data" };
  const weighted = points.map(({ x, estimate, se }) => ({ x, estimate, w: 1 / (se * se) }));
  const total = weighted.reduce((sum, { w }) => sum + w, 0);
  const meanX = weighted.reduce((sum, { x, w }) => sum + (w * x) / total, 0);
  const pooled = weighted.reduce((sum, { estimate, w }) => sum + (w * estimate) / total, 0);
  const spread = weighted.reduce((sum, { x, w }) => sum + w * (x - meanX) ** 2, 0);
  const q = weighted.reduce((sum, { estimate, w }) => sum + w * (estimate - pooled) ** 2, 0);
  const qDf = points.length - 1;
  const level = { pooled, pooledSe: 1 / Math.sqrt(total), q, qDf };
  if (qDf === 0) return { ...NONE, ...level, status: "not_enough_data" };
  const heterogeneity = {
    ...level,
    qP: Math.exp(logChi2Sf(q, qDf)),
    i2: q > 0 ? Math.max(0, (q - qDf) / q) : 0,
  };
  if (spread === 0) return { ...NONE, ...heterogeneity, status: "not_enough_data" };
  const slope =
    weighted.reduce((sum, { x, estimate, w }) => sum + w * (x - meanX) * (estimate - pooled), 0) / spread;
  const slopeSe = 1 / Math.sqrt(spread);
  const z = slope / slopeSe;
  return { slope, slopeSe, z, p: Math.exp(logPFromZ(z)), ...heterogeneity, status: "ok" };
}

/**
 * A novelty effect: the slope is significant at 1 % and the last third's effect has turned or lost more than half of the
 * first third's. Null below 7 points: too short to tell. Points with at least 100 units per arm.
 */
export function isNovelty(points: readonly EffectPoint[]): boolean | null {
  if (points.length < 7) return null;
  const trend = effectTrend({ points });
  if (trend.p === null) return null;
  const ordered = points.toSorted((a, b) => a.x - b.x);
  const third = Math.floor(ordered.length / 3);
  const first = effectTrend({ points: ordered.slice(0, third) }).pooled!;
  const last = effectTrend({ points: ordered.slice(-third) }).pooled!;
  return trend.p < 0.01 && (Math.sign(last) !== Math.sign(first) || Math.abs(last) < Math.abs(first) / 2);
}
