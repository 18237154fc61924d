import type { CalendarDate } from "@lifecycle/contracts";

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
/** BigQuery's NUMERIC: 29 digits before the point, 9 after. */
const WHOLE_DIGITS = 29;
const DECIMALS = 9;

/** A whole number that JavaScript holds exactly, from a number or its text; undefined for anything else. */
export function toWhole(value: unknown): number | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  if (typeof value === "string" && !/^\s*[+-]?\d+(\.0*)?\s*$/.test(value)) return undefined;
  const number = Number(value);
  // `+ 0` makes -0 an ordinary zero.
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

/**
 * A number or its text as plain decimal text of at most nine decimals, rounded half away from zero: `20.1`, `-3`, `0`.
 * A JSON number is taken at its shortest text, which is what the sender wrote. Undefined when it is none or too large.
 */
export function toDecimal(value: unknown): string | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const match = DECIMAL.exec(String(value).trim());
  if (!match) return undefined;
  const [, sign, whole = "", part = "", exponent = "0"] = match;
  if (whole + part === "") return undefined;
  const shifted = shift(whole, part, Number(exponent));
  if (!shifted) return undefined;
  const digits = rounded(shifted.whole, shifted.part);
  if (digits.whole.length > WHOLE_DIGITS) return undefined;
  const plain = digits.part === "" ? digits.whole : `${digits.whole}.${digits.part}`;
  return sign === "-" && /[1-9]/.test(plain) ? `-${plain}` : plain;
}

function shift(whole: string, part: string, by: number): { whole: string; part: string } | undefined {
  if (Math.abs(by) > 400) return undefined;
  const digits = by >= 0 ? whole + part.padEnd(by, "0") : whole.padStart(-by, "0") + part;
  const point = by >= 0 ? whole.length + by : Math.max(whole.length, -by) + by;
  return { whole: digits.slice(0, point), part: digits.slice(point) };
}

function rounded(whole: string, part: string): { whole: string; part: string } {
  const kept = BigInt(whole + part.slice(0, DECIMALS).padEnd(DECIMALS, "0") || "0");
  const up = (part[DECIMALS] ?? "0") >= "5" ? 1n : 0n;
  const digits = String(kept + up).padStart(DECIMALS + 1, "0");
  return { whole: digits.slice(0, -DECIMALS), part: digits.slice(-DECIMALS).replace(/0+$/, "") };
}

const INSTANT =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|UTC|[+-]\d{1,2}:?\d{2})?)?$/i;

/** ISO text in UTC of an instant as Braze writes it: with an offset, with `UTC`, with none (then UTC), or a bare day. */
export function toInstant(value: unknown): string | undefined {
  const match = typeof value === "string" ? INSTANT.exec(value.trim()) : null;
  if (!match) return undefined;
  const [, date = "", time = "00:00:00", zone = "Z"] = match;
  if (toDate(date) === undefined) return undefined;
  const ms = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}${toOffset(zone)}`);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

function toOffset(zone: string): string {
  const match = /^([+-])(\d{1,2}):?(\d{2})$/.exec(zone);
  return match ? `${match[1]}${match[2]!.padStart(2, "0")}:${match[3]}` : "Z";
}

/** Days seen: the same few hundred come again with every object. */
const days = new Set<string>();
const MOST_DAYS = 10_000;

/** The day of a series row: `YYYY-MM-DD`, alone or before a time; undefined when there is no such day. */
export function toDate(value: unknown): CalendarDate | undefined {
  if (typeof value !== "string") return undefined;
  if (days.has(value)) return value;
  const date = /^(\d{4})-(\d{2})-(\d{2})(?=$|[T ])/.exec(value)?.[0];
  if (date === undefined) return undefined;
  const parsed = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(parsed.getTime()) || !parsed.toISOString().startsWith(date)) return undefined;
  if (days.size < MOST_DAYS) days.add(date);
  return date;
}
