import { errorCode, FatalError, RetryableError } from "@lifecycle/contracts";
import type { QueuePolicy } from "./policy.ts";

/** What becomes of a job whose handler threw. */
export type Outcome =
  /** Back to the queue as it was: shutdown or lost lock. Not a failure. */
  | { kind: "step_down" }
  /** The whole queue waits: its rate limit is used up. Uses no attempt. */
  | { kind: "hold_queue"; ms: number }
  /** This job waits as told. Uses no attempt. */
  | { kind: "wait"; ms: number }
  /** Back off and try again. */
  | { kind: "retry" }
  /** Dead letter. */
  | { kind: "dead" };

export interface JobFacts {
  /** Since it was first told to wait; 0 when it never was. Time in the queue does not count. */
  waitedMs: number;
  attemptsMade: number;
  attempts: number;
  isAborted: boolean;
}

/** The four outcomes of an error (contracts/errors.ts) as queue actions. Pure. */
export function outcomeOf(error: unknown, job: JobFacts, policy: Pick<QueuePolicy, "maxWaitMs">): Outcome {
  if (job.isAborted) return { kind: "step_down" };
  if (error instanceof FatalError) return { kind: "dead" };
  if (
    error instanceof RetryableError &&
    error.retryAfterMs !== undefined &&
    job.waitedMs < policy.maxWaitMs
  ) {
    const isLimit = errorCode(error) === "braze.rate_limited";
    return { kind: isLimit ? "hold_queue" : "wait", ms: error.retryAfterMs };
  }
  return job.attemptsMade + 1 >= job.attempts ? { kind: "dead" } : { kind: "retry" };
}
