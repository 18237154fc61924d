import { z } from "zod";

/** A calendar day, `YYYY-MM-DD`, in the zone its context states. */
export const CalendarDate = z.string().refine(isRealDay, "expected a day as YYYY-MM-DD");
export type CalendarDate = z.infer<typeof CalendarDate>;

/** Half-open days [from, until) in the source's zone. */
export const DayWindow = z
  .object({ from: CalendarDate, until: CalendarDate })
  .refine((window) => window.from < window.until, "`from` must lie before `until`");
export type DayWindow = z.infer<typeof DayWindow>;

/** What a run covers: days, or `all` for a source that has no time. */
export const RunWindow = z.union([DayWindow, z.literal("all")]);
export type RunWindow = z.infer<typeof RunWindow>;

const DAY_MS = 86_400_000;

function isRealDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
}

/** `date` moved by whole days. */
export function addDays(date: CalendarDate, days: number): CalendarDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Whole days from `from` to `until`. */
export function daysBetween(from: CalendarDate, until: CalendarDate): number {
  return Math.round((Date.parse(`${until}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** The first day that is still kept on `today` where `days` of them are, today included. */
export function firstKeptDay(today: CalendarDate, days: number): CalendarDate {
  return addDays(today, 1 - days);
}

/** `20260101-20260411`, or `all`: the window as it stands in an id. */
export function windowKey(window: RunWindow): string {
  if (window === "all") return "all";
  return `${window.from.replaceAll("-", "")}-${window.until.replaceAll("-", "")}`;
}

/** Reads what `windowKey` wrote; undefined for anything else. */
export function parseWindowKey(key: string): RunWindow | undefined {
  if (key === "all") return "all";
  const match = /^(\d{4})(\d{2})(\d{2})-(\d{4})(\d{2})(\d{2})$/.exec(key);
  if (!match) return undefined;
  const [, y1, m1, d1, y2, m2, d2] = match;
  return { from: `${y1}-${m1}-${d1}`, until: `${y2}-${m2}-${d2}` };
}

/** The fewest consecutive windows of at most `maxDays` days that cover `window`. */
export function splitWindow(window: DayWindow, maxDays: number): DayWindow[] {
  const parts: DayWindow[] = [];
  for (let from = window.from; from < window.until; from = addDays(from, maxDays)) {
    const until = addDays(from, maxDays);
    parts.push({ from, until: until < window.until ? until : window.until });
  }
  return parts;
}

/** Making one takes longer than all else around it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** The day on which an instant falls in an IANA time zone. */
export function dateInZone(instant: Date, timeZone: string): CalendarDate {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
  formats.set(timeZone, format);
  return format.format(instant);
}

export type DataState = "open" | "settling" | "closed";

/**
 * Whether a day's numbers can still change: `open` while the day runs (or lies ahead), `settling` while the source may
 * restate it, `closed` after. `today` is the day at the source, in the source's zone.
 */
export function dataState(date: CalendarDate, today: CalendarDate, lookbackDays: number): DataState {
  if (date >= today) return "open";
  // Every row asks, and the rows of an answer ask the same.
  if (latest.today !== today || latest.lookbackDays !== lookbackDays)
    latest = { today, lookbackDays, settlingFrom: addDays(today, -lookbackDays) };
  return date >= latest.settlingFrom ? "settling" : "closed";
}

let latest = { today: "", lookbackDays: 0, settlingFrom: "" };
