import { designEffect } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import type { Definition } from "./definition.ts";

/** What an arm's counting is known by. */
type Counted = Pick<ArmMetric, "dataGrade" | "unitDays">;

/**
 * By how much counts of an experiment spread more than counts of as many people; 1 where each person counts once, null where nobody
 * can say and no test may be made. Braze counts people per day: where nothing else is known the same people may have come on every
 * one of `d` days and done the same each time, which makes the variance `d` times as large and never more (one count per person and day).
 */
export function spreadOf(definition: Definition, arms: readonly Counted[]): number | null {
  const days = daysCounted(arms);
  if (arms[0]?.dataGrade !== "rest_totals" || definition.repeat_sends === "no") return 1;
  if (definition.repeats) {
    const { mean, cv, icc } = definition.repeats;
    return designEffect({ meanCluster: mean, cvCluster: cv, icc }).deff;
  }
  if (definition.repeat_sends === "yes") return null;
  return Math.max(1, days);
}

/** Days on which an arm's people were counted. */
export const daysCounted = (arms: readonly Counted[]) =>
  Math.max(0, ...arms.map(({ unitDays }) => unitDays ?? 0));
