/** Summaries of single days. What can still change is kept for one instant only. */
export interface DayCache<T> {
  get(objectKey: string, day: number, settledAfterDays: number, nowMs: number, make: () => T): T;
}

/** Keeps at most `most` summaries; the oldest made go first. */
export function createDayCache<T>(most: number, dayOf: (ms: number) => number): DayCache<T> {
  const kept = new Map<string, { madeAt: number; settled: boolean; value: T }>();
  return {
    get(objectKey, day, settledAfterDays, nowMs, make) {
      const name = `${objectKey}/${day}`;
      const known = kept.get(name);
      const settled = dayOf(nowMs) > day + settledAfterDays;
      if (known && (known.madeAt === nowMs || (known.settled && settled))) return known.value;
      const value = make();
      kept.delete(name);
      kept.set(name, { madeAt: nowMs, settled, value });
      if (kept.size > most) kept.delete(kept.keys().next().value!);
      return value;
    },
  };
}
