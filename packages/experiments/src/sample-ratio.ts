import { srmChi2 } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import type { SrmOutcome } from "./notes.ts";

/** Fabijan et al. 2019 and most engines: rarer than one in a thousand is a broken allocation, not chance. */
const SRM_THRESHOLD = 0.001;

/**
 * Do the units seen fit the planned shares? Campaign totals count recipients, not assignments, so they are never checked; nor is
 * anything without planned shares for every arm (equal shares are not assumed).
 */
export function sampleRatio(
  arms: readonly ArmMetric[],
  shares: Readonly<Record<string, number>> | undefined,
): SrmOutcome {
  const weights = arms.map((arm) => shares?.[arm.armId] ?? shares?.[arm.armName ?? ""]);
  const planned = weights.filter((weight) => weight !== undefined);
  if (planned.length < arms.length || arms.some(({ source }) => source === "campaign"))
    return "weights_unknown";
  const observed = arms.map(({ n }) => n ?? 0);
  const test = srmChi2({ observed, weights: planned });
  if (test.p === null) return "not_enough_data";
  return test.p < SRM_THRESHOLD ? "srm_failed" : "ok";
}
