import { normCritical } from "./normal.ts";
import { allFinite, isLevel, type Status } from "./status.ts";

/**
 * What an interval of a lift looks like: `bounded`; `upper-unbounded` (the control had no success); `exclusive` and
 * `unbounded` (the baseline cannot be told from 0, so no finite interval exists: show the absolute difference only).
 */
export type LiftKind = "bounded" | "upper-unbounded" | "exclusive" | "unbounded";

export interface Lift {
  /** (t − c)/|c|, as a fraction: 0.1 is plus ten percent. */
  readonly lift: number | null;
  readonly se: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly kind: LiftKind | null;
  readonly status: Status;
}

export const NO_LIFT = { lift: null, se: null, lower: null, upper: null, kind: null };

/** Two estimates with the variances of these estimates (not of the units). */
export interface EstimatePair {
  readonly mc: number;
  readonly vc: number;
  readonly mt: number;
  readonly vt: number;
}

/** Fieller's (1954) interval of mt/mc − 1, oriented so that up is positive also for a negative baseline. */
export function fiellerLift({ mc, vc, mt, vt }: EstimatePair, z: number): Lift {
  if (mc === 0) return { ...NO_LIFT, kind: "unbounded", status: "zero_baseline" };
  const ratio = mt / mc;
  const sign = Math.sign(mc);
  const lift = (mt - mc) / Math.abs(mc);
  const g = (z * z * vc) / (mc * mc);
  const inside = vt * (1 - g) + ratio * ratio * vc;
  if (g >= 1) {
    return { ...NO_LIFT, lift, kind: inside > 0 ? "exclusive" : "unbounded", status: "zero_baseline" };
  }
  const centre = ratio / (1 - g);
  const half = (z / (Math.abs(mc) * (1 - g))) * Math.sqrt(Math.max(0, inside));
  const ends = [sign * (centre - half - 1), sign * (centre + half - 1)].sort((a, b) => a - b);
  return { lift, se: null, lower: ends[0]!, upper: ends[1]!, kind: "bounded", status: "ok" };
}

/** Delta-method interval of the lift: for display where |mc|/√vc > 10. Never test with it: it rejects losses too often. */
export function deltaLift({ mc, vc, mt, vt }: EstimatePair, z: number): Lift {
  if (mc === 0) return { ...NO_LIFT, status: "zero_baseline" };
  const lift = (mt - mc) / Math.abs(mc);
  const se = Math.sqrt(vt / mc ** 2 + ((mt / mc) ** 2 * vc) / mc ** 2);
  return { lift, se, lower: lift - z * se, upper: lift + z * se, kind: "bounded", status: "ok" };
}

export type LiftMethod = "fieller" | "delta";

/** Lift of any pair of estimates; Fieller by default, with the normal critical value of `alpha`. */
export function liftOf(pair: EstimatePair, method: LiftMethod = "fieller", alpha = 0.05): Lift {
  if (!allFinite(pair.mc, pair.vc, pair.mt, pair.vt)) return { ...NO_LIFT, status: "non_finite" };
  if (pair.vc < 0 || pair.vt < 0) return { ...NO_LIFT, status: "negative_variance" };
  if (!isLevel(alpha)) return { ...NO_LIFT, status: "invalid_alpha" };
  const z = normCritical(alpha);
  if (method === "delta") return deltaLift(pair, z);
  return method === "fieller" ? fiellerLift(pair, z) : { ...NO_LIFT, status: "invalid_parameter" };
}
