import jStat from "jstat";
import { LN_SQRT_2PI, log1mExp } from "./log-space.ts";
import { type Alternative, isFiniteNumber, type Status } from "./status.ts";

// Rational approximations of erf and erfc in three ranges, relative error below 1.2e-16 each (Cody 1969, Math. Comp. 23).
const ERF_P = [
  0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694,
];
const ERF_Q = [1.0, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
const MID_P = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
  881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const MID_Q = [
  1.0, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const FAR_P = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const FAR_Q = [
  1.0, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];

function rational(p: readonly number[], q: readonly number[], x: number): number {
  let [top, bottom] = [p[0]!, q[0]!];
  for (let i = 1; i < p.length; i++) {
    top = top * x + p[i]!;
    bottom = bottom * x + q[i]!;
  }
  return top / bottom;
}

/** erfc(x)·exp(x²) for x > 0.46875 */
function scaledErfc(x: number): number {
  if (x <= 4) return rational(MID_P, MID_Q, x);
  const y = 1 / (x * x);
  return (1 / Math.sqrt(Math.PI) - y * rational(FAR_P, FAR_Q, y)) / x;
}

/** Upper tail P(Z > z) of the standard normal, relative error about 1e-15 times z²; underflows to 0 beyond z ≈ 38. */
export function normSf(z: number): number {
  const x = Math.abs(z) * Math.SQRT1_2;
  if (x <= 0.46875) return 0.5 - 0.5 * z * Math.SQRT1_2 * rational(ERF_P, ERF_Q, x * x);
  const tail = 0.5 * Math.exp(-0.5 * z * z) * scaledErfc(x);
  return z > 0 ? tail : 1 - tail;
}

/** ln P(Z > z), finite for any finite z. */
export function logNormSf(z: number): number {
  if (z < -1) return Math.log1p(-normSf(-z));
  const x = z * Math.SQRT1_2;
  if (x <= 0.46875) return Math.log(normSf(z));
  if (z === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  return -0.5 * z * z - Math.LN2 + Math.log(scaledErfc(x));
}

/** Density of the standard normal. */
export function normPdf(z: number): number {
  return Math.exp(-0.5 * z * z - LN_SQRT_2PI);
}

/** The z with ln P(Z > z) = logp: Newton on the log tail, from jStat where jStat is good enough to start from. */
export function normIsfLog(logp: number): number {
  if (logp >= 0) return Number.NEGATIVE_INFINITY;
  if (logp === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (logp > -Math.LN2) return -normIsfLog(log1mExp(logp));
  let z =
    logp > Math.log(1e-8)
      ? -jStat.normal.inv(Math.exp(logp), 0, 1)
      : Math.sqrt(-2 * logp - 2 * LN_SQRT_2PI - Math.log(-2 * logp));
  for (let step = 0; step < 20; step++) {
    const logSf = logNormSf(z);
    const move = (logSf - logp) / Math.exp(-0.5 * z * z - LN_SQRT_2PI - logSf);
    z += move;
    if (Math.abs(move) <= 4e-16 * Math.abs(z)) break;
  }
  return z;
}

/** Upper-tail quantile: the z with P(Z > z) = p, for 0 < p < 1. */
export function normIsf(p: number): number {
  return p > 0.5 ? -normIsfLog(Math.log1p(-p)) : normIsfLog(Math.log(p));
}

/** Critical value of a test at `alpha`: z_{α/2} for two sides, z_α for one. */
export function normCritical(alpha: number, alternative: Alternative = "two-sided"): number {
  return normIsf(alternative === "two-sided" ? alpha / 2 : alpha);
}

/** ln p of a z statistic under the alternative; exact in logs where p itself underflows. */
export function logPFromZ(z: number, alternative: Alternative = "two-sided"): number {
  if (alternative === "greater") return logNormSf(z);
  if (alternative === "less") return logNormSf(-z);
  return Math.min(0, Math.LN2 + logNormSf(Math.abs(z)));
}

/** A tail probability and its natural log; `p` may underflow to 0, `logp` does not. */
export interface Tail {
  readonly p: number | null;
  readonly logp: number | null;
  readonly status: Status;
}

/** `dist.normal.sf`: upper tail of the standard normal at z. */
export function normalTail(input: { readonly z: number }): Tail {
  if (!isFiniteNumber(input.z)) return { p: null, logp: null, status: "non_finite" };
  return { p: normSf(input.z), logp: logNormSf(input.z), status: "ok" };
}

/** `dist.normal.isf`: the z whose upper tail is p; not estimable outside 0 < p < 1. */
export function normalQuantile(input: { readonly p: number }): { z: number | null; status: Status } {
  const { p } = input;
  if (!isFiniteNumber(p) || p <= 0 || p >= 1) return { z: null, status: "invalid_parameter" };
  return { z: normIsf(p), status: "ok" };
}
