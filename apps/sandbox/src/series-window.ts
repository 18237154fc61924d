import { dateText, dayNumber } from "@lifecycle/simulation";
import { ApiError } from "./api-error.ts";
import type { DayRange, Slot } from "./day-range.ts";
import type { Context } from "./endpoint.ts";
import type { Params } from "./params.ts";

/**
 * The rows that `length` and `ending_at` ask for: the `length` days that begin before `ending_at`. So a date-only
 * `ending_at` of D ends with D-1, and `T23:59:59` in company time ends with that day. Rows after today do not exist.
 */
export function daysAsked(params: Params, context: Context, most: number): DayRange {
  const length = params.whole("length", 1, most);
  if (length === undefined) throw new ApiError(400, "The length parameter is required");
  return clip(lastDay(params, context), length, context);
}

/** As `daysAsked`, but a Canvas may give `starting_at` instead of `length`. */
export function canvasDaysAsked(params: Params, context: Context, most: number): DayRange {
  const length = params.whole("length", 1, most);
  const starting = params.instant("starting_at");
  if ((length === undefined) === (starting === undefined)) {
    throw new ApiError(400, "Exactly one of length and starting_at is required");
  }
  const until = lastDay(params, context);
  if (length !== undefined) return clip(until, length, context);
  const from = starting!.dateOnly
    ? dayNumber(starting!.dateOnly)
    : context.world.calendar.dayOf(starting!.ms);
  const days = until - from + 1;
  if (days < 1 || days > most) {
    throw new ApiError(400, `starting_at must lie 1 to ${most} days before ending_at`);
  }
  return clip(until, days, context);
}

function lastDay(params: Params, context: Context): number {
  const ending = params.instant("ending_at");
  if (ending?.dateOnly) return dayNumber(ending.dateOnly) - 1;
  return context.world.calendar.dayOf((ending?.ms ?? context.nowMs + 1) - 1);
}

function clip(until: number, length: number, context: Context): DayRange {
  return { from: until - length + 1, until: Math.min(until, context.world.calendar.dayOf(context.nowMs)) };
}

/** The rows that `length`, `unit` and `ending_at` ask for; hours are company hours with the offset in force. */
export function slotsAsked(params: Params, context: Context): Slot[] {
  if (params.choice("unit", ["day", "hour"], "day") === "hour") return hoursAsked(params, context);
  const { from, until } = daysAsked(params, context, 100);
  const slots: Slot[] = [];
  for (let day = from; day <= until; day++) {
    slots.push({
      day,
      fromMinute: 0,
      untilMinute: context.world.calendar.minutesIn(day),
      time: dateText(day),
    });
  }
  return slots;
}

function hoursAsked(params: Params, context: Context): Slot[] {
  const { calendar } = context.world;
  const length = params.whole("length", 1, 100);
  if (length === undefined) throw new ApiError(400, "The length parameter is required");
  const ending = params.instant("ending_at");
  const end = ending?.dateOnly
    ? calendar.startOf(dayNumber(ending.dateOnly))
    : (ending?.ms ?? context.nowMs + 1);
  let day = calendar.dayOf(end - 1);
  let hour = Math.floor((end - 1 - calendar.startOf(day)) / HOUR_MS);
  const slots: Slot[] = [];
  for (let row = 0; row < length; row++) {
    const start = calendar.startOf(day) + hour * HOUR_MS;
    const time = hourText(start, calendar.offsetMinutes(start));
    if (start <= context.nowMs) slots.push({ day, fromMinute: hour * 60, untilMinute: hour * 60 + 60, time });
    if (hour === 0) {
      day--;
      hour = Math.ceil(calendar.minutesIn(day) / 60);
    }
    hour--;
  }
  return slots.reverse();
}

const HOUR_MS = 3_600_000;

/** `2026-03-20T13:00:00-04:00` */
function hourText(ms: number, offsetMinutes: number): string {
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, 19);
  const size = Math.abs(offsetMinutes);
  const digits = (value: number) => String(value).padStart(2, "0");
  return `${local}${offsetMinutes < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}
