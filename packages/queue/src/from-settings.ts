import { rateLimitBuckets } from "@lifecycle/contracts";
import type { Settings } from "@lifecycle/runtime";
import { queueNames } from "./names.ts";
import type { QueuePolicy } from "./policy.ts";

/** Every queue that the workspaces of the settings need. */
export function queueNamesOf(settings: Pick<Settings, "workspaces">): string[] {
  return queueNames(Object.keys(settings.workspaces), rateLimitBuckets);
}

/** The `queues` section as this room reads it. */
export function queuePolicy(settings: Pick<Settings, "queues">): QueuePolicy {
  const { queues } = settings;
  return {
    attempts: queues.attempts,
    backoffBaseMs: queues.backoff.base_ms,
    backoffCapMs: queues.backoff.cap_ms,
    maxWaitMs: queues.max_wait_age_ms,
    lockMs: queues.lock_ms,
    stalledIntervalMs: queues.stalled_interval_ms,
    maxStalledCount: queues.max_stalled,
  };
}
