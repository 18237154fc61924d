import type { Shutdown } from "./shutdown.ts";

/** What a supervised process tells its supervisor. */
export interface ReadyMessage {
  type: "ready";
  /** What others may need to know, such as `{ port: 3300 }`. */
  facts: Record<string, unknown>;
}

/** Set by a supervisor, so that a child notices also when the channel closed before it looked. */
export const SUPERVISED = "LIFECYCLE_SUPERVISOR_PID";

/**
 * Ends this process when the one that started it is gone, however that one ended: the channel between them closes with it.
 * Does nothing in a process that was started by hand.
 */
export function exitWithParent(shutdown: Pick<Shutdown, "stop">): void {
  const supervised = process.env[SUPERVISED] !== undefined;
  // Not for the processes we start ourselves.
  delete process.env[SUPERVISED];
  const stop = () => void shutdown.stop("the parent process is gone");
  if (process.connected) process.once("disconnect", stop);
  else if (supervised) stop();
}

/** Tells the supervisor, if there is one, that this process is at work. */
export function announceReady(facts: Record<string, unknown> = {}): void {
  const message: ReadyMessage = { type: "ready", facts };
  if (process.connected) process.send?.(message, () => {});
}

export function isReadyMessage(message: unknown): message is ReadyMessage {
  return typeof message === "object" && message !== null && (message as { type?: unknown }).type === "ready";
}
