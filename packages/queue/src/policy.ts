import type { DefaultJobOptions } from "bullmq";

/** How jobs are tried, kept and watched: the numbers of `queues` in the settings. */
export interface QueuePolicy {
  attempts: number;
  backoffBaseMs: number;
  backoffCapMs: number;
  /** A job that is told to wait uses no attempt for so long, counted from the first time. */
  maxWaitMs: number;
  lockMs: number;
  stalledIntervalMs: number;
  maxStalledCount: number;
}

export const FULL_JITTER = "full-jitter";

const DAY_SECONDS = 86_400;

export function jobDefaults(policy: QueuePolicy): DefaultJobOptions {
  return {
    attempts: policy.attempts,
    backoff: { type: FULL_JITTER },
    removeOnComplete: { age: DAY_SECONDS, count: 5_000 },
    removeOnFail: { age: 14 * DAY_SECONDS, count: 10_000 },
    stackTraceLimit: 1,
    keepLogs: 50,
  };
}

/**
 * Capped exponential backoff with full jitter: anywhere between 0 and the cap of this attempt, so that jobs which failed
 * together do not come back together. `random` is in [0, 1).
 */
export function backoffMs(attemptsMade: number, policy: QueuePolicy, random: number): number {
  const ceiling = Math.min(policy.backoffCapMs, policy.backoffBaseMs * 2 ** Math.max(0, attemptsMade - 1));
  return Math.round(random * ceiling);
}
