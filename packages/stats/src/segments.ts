import { logChi2Sf } from "./chi-square.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import type { Status } from "./status.ts";

export interface MantelHaenszel {
  /** Difference ignoring the strata. */
  readonly crudeDiff: number | null;
  /** Mantel–Haenszel risk difference. */
  readonly mhDiff: number | null;
  readonly mhSe: number | null;
  readonly z: number | null;
  readonly cmhChi2: number | null;
  readonly cmhP: number | null;
  readonly q: number | null;
  readonly qDf: number | null;
  readonly qP: number | null;
  /** Simpson's paradox: crude and stratified effect have opposite signs. The split differs by stratum. */
  readonly reversal: boolean | null;
  readonly status: Status;
}

const NONE = {
  crudeDiff: null,
  mhDiff: null,
  mhSe: null,
  z: null,
  cmhChi2: null,
  cmhP: null,
  q: null,
  qDf: null,
  qP: null,
  reversal: null,
};

const sum = <T>(items: readonly T[], value: (item: T) => number) =>
  items.reduce((total, item) => total + value(item), 0);

/**
 * `segments.mh`: two proportions over strata (segments, send days): Mantel–Haenszel difference with Greenland & Robins'
 * (1985) variance, CMH χ² without continuity correction, Cochran's Q. A stratum with an empty arm is dropped.
 */
export function mantelHaenszel(input: { readonly strata: readonly TwoProportions[] }): MantelHaenszel {
  const problem = input.strata.map(countsProblem).find((found) => found !== null && found !== "empty_arm");
  if (problem) return { ...NONE, status: problem };
  const strata = input.strata.filter((s) => s.nc > 0 && s.nt > 0);
  if (strata.length === 0) return { ...NONE, status: "empty_arm" };
  const crudeDiff =
    sum(strata, (s) => s.xt) / sum(strata, (s) => s.nt) - sum(strata, (s) => s.xc) / sum(strata, (s) => s.nc);
  const weight = (s: TwoProportions) => (s.nc * s.nt) / (s.nc + s.nt);
  const diff = (s: TwoProportions) => s.xt / s.nt - s.xc / s.nc;
  const weights = sum(strata, weight);
  const mhDiff = sum(strata, (s) => weight(s) * diff(s)) / weights;
  const mhSe = Math.sqrt(sum(strata, greenlandRobins)) / weights;
  const known = { crudeDiff, mhDiff, mhSe, reversal: crudeDiff * mhDiff < 0, ...heterogeneity(strata) };
  if (mhSe === 0) return { ...NONE, ...known, status: "zero_variance" };
  return { ...known, z: mhDiff / mhSe, ...cochranMantelHaenszel(strata), status: "ok" };
}

function greenlandRobins({ xc, nc, xt, nt }: TwoProportions): number {
  const n = nc + nt;
  const [wc, wt] = [nc / n, nt / n];
  return wc * wc * xt * ((nt - xt) / nt) + wt * wt * xc * ((nc - xc) / nc);
}

function cochranMantelHaenszel(strata: readonly TwoProportions[]): {
  cmhChi2: number | null;
  cmhP: number | null;
} {
  const gap = sum(strata, (s) => s.xt - ((s.xc + s.xt) * s.nt) / (s.nc + s.nt));
  const variance = sum(strata, ({ xc, nc, xt, nt }) => {
    const [n, m] = [nc + nt, xc + xt];
    return n > 1 ? (((nc / n) * (nt / n) * m) / (n - 1)) * (n - m) : 0;
  });
  if (variance === 0) return { cmhChi2: null, cmhP: null };
  const cmhChi2 = (gap * gap) / variance;
  return { cmhChi2, cmhP: Math.exp(logChi2Sf(cmhChi2, 1)) };
}

/** Cochran's Q over the strata whose difference has a positive variance. */
function heterogeneity(strata: readonly TwoProportions[]): {
  q: number | null;
  qDf: number | null;
  qP: number | null;
} {
  const points = strata.flatMap(({ xc, nc, xt, nt }) => {
    const [pc, pt] = [xc / nc, xt / nt];
    const variance = (pc * (1 - pc)) / nc + (pt * (1 - pt)) / nt;
    return variance > 0 ? [{ d: pt - pc, w: 1 / variance }] : [];
  });
  if (points.length < 2) return { q: null, qDf: null, qP: null };
  const pooled = sum(points, ({ d, w }) => d * w) / sum(points, ({ w }) => w);
  const q = sum(points, ({ d, w }) => w * (d - pooled) ** 2);
  const qDf = points.length - 1;
  return { q, qDf, qP: Math.exp(logChi2Sf(q, qDf)) };
}
