import { type CalendarDate, firstKeptDay, InputError, type RunWindow } from "@lifecycle/contracts";

/**
 * Refuses a window that begins before the days the warehouse keeps: what it read would be gone at once. Without `retentionDays`
 * everything is kept. Throws `InputError run.older_than_retention`.
 */
export function mustBeKept(window: RunWindow, retentionDays: number | undefined, today: CalendarDate): void {
  if (window === "all" || retentionDays === undefined) return;
  const first = firstKeptDay(today, retentionDays);
  if (window.from >= first) return;
  throw new InputError(
    "run.older_than_retention",
    `${window.from} is older than what the warehouse keeps: ${retentionDays} days, now from ${first} on. Ask from that day, or raise warehouse.retention_days.`,
  );
}
