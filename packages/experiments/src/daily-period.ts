import { addDays } from "@lifecycle/contracts";

/** How long a time one row of effects by day is about. */
export type PeriodLength = "day" | "week" | "month";

/** More days than this are told by week, more weeks by month: a page and a table stay small however long a test runs. */
const MOST = 60;

/**
 * Days of an experiment put together so that there are at most sixty: single days, else weeks (from Monday), else months. A period
 * begins anew with each of `epochs`, whose shares differ. Gives its length and the first day that a day's period may have.
 */
export function periodsOf(
  dates: readonly string[],
  epochs: readonly { readonly from: string }[] = [],
): { readonly length: PeriodLength; readonly startOf: (date: string) => string } {
  const count = (of: (date: string) => string) => new Set(dates.map(of)).size;
  const length = count((date) => date) <= MOST ? "day" : count(mondayOf) <= MOST ? "week" : "month";
  const calendar = {
    day: (date: string) => date,
    week: mondayOf,
    month: (date: string) => `${date.slice(0, 7)}-01`,
  };
  const startOf = (date: string) =>
    epochs.reduce((start, { from }) => (from <= date && from > start ? from : start), calendar[length](date));
  return { length, startOf };
}

function mondayOf(date: string): string {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
  return addDays(date, -((weekday + 6) % 7));
}
