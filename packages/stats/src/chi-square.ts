import jStat from "jstat";
import { bd0, LN_SQRT_2PI, log1mExp, stirlerr } from "./log-space.ts";
import type { Tail } from "./normal.ts";
import { findDecreasingRoot } from "./roots.ts";
import { allFinite, type Status } from "./status.ts";

const MAX_TERMS = 1_000_000;

/** Both log tails of the gamma distribution with shape a and scale 1 at x ≥ 0. */
function logGammaTails(x: number, a: number): { logCdf: number; logSf: number } {
  if (x <= 0) return { logCdf: Number.NEGATIVE_INFINITY, logSf: 0 };
  const logPoisson = -bd0(a, x) - stirlerr(a) - 0.5 * Math.log(a) - LN_SQRT_2PI; // ln[xᵃ e⁻ˣ / Γ(a+1)]
  if (x < a + 1) {
    const logCdf = Math.min(0, logPoisson + Math.log(lowerSeries(x, a)));
    return { logCdf, logSf: log1mExp(logCdf) };
  }
  const logSf = Math.min(0, logPoisson + Math.log(a * upperFraction(x, a)));
  return { logCdf: log1mExp(logSf), logSf };
}

function lowerSeries(x: number, a: number): number {
  let [sum, term] = [1, 1];
  for (let i = 1; i < MAX_TERMS; i++) {
    term *= x / (a + i);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum;
}

function upperFraction(x: number, a: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < MAX_TERMS; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 2e-16) break;
  }
  return h;
}

/** ln P(χ²_df > x). */
export function logChi2Sf(x: number, df: number): number {
  return logGammaTails(x / 2, df / 2).logSf;
}

/** The x with P(χ²_df > x) = p, solved in ln x on the smaller log tail. */
export function chi2Isf(p: number, df: number): number {
  const upper = p <= 0.5;
  const target = upper ? Math.log(p) : Math.log1p(-p);
  const f = (lnX: number) => {
    const tails = logGammaTails(Math.exp(lnX) / 2, df / 2);
    return upper ? tails.logSf - target : target - tails.logCdf;
  };
  const start = p >= 1e-8 && df <= 1e6 ? jStat.chisquare.inv(1 - p, df) : df;
  return Math.exp(findDecreasingRoot(f, Math.log(start > 0 ? start : df), 1e-4, -745, 709));
}

/** `dist.chi2.sf`: upper tail of χ² at x; df > 0, x ≥ 0. */
export function chi2Tail(input: { readonly x: number; readonly df: number }): Tail {
  const { x, df } = input;
  if (!allFinite(x, df)) return { p: null, logp: null, status: "non_finite" };
  if (df <= 0 || x < 0) return { p: null, logp: null, status: "invalid_parameter" };
  const logp = logChi2Sf(x, df);
  return { p: Math.exp(logp), logp, status: "ok" };
}

/** `dist.chi2.isf`: the x whose upper tail is p, 0 < p < 1. */
export function chi2Quantile(input: { readonly p: number; readonly df: number }): {
  x: number | null;
  status: Status;
} {
  const { p, df } = input;
  if (!allFinite(p, df) || p <= 0 || p >= 1 || df <= 0) return { x: null, status: "invalid_parameter" };
  return { x: chi2Isf(p, df), status: "ok" };
}
