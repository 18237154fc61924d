import { errorMessage } from "@lifecycle/contracts";
import type { Logger } from "./logger.ts";
import { endsWithin } from "./processes.ts";

/** The one way a process ends: what was opened is closed in reverse order, within a deadline. */
export interface Shutdown {
  /** Aborted as soon as the end begins; hand it to work that can step down. */
  readonly signal: AbortSignal;
  /** Registers what must be closed. The latest registered is closed first. */
  onClose(name: string, close: () => unknown): void;
  /** Begins the end, once; later calls join it. Ends the process with `exitCode`, so it does not return in practice. */
  stop(reason: string, exitCode?: number): Promise<void>;
}

export interface ShutdownOptions {
  logger: Logger;
  /** For all closers together; then the process ends anyway, with code 1. */
  deadlineMs: number;
  /** Exit code after a signal: 0 for a role that is asked to end, 128 + n for a command that was interrupted. Default 0. */
  exitCodeOn?: (signal: NodeJS.Signals) => number;
  /** For tests; ends the process. */
  exit?: (code: number) => void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const SIGNAL_NUMBER = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/** npm and launchers pass a signal on that the terminal has sent to everyone: the same one twice is no second wish. */
const ECHO_MS = 400;

/** 130 after Ctrl-C, 143 after SIGTERM: what a shell expects of a command that was interrupted. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + (SIGNAL_NUMBER[signal as keyof typeof SIGNAL_NUMBER] ?? 0);
}

/** Listens for SIGINT, SIGTERM and SIGHUP. A second signal ends the process at once. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { logger, deadlineMs, exitCodeOn = () => 0, exit = (code) => process.exit(code) } = options;
  const controller = new AbortController();
  const closers: { name: string; close: () => unknown }[] = [];
  let ending: Promise<void> | undefined;
  let beganAtMs = 0;

  const closeAll = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) {
      try {
        await next.close();
      } catch (error) {
        logger.warn({ closing: next.name, reason: errorMessage(error) }, "did not close cleanly");
      }
    }
  };
  const stop = (reason: string, exitCode = 0): Promise<void> => {
    if (ending) return ending;
    beganAtMs = Date.now();
    logger.info({ reason, exit_code: exitCode }, "stopping");
    ending = endsWithin(closeAll(), deadlineMs).then((closed) => {
      for (const name of SIGNALS) process.off(name, onSignal);
      if (!closed) logger.error({ deadline_ms: deadlineMs }, "closing took too long; ending anyway");
      exit(closed ? exitCode : 1);
    });
    controller.abort(reason);
    return ending;
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!ending) void stop(signal, exitCodeOn(signal));
    else if (Date.now() - beganAtMs > ECHO_MS) exit(exitCodeOfSignal(signal));
  };
  for (const name of SIGNALS) process.on(name, onSignal);

  return { signal: controller.signal, stop, onClose: (name, close) => void closers.push({ name, close }) };
}
