import { logNormSf, normIsfLog, normPdf, normSf } from "./normal.ts";
import { findDecreasingRoot } from "./roots.ts";
import { isFiniteNumber, isLevel, type Status } from "./status.ts";

/** Beyond this many different correlations they are put into as many bins: 5e-7 off in the critical value, see the bench. */
const MAX_GROUPS = 128;
/** A control so noisy that 1 − λ² falls below this is treated as slightly less correlated, which is conservative. */
const MIN_SPREAD = 0.005;
/** Beyond this |z| the family's p-value is the Bonferroni sum: p is below 1e-290, and exact integrals underflow. */
const BONFERRONI_FROM = 36;

interface Group {
  readonly lambda: number;
  readonly spread: number;
  readonly count: number;
}

function groupCorrelations(lambdas: readonly number[]): Group[] {
  const sorted = lambdas.toSorted((a, b) => a - b);
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  const distinct = sorted.filter((lambda, i) => i === 0 || lambda - sorted[i - 1]! > 1e-12).length;
  const width = distinct <= MAX_GROUPS ? 1e-12 : (high - low) / MAX_GROUPS;
  const groups: { sum: number; count: number; from: number }[] = [];
  for (const lambda of sorted) {
    const last = groups.at(-1);
    if (last && lambda - last.from <= width) {
      last.sum += lambda;
      last.count++;
    } else groups.push({ sum: lambda, count: 1, from: lambda });
  }
  return groups.map(({ sum, count }) => {
    const spread = Math.max(MIN_SPREAD, Math.sqrt(Math.max(0, 1 - (sum / count) ** 2)));
    return { lambda: Math.sqrt(1 - spread * spread), spread, count };
  });
}

/**
 * ln P(max|Z_i| ≥ q) for z statistics that share one control, λ_i = √(v_c/(v_c + v_i)) (Dunnett 1955). The integrand is
 * even and as smooth as the smallest √(1 − λ²), so that the trapezoid rule on half the line reaches full accuracy.
 */
export function dunnettLogTail(lambdas: readonly number[]): (q: number) => number {
  const groups = groupCorrelations(lambdas);
  const narrow = Math.min(...groups.map((group) => group.spread));
  const wide = Math.max(...groups.map((group) => group.lambda));
  const step = Math.min(0.25, narrow / 3);
  return (q) => {
    if (q <= 0) return 0;
    if (q > BONFERRONI_FROM) return Math.min(0, Math.log(lambdas.length) + Math.LN2 + logNormSf(q));
    let total = 0;
    const end = Math.min(38, Math.max(9, wide * q + 9));
    for (let u = 0; u <= end; u += step) {
      const any = -Math.expm1(logNone(groups, q, u));
      total += (u === 0 ? 1 : 2) * normPdf(u) * any;
    }
    return Math.min(0, Math.log(total * step));
  };
}

function logNone(groups: readonly Group[], q: number, u: number): number {
  let sum = 0;
  for (const { lambda, spread, count } of groups) {
    const out = normSf((q - lambda * u) / spread) + normSf((q + lambda * u) / spread);
    sum += count * Math.log1p(-Math.min(1, out));
  }
  return sum;
}

/** The q with P(max|Z_i| ≥ q) = α: between one comparison's critical value and Bonferroni's. */
export function dunnettCritical(logTail: (q: number) => number, comparisons: number, alpha: number): number {
  const [single, bonferroni] = [
    normIsfLog(Math.log(alpha / 2)),
    normIsfLog(Math.log(alpha / 2 / comparisons)),
  ];
  if (comparisons === 1) return single;
  return findDecreasingRoot((q) => logTail(q) - Math.log(alpha), bonferroni, 0.05, single, bonferroni);
}

export interface DunnettInput {
  /** Variance of the control's mean (or rate, or ratio): v = s²/n. */
  readonly vc: number;
  /** Variance of each treatment's mean. */
  readonly vt: readonly number[];
  /** Treatment minus control; null leaves the family. */
  readonly diffs: readonly (number | null)[];
  readonly alpha?: number | undefined;
}

export interface DunnettResult {
  readonly z: (number | null)[];
  /** Simultaneous critical value of the family; null when nothing can be compared. */
  readonly critical: number | null;
  readonly adjustedP: (number | null)[];
  readonly adjustedLogP: (number | null)[];
  readonly lower: (number | null)[];
  readonly upper: (number | null)[];
  readonly status: Status;
}

/**
 * `multi.dunnett`: all treatments against one control, one metric: adjusted p and simultaneous intervals (1 − α for all
 * together), normal theory. 1,000 arms take milliseconds. A null difference or a pair without variance stays null.
 */
export function dunnett(input: DunnettInput): DunnettResult {
  const { vc, vt, diffs, alpha = 0.05 } = input;
  const none = diffs.map(() => null);
  const empty = { z: none, critical: null, adjustedP: none, adjustedLogP: none, lower: none, upper: none };
  if (!isLevel(alpha)) return { ...empty, status: "invalid_alpha" };
  if (!isFiniteNumber(vc) || vc < 0 || vt.length !== diffs.length)
    return { ...empty, status: "invalid_parameter" };
  const usable = diffs.map(
    (d, i) => isFiniteNumber(d) && isFiniteNumber(vt[i]) && vt[i] >= 0 && vc + vt[i] > 0,
  );
  const lambdas = vt.filter((_, i) => usable[i]).map((v) => Math.sqrt(vc / (vc + v)));
  if (lambdas.length === 0) return { ...empty, status: "zero_variance" };
  const logTail = dunnettLogTail(lambdas);
  const critical = dunnettCritical(logTail, lambdas.length, alpha);
  const each = diffs.map((diff, i) => (usable[i] ? { diff: diff!, se: Math.sqrt(vc + vt[i]!) } : null));
  const z = each.map((arm) => arm && arm.diff / arm.se);
  const adjustedLogP = z.map((value) => (value === null ? null : logTail(Math.abs(value))));
  return {
    z,
    critical,
    adjustedP: adjustedLogP.map((logp) => (logp === null ? null : Math.exp(logp))),
    adjustedLogP,
    lower: each.map((arm) => arm && arm.diff - critical * arm.se),
    upper: each.map((arm) => arm && arm.diff + critical * arm.se),
    status: "ok",
  };
}
