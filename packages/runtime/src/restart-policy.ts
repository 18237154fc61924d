import { EXIT } from "./exit-codes.ts";

/** When a process that ended is started again. Times in milliseconds. */
export interface RestartPolicy {
  baseMs: number;
  capMs: number;
  /** So many ends within `windowMs` and it is given up. */
  maxFailures: number;
  windowMs: number;
}

export type RestartDecision = { kind: "restart"; afterMs: number } | { kind: "give_up"; reason: string };

/** Ends that another try would only repeat: wrong arguments, something missing, wrong settings. */
const FINAL: ReadonlyMap<number, string> = new Map([
  [EXIT.usage, "wrong arguments"],
  [EXIT.unavailable, "something it needs is not available"],
  [EXIT.config, "unusable settings"],
]);

/**
 * Decides from how a process ended just now and when it had ended before (`endedAtMs`, this end included): capped exponential
 * waits, then giving up. An end that no try can mend is given up at once.
 */
export function decideRestart(
  code: number | null,
  endedAtMs: readonly number[],
  nowMs: number,
  policy: RestartPolicy,
): RestartDecision {
  const final = code === null ? undefined : FINAL.get(code);
  if (final) return { kind: "give_up", reason: `exit code ${code}: ${final}` };
  const recent = endedAtMs.filter((at) => nowMs - at < policy.windowMs).length;
  if (recent >= policy.maxFailures) {
    const seconds = Math.round(policy.windowMs / 1000);
    return { kind: "give_up", reason: `it ended ${recent} times within ${seconds} s` };
  }
  return { kind: "restart", afterMs: Math.min(policy.baseMs * 2 ** Math.max(recent - 1, 0), policy.capMs) };
}
