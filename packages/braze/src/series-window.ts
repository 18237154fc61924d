import { addDays, type CalendarDate, type DayWindow, daysBetween } from "@lifecycle/contracts";

const HOUR_MS = 3_600_000;

/**
 * The parameters that ask for the days of a window: `length` days that end with the last second of its last day, in the
 * company time zone. A bare date would end the series a day early, and how Braze rounds other instants is not documented.
 */
export function windowParams(window: DayWindow, timeZone: string): Record<string, string> {
  return { length: String(daysBetween(window.from, window.until)), ending_at: endOf(window, timeZone) };
}

/** The same in hours: a day of the company time zone has 23 to 25 of them. */
export function hourParams(window: DayWindow, timeZone: string): Record<string, string> {
  const lastBefore = addDays(window.from, -1);
  const startMs = Date.parse(`${lastBefore}T23:59:59${offsetAt(lastBefore, timeZone)}`);
  const hours = Math.round((Date.parse(endOf(window, timeZone)) - startMs) / HOUR_MS);
  return { length: String(hours), ending_at: endOf(window, timeZone), unit: "hour" };
}

/** The parameters of lists by date, whose days are UTC and begin at midnight: the end is the midnight after the window. */
export function dateParams(window: DayWindow): Record<string, string> {
  return { start_date: window.from, end_date: window.until };
}

function endOf(window: DayWindow, timeZone: string): string {
  const lastDay = addDays(window.until, -1);
  return `${lastDay}T23:59:59${offsetAt(lastDay, timeZone)}`;
}

/** The zone's offset from UTC in the last second of a day: `-05:00`. */
export function offsetAt(date: CalendarDate, timeZone: string): string {
  const local = Date.parse(`${date}T23:59:59Z`);
  // Twice: the first guess may lie on the other side of a change of the clocks.
  let offsetMs = zoneOffsetMs(local, timeZone);
  offsetMs = zoneOffsetMs(local - offsetMs, timeZone);
  const minutes = Math.abs(offsetMs) / 60_000;
  const [hours, rest] = [Math.floor(minutes / 60), Math.floor(minutes % 60)];
  return `${offsetMs < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function zoneOffsetMs(atMs: number, timeZone: string): number {
  const format =
    formats.get(timeZone) ?? new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  formats.set(timeZone, format);
  const name = format.formatToParts(new Date(atMs)).find((part) => part.type === "timeZoneName")?.value ?? "";
  const match = /^GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (!match) return 0;
  const ms = (Number(match[2]) * 60 + Number(match[3])) * 60_000;
  return match[1] === "-" ? -ms : ms;
}
