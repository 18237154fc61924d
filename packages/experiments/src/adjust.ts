import { dunnett, normIsfLog } from "@lifecycle/stats";
import type { Comparison } from "./compare.ts";

type Estimated = Extract<Comparison, { kind: "estimated" }>;

export interface Adjustment {
  adjustedP: number | null;
  adjustment: "dunnett" | "none";
}

/**
 * p-values of several treatments against one control, corrected for being several (Dunnett 1955). Each test keeps its own
 * statistic: its p is turned into the normal deviate of the same rarity, and the arms' variances give the correlation.
 */
export function adjustForArms(comparisons: readonly Estimated[]): Adjustment[] {
  if (comparisons.length < 2) return comparisons.map(({ p }) => ({ adjustedP: p, adjustment: "none" }));
  const vc = Math.max(...comparisons.map(({ variances }) => variances.control));
  const vt = comparisons.map(({ variances }) => variances.treatment);
  const diffs = comparisons.map((comparison, i) => equivalentZ(comparison) * Math.sqrt(vc + vt[i]!));
  const { adjustedP } = dunnett({ vc, vt, diffs });
  return comparisons.map((_, i) => ({ adjustedP: adjustedP[i] ?? null, adjustment: "dunnett" }));
}

/** The normal deviate with this two-sided p and the effect's sign. */
function equivalentZ({ logp, effect }: Estimated): number {
  const z = logp >= 0 ? 0 : normIsfLog(logp - Math.LN2);
  return effect < 0 ? -z : z;
}
