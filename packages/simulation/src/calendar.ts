const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Days as whole numbers: 0 is 1970-01-01 *in the calendar's own time zone*. */
export interface Calendar {
  readonly timeZone: string;
  /** The instant, in epoch milliseconds, at which a local day begins. */
  startOf(day: number): number;
  /** The local day in which an instant falls. */
  dayOf(instantMs: number): number;
  /** How many days after `day` the instant lies that is `minutes` real minutes after that day's beginning. */
  daysLater(day: number, minutes: number): number;
  /** Real minutes in a local day: 1440, or 1380 and 1500 when clocks change. */
  minutesIn(day: number): number;
  /** Offset from UTC at an instant, in minutes, positive east of Greenwich. */
  offsetMinutes(instantMs: number): number;
}

/** A company calendar in an IANA time zone. Throws a RangeError for an unknown zone. */
export function createCalendar(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const starts = new Map<number, number>();

  const startOf = (day: number): number => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    const local = day * DAY_MS;
    let start = local - offsetMs(format, local);
    start = local - offsetMs(format, start);
    starts.set(day, start);
    return start;
  };
  const settle = (guess: number, instantMs: number): number => {
    let day = guess;
    while (startOf(day + 1) <= instantMs) day++;
    while (startOf(day) > instantMs) day--;
    return day;
  };
  return {
    timeZone,
    startOf,
    dayOf: (instantMs) => settle(Math.floor(instantMs / DAY_MS), instantMs),
    daysLater: (day, minutes) =>
      settle(day + Math.floor(minutes / 1440), startOf(day) + minutes * MINUTE_MS) - day,
    minutesIn: (day) => (startOf(day + 1) - startOf(day)) / MINUTE_MS,
    offsetMinutes: (instantMs) => offsetMs(format, instantMs) / MINUTE_MS,
  };
}

/** Offset of the zone from UTC at an instant, positive east of Greenwich. */
function offsetMs(format: Intl.DateTimeFormat, instantMs: number): number {
  const name = format.formatToParts(instantMs).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const match = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(name);
  if (!match?.[1]) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return (match[1] === "-" ? -1 : 1) * seconds * 1000;
}

/** `YYYY-MM-DD` of a day number. */
export function dateText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day number of `YYYY-MM-DD`; NaN for anything else. */
export function dayNumber(date: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) / DAY_MS : Number.NaN;
}
