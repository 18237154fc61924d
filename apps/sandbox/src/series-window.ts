import { dayNumber } from "@lifecycle/simulation";
import { ApiError } from "./api-error.ts";
import type { Context } from "./endpoint.ts";
import type { Params } from "./params.ts";

/** Local days, both included. Empty when `until` lies before `from`. */
export interface DayRange {
  from: number;
  until: number;
}

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
