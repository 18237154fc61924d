import { addDays } from "@lifecycle/contracts";
import { meanSampleSize, proportionSampleSize } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import { armValue, valueVariance } from "./arm-value.ts";
import type { Definition } from "./definition.ts";

/** The smallest effect worth having on a metric, in its own unit; null when a relative one has nothing to be relative to. */
export function wantedEffect(definition: Definition, control: ArmMetric): number | null {
  const size = definition.metrics?.[control.metric]?.mde ?? definition.mde;
  if (size.kind === "absolute") return size.value;
  const value = armValue(control);
  return value === null || value === 0 ? null : Math.abs(value) * size.value;
}

/**
 * Units that every arm needs for 80 % power on the wanted effect, at the critical value that decides (looks and arms included).
 * Null when it cannot be told.
 */
export function neededPerArm(control: ArmMetric, wanted: number | null, critical: number): number | null {
  if (wanted === null || !(wanted > 0)) return null;
  if (control.kind === "proportion") {
    const p1 = armValue(control);
    if (p1 === null) return null;
    const p2 = p1 + wanted <= 1 ? p1 + wanted : p1 - wanted;
    return proportionSampleSize({ p1, p2, critical }).ncCeil;
  }
  const variance = valueVariance(control);
  if (variance === null) return null;
  const sd = Math.sqrt(variance * control.n!);
  return meanSampleSize({ sdC: sd, sdT: sd, delta: wanted, critical }).ncCeil;
}

export interface Pace {
  readonly units: number;
  readonly firstDate: string | null;
  readonly lastDate: string | null;
  readonly asOf: string | null;
}

/** The day on which so many more units will have come at the pace so far; null when nobody comes any more, or not within two years. */
export function dayOfUnits(pace: Pace, missing: number): string | null {
  const { units, firstDate, lastDate } = pace;
  const today = pace.asOf ?? lastDate;
  if (!firstDate || !lastDate || !today || units <= 0) return null;
  const days = (Date.parse(lastDate) - Date.parse(firstDate)) / 86_400_000 + 1;
  const wait = Math.ceil(missing / (units / days));
  return wait > 730 ? null : addDays(today, Math.max(1, wait));
}
