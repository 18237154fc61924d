import { addDays, type Coverage, type DayWindow, type RunRequest } from "@lifecycle/contracts";
import { EMPTY_COVERAGE, landedDays } from "./coverage.ts";
import { type DayRanges, fewestWindows, unionOf, without } from "./day-ranges.ts";
import type { SourceResource } from "./source.ts";

/** Runs that nobody gives dates: they also fetch what earlier ones read too early, however long ago. */
const REACHES_BACK: ReadonlySet<RunRequest["trigger"]> = new Set(["schedule", "start"]);

/** Whether a run reads days again that had closed when they landed. */
export function readsClosedDays(request: RunRequest): boolean {
  return request.full === true || request.trigger === "backfill";
}

/**
 * Which windows of a resource a run asks for, by object: days of the run's window, up to today, that have not landed or could still
 * change when they landed, in the fewest calls. Pure; `today` is the day at the source.
 */
export function createDaysToAsk(request: RunRequest, coverage: Coverage, today: string) {
  const known = readsClosedDays(request) ? EMPTY_COVERAGE : coverage;
  const tomorrow = addDays(today, 1);
  const planned = new Map<string, DayWindow[]>();
  const wanted: DayRanges =
    request.window === "all"
      ? []
      : without([[request.window.from, request.window.until]], [[tomorrow, "9999-12-31"]]);
  return (resource: SourceResource, objectId: string | undefined): DayWindow[] => {
    const { closed, unsettled } = landedDays(known, resource.slug, objectId);
    const again = REACHES_BACK.has(request.trigger) ? unsettled : [];
    const open = without(unionOf(wanted, again), closed);
    const key = `${resource.window!.maxDays} ${open.join(" ")}`;
    const windows = planned.get(key) ?? fewestWindows(open, resource.window!.maxDays);
    planned.set(key, windows);
    return windows;
  };
}
