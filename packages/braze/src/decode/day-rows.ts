import { addDays } from "@lifecycle/contracts";
import type { RowContext } from "../resource.ts";
import { isObject, type RowSink } from "./row-sink.ts";
import { toDate, toInstant } from "./values.ts";

/**
 * Walks the day rows of a series: `each` gets those of the window with their day, in the company time zone. A row whose day
 * cannot be read is rejected; one outside the window is counted; days that are absent are noted.
 */
export function eachDay(
  sink: RowSink,
  target: string,
  days: readonly unknown[],
  { window, today }: RowContext,
  each: (day: Record<string, unknown>, date: string) => void,
): void {
  const seen = new Set<string>();
  for (const day of days) {
    const date = isObject(day) ? toDate(day.time) : undefined;
    if (!isObject(day) || date === undefined) sink.reject(target, "time: expected a day as YYYY-MM-DD", day);
    else if (window && (date < window.from || date >= window.until)) sink.outsideWindow();
    else {
      seen.add(date);
      each(day, date);
    }
  }
  if (window) sink.missing(absentDays(seen, window.from, window.until, today));
}

/** The same for a series by the hour: `each` also gets the instant at which the hour begins, in UTC. */
export function eachHour(
  sink: RowSink,
  target: string,
  hours: readonly unknown[],
  context: RowContext,
  each: (hour: Record<string, unknown>, at: string, date: string) => void,
): void {
  eachDay(sink, target, hours, context, (hour, date) => {
    const at = toInstant(hour.time);
    if (at === undefined) sink.reject(target, "time: expected an hour", hour);
    else each(hour, at, date);
  });
}

function absentDays(seen: ReadonlySet<string>, from: string, until: string, today: string): string[] {
  const absent: string[] = [];
  for (let date = from; date < until && date <= today; date = addDays(date, 1))
    if (!seen.has(date)) absent.push(date);
  return absent;
}
