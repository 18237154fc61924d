import type { Settings } from "@lifecycle/runtime";

/** How long running jobs may go on after a stop was asked for, so that the rest of the deadline is left for closing. */
export function graceMs(settings: Pick<Settings, "queues">): number {
  return settings.queues.shutdown_deadline_ms * 0.6;
}
