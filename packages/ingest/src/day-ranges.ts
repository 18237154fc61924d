import { addDays, type CalendarDate, type DayWindow, daysBetween } from "@lifecycle/contracts";

/** Half-open days, ascending, apart from each other. */
export type DayRanges = readonly (readonly [from: CalendarDate, until: CalendarDate])[];

/** All days of both. */
export function unionOf(a: DayRanges, b: DayRanges): [CalendarDate, CalendarDate][] {
  const merged: [CalendarDate, CalendarDate][] = [];
  for (const [from, until] of [...a, ...b].toSorted(([x], [y]) => (x < y ? -1 : Number(x > y)))) {
    if (from >= until) continue;
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = last[1] > until ? last[1] : until;
    else merged.push([from, until]);
  }
  return merged;
}

/** Days of `a` that `b` does not have. */
export function without(a: DayRanges, b: DayRanges): [CalendarDate, CalendarDate][] {
  let rest = unionOf(a, []);
  for (const [from, until] of b)
    rest = rest.flatMap(([start, end]) =>
      (
        [
          [start, end < from ? end : from],
          [start > until ? start : until, end],
        ] as [CalendarDate, CalendarDate][]
      ).filter(([first, last]) => first < last),
    );
  return rest;
}

export function countDays(ranges: DayRanges): number {
  return ranges.reduce((sum, [from, until]) => sum + daysBetween(from, until), 0);
}

/**
 * The fewest windows of at most `maxDays` days that hold every wanted day; among those, the ones with the fewest days that
 * nobody wanted. Gaps are bridged only where that saves a call. Full windows come first, as `splitWindow` cuts them.
 */
export function fewestWindows(wanted: DayRanges, maxDays: number): DayWindow[] {
  const first = wanted[0]?.[0];
  if (first === undefined) return [];
  const days = unionOf(wanted, []).flatMap(([from, until]) =>
    Array.from({ length: daysBetween(from, until) }, (_, i) => daysBetween(first, from) + i),
  );
  // From the back: the best way to cover days[i …], as calls, days asked, and the last day of its first window.
  const calls = new Array<number>(days.length + 1).fill(0);
  const asked = new Array<number>(days.length + 1).fill(0);
  const lastOf = new Array<number>(days.length).fill(0);
  for (let i = days.length - 1; i >= 0; i--) {
    calls[i] = Number.POSITIVE_INFINITY;
    for (let j = i; j < days.length && days[j]! - days[i]! < maxDays; j++) {
      const total = days[j]! - days[i]! + 1 + asked[j + 1]!;
      if (calls[j + 1]! + 1 > calls[i]! || (calls[j + 1]! + 1 === calls[i]! && total > asked[i]!)) continue;
      calls[i] = calls[j + 1]! + 1;
      asked[i] = total;
      lastOf[i] = j;
    }
  }
  const windows: DayWindow[] = [];
  for (let i = 0; i < days.length; i = lastOf[i]! + 1)
    windows.push({ from: addDays(first, days[i]!), until: addDays(first, days[lastOf[i]!]! + 1) });
  return windows;
}
