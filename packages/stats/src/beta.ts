import jStat from "jstat";
import { bd0, LN_SQRT_2PI, log1mExp, stirlerr } from "./log-space.ts";
import { allFinite, type Status } from "./status.ts";

// The fraction needs about √max(a, b) terms near the mean: 4,200 at a = b = 5e8. A cap at 100 is what breaks jStat.
const MAX_TERMS = 200_000;
const TINY = 1e-300;
/** Beyond this a + b the fraction would take seconds, and no audience is so large. */
const MAX_SHAPE = 1e11;

/** ln[xᵃ yᵇ / B(a, b)] with y = 1 − x given exactly; no difference of lgammas, so it holds at a + b = 1e9. */
export function logBetaPrefactor(x: number, y: number, a: number, b: number): number {
  const n = a + b;
  const scale = stirlerr(n) - stirlerr(a) - stirlerr(b) + 0.5 * Math.log(a * (b / n)) - LN_SQRT_2PI;
  return scale - bd0(a, n * x) - bd0(b, n * y);
}

/** Continued fraction of the incomplete beta by modified Lentz. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < TINY ? TINY : d);
  let h = d;
  for (let m = 1; m < MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (Math.abs(d) < TINY ? TINY : d);
    if (Math.abs(c) < TINY) c = TINY;
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (Math.abs(d) < TINY ? TINY : d);
    if (Math.abs(c) < TINY) c = TINY;
    h *= d * c;
    if (Math.abs(d * c - 1) < 2e-16) break;
  }
  return h;
}

export interface LogTails {
  readonly logCdf: number;
  readonly logSf: number;
}

/** Both log tails of Beta(a, b) at x, with y = 1 − x passed exactly. The smaller tail is computed, the other follows. */
export function logBetaTails(x: number, y: number, a: number, b: number): LogTails {
  if (x <= 0) return { logCdf: Number.NEGATIVE_INFINITY, logSf: 0 };
  if (y <= 0) return { logCdf: 0, logSf: Number.NEGATIVE_INFINITY };
  const prefactor = logBetaPrefactor(x, y, a, b);
  if (x < (a + 1) / (a + b + 2)) {
    const logCdf = Math.min(0, prefactor + Math.log(betaFraction(x, a, b) / a));
    return { logCdf, logSf: log1mExp(logCdf) };
  }
  const logSf = Math.min(0, prefactor + Math.log(betaFraction(y, b, a) / b));
  return { logCdf: log1mExp(logSf), logSf };
}

/** The point x (and y = 1 − x) with P(X ≤ x) = q; Newton on the log tail in the logit of x, kept inside a bracket. */
export function betaQuantile(q: number, a: number, b: number): { x: number; y: number } {
  const lower = q <= 0.5;
  const target = Math.log(lower ? q : 1 - q);
  let [lo, hi] = [-745, 745];
  let w = Math.min(hi, Math.max(lo, startLogit(q, a, b)));
  for (let step = 0; step < 300; step++) {
    const [x, y] = fromLogit(w);
    const tails = logBetaTails(x, y, a, b);
    const logTail = lower ? tails.logCdf : tails.logSf;
    const gap = lower ? logTail - target : target - logTail;
    if (gap === 0) break;
    if (gap > 0) hi = w;
    else lo = w;
    const slope = Math.exp(logBetaPrefactor(x, y, a, b) - logTail);
    const newton = w - gap / slope;
    const next = newton > lo && newton < hi ? newton : lo + (hi - lo) / 2;
    const done = Math.abs(next - w) <= 2e-16 * Math.max(1e-3, Math.abs(w)) || next === lo || next === hi;
    w = next;
    if (done) break;
  }
  const [x, y] = fromLogit(w);
  return { x, y };
}

function fromLogit(w: number): [x: number, y: number] {
  const e = Math.exp(-Math.abs(w));
  const [small, large] = [e / (1 + e), 1 / (1 + e)];
  return w > 0 ? [large, small] : [small, large];
}

function startLogit(q: number, a: number, b: number): number {
  if (a + b < 1e6 && q >= 1e-8 && q <= 1 - 1e-8) {
    const x = jStat.beta.inv(q, a, b);
    if (x > 0 && x < 1) return Math.log(x / (1 - x));
  }
  return Math.log(a / b);
}

export interface BetaTailsResult {
  readonly cdf: number | null;
  readonly sf: number | null;
  readonly logcdf: number | null;
  readonly logsf: number | null;
  readonly status: Status;
}

/** `dist.beta.tails`: P(X ≤ x) and P(X > x) of Beta(a, b), 0 ≤ x ≤ 1, a, b > 0 up to 1e9. */
export function betaTails(input: {
  readonly x: number;
  readonly a: number;
  readonly b: number;
}): BetaTailsResult {
  const { x, a, b } = input;
  if (!allFinite(x, a, b) || x < 0 || x > 1 || a <= 0 || b <= 0) {
    return { cdf: null, sf: null, logcdf: null, logsf: null, status: "invalid_parameter" };
  }
  if (a + b > MAX_SHAPE) return { cdf: null, sf: null, logcdf: null, logsf: null, status: "too_large" };
  const { logCdf, logSf } = logBetaTails(x, 1 - x, a, b);
  return { cdf: Math.exp(logCdf), sf: Math.exp(logSf), logcdf: logCdf, logsf: logSf, status: "ok" };
}

/** `dist.beta.ppf`: the q-quantile of Beta(a, b); 0 and 1 map to the ends of the support. */
export function betaPpf(input: { readonly q: number; readonly a: number; readonly b: number }): {
  x: number | null;
  status: Status;
} {
  const { q, a, b } = input;
  if (!allFinite(q, a, b) || q < 0 || q > 1 || a <= 0 || b <= 0)
    return { x: null, status: "invalid_parameter" };
  if (a + b > MAX_SHAPE) return { x: null, status: "too_large" };
  if (q === 0 || q === 1) return { x: q, status: "ok" };
  return { x: betaQuantile(q, a, b).x, status: "ok" };
}
