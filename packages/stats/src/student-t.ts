import jStat from "jstat";
import { logBetaTails } from "./beta.ts";
import { log1mExp } from "./log-space.ts";
import { logNormSf, normIsfLog, type Tail } from "./normal.ts";
import { findDecreasingRoot } from "./roots.ts";
import { type Alternative, isFiniteNumber, type Status } from "./status.ts";

/** From here on the normal expansion of Hill (1970, CACM algorithm 395) is exact to 2e-13 in the log. */
const NORMAL_FROM_DF = 1e5;

/** ln P(|T| > t) with df degrees of freedom (any positive number, also fractional or infinite). */
export function logTTwoSided(t: number, df: number): number {
  const t2 = t * t;
  if (df > NORMAL_FROM_DF) return Math.min(0, Math.LN2 + logNormSf(hillDeviate(t, df)));
  const ratio = t2 / df;
  const y = ratio === Number.POSITIVE_INFINITY ? 1 : ratio / (1 + ratio);
  return logBetaTails(1 / (1 + ratio), y, df / 2, 0.5).logCdf;
}

function hillDeviate(t: number, df: number): number {
  if (df === Number.POSITIVE_INFINITY) return Math.abs(t);
  const a = df - 0.5;
  const b = 48 * a * a;
  const z2 = a * Math.log1p((t * t) / df);
  const z = Math.sqrt(z2);
  const cubic = ((z2 + 3) * z) / b;
  const rest = ((4 * z2 ** 3 + 33 * z2 ** 2 + 240 * z2 + 855) * z) / (10 * b * (b + 0.8 * z2 ** 2 + 100));
  return z + cubic - rest;
}

/** ln P(T > t). */
export function logTSf(t: number, df: number): number {
  const upper = logTTwoSided(t, df) - Math.LN2;
  return t >= 0 ? upper : log1mExp(upper);
}

/** ln p of a t statistic under the alternative. */
export function logPFromT(t: number, df: number, alternative: Alternative = "two-sided"): number {
  if (alternative === "greater") return logTSf(t, df);
  if (alternative === "less") return logTSf(-t, df);
  return logTTwoSided(t, df);
}

/** The t with P(T > t) = p, solved on the log tail in asinh(t), where it is smooth both near 0 and far out. */
export function tIsf(p: number, df: number): number {
  if (p > 0.5) return -tIsf(1 - p, df);
  if (p === 0.5) return 0;
  const logp = Math.log(p);
  const trusted = df <= 1e6 && df >= 1 && p >= 1e-6;
  const guess = Math.asinh(trusted ? -jStat.studentt.inv(p, df) : normIsfLog(logp));
  return Math.sinh(findDecreasingRoot((s) => logTSf(Math.sinh(s), df) - logp, guess, 1e-6, 0));
}

/** Critical value of a t test at `alpha`. */
export function tCritical(alpha: number, df: number, alternative: Alternative = "two-sided"): number {
  return tIsf(alternative === "two-sided" ? alpha / 2 : alpha, df);
}

/** `dist.t.sf`: upper tail of Student's t; df > 0. */
export function tTail(input: { readonly t: number; readonly df: number }): Tail {
  const { t, df } = input;
  if (!isFiniteNumber(t) || !isFiniteNumber(df)) return { p: null, logp: null, status: "non_finite" };
  if (df <= 0) return { p: null, logp: null, status: "invalid_parameter" };
  const logp = logTSf(t, df);
  return { p: Math.exp(logp), logp, status: "ok" };
}

/** `dist.t.isf`: the t whose upper tail is p, 0 < p < 1, df > 0. */
export function tQuantile(input: { readonly p: number; readonly df: number }): {
  t: number | null;
  status: Status;
} {
  const { p, df } = input;
  const fits = isFiniteNumber(p) && isFiniteNumber(df) && p > 0 && p < 1 && df > 0;
  return fits ? { t: tIsf(p, df), status: "ok" } : { t: null, status: "invalid_parameter" };
}
