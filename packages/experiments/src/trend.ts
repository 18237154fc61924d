import { effectTrend, isNovelty, toMoments } from "@lifecycle/stats";
import type { ArmDay } from "./arm-day.ts";

/** Days with fewer units in an arm say too little. */
const UNITS_PER_DAY = 100;
const MS_PER_DAY = 86_400_000;

interface Trend {
  /** Change of the effect per day, in the metric's own unit. */
  readonly trend_slope: number | null;
  readonly trend_p: number | null;
  readonly novelty: boolean | null;
}

/**
 * How a treatment's effect moved from day to day, by the days of one metric: those of the first exposure, or on which Braze counted. For
 * rates and, where single units are known, means; null with fewer than 7 days of at least 100 units in both arms.
 */
export function trendOf(days: readonly ArmDay[], controlId: string, armId: string): Trend {
  const control = new Map(days.filter((day) => day.armId === controlId).map((day) => [day.date, day]));
  const points = days.flatMap((day) => {
    const base = control.get(day.date);
    if (day.armId !== armId || !base || Math.min(base.n, day.n) < UNITS_PER_DAY) return [];
    const [c, t] = [dayValue(base), dayValue(day)];
    if (!c || !t || c.variance + t.variance <= 0) return [];
    const x = Date.parse(day.date) / MS_PER_DAY;
    return [{ x, estimate: t.value - c.value, se: Math.sqrt(c.variance + t.variance) }];
  });
  if (points.length < 7) return { trend_slope: null, trend_p: null, novelty: null };
  const { slope, p } = effectTrend({ points });
  return { trend_slope: slope, trend_p: p, novelty: isNovelty(points) };
}

/** Rate or mean of a day with the variance of it; undefined where the spread is not known. */
function dayValue({ n, x, valueSum, valueSumsq }: ArmDay): { value: number; variance: number } | undefined {
  if (x !== null) return { value: x / n, variance: ((x / n) * (1 - x / n)) / n };
  if (valueSum === null || valueSumsq === null) return undefined;
  const moments = toMoments({ n, sum: valueSum, sumsq: valueSumsq });
  return typeof moments === "string" ? undefined : { value: moments.mean, variance: moments.variance / n };
}
