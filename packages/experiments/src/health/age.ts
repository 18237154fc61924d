import { check, type HealthCheck, type HealthInput } from "../health-check.ts";

export function checkMaturity({ unitsMaturing, arms }: HealthInput): HealthCheck {
  const unclosed = Math.max(0, ...arms.map((arm) => arm.unclosedDays ?? 0));
  if (unitsMaturing > 0)
    return check(
      "maturity",
      "warn",
      "maturing",
      `${unitsMaturing} people can still convert and do not count yet.`,
      unitsMaturing,
    );
  if (unclosed > 0)
    return check(
      "maturity",
      "warn",
      "immature",
      `${unclosed} days can still be restated by the source.`,
      unclosed,
    );
  return check("maturity", "pass", null, "Nothing counted can still change.", 0);
}

/** Braze's newest day is yesterday's, or today's so far; one day more for time zones. */
const FRESH_DAYS = 2;

export function checkFreshness({ arms, today, definition }: HealthInput): HealthCheck {
  const asOf = arms.find((arm) => arm.asOf !== null)?.asOf;
  if (today === null || !asOf || arms[0]?.source === "file" || definition.ended)
    return check("freshness", "not_checked", "not_applicable", "These data do not grow by the day.");
  const days = Math.max(0, (Date.parse(today) - Date.parse(asOf)) / 86_400_000);
  return days > FRESH_DAYS
    ? check(
        "freshness",
        "warn",
        "stale_data",
        `The newest day held is ${asOf}, ${days} days ago: run the pipeline before acting on this.`,
        days,
        FRESH_DAYS,
      )
    : check("freshness", "pass", null, `The newest day held is ${asOf}.`, days, FRESH_DAYS);
}
