import type { ScheduleSettings } from "@lifecycle/runtime";
import { CronExpressionParser } from "cron-parser";

/** What the ledger knows of a schedule. */
export interface ScheduleHistory {
  /** When it last asked for a run; undefined when it never did. */
  lastAskedAt: Date | undefined;
  /** One of its runs has not settled. */
  isRunning: boolean;
}

/**
 * Whether a schedule should ask for a run now. Never while one of its runs is under way; a moment that passed unseen is
 * made up for once. Pure.
 */
export function isDue(
  schedule: ScheduleSettings,
  history: ScheduleHistory,
  now: Date,
  startedAt: Date,
): boolean {
  if (history.isRunning) return false;
  const since = history.lastAskedAt ?? startedAt;
  if (schedule.when.kind === "every") {
    return (
      history.lastAskedAt === undefined || now.getTime() - since.getTime() >= schedule.when.seconds * 1_000
    );
  }
  const { pattern, time_zone } = schedule.when;
  const next = CronExpressionParser.parse(pattern, { currentDate: since, tz: time_zone }).next();
  return next.toDate() <= now;
}
