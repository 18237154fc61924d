import { pino } from "pino";
import { openActivityLog } from "./activity-log.ts";
import { maskSecrets } from "./secret.ts";
import type { Settings } from "./settings.ts";

/** Writes one JSON line per call. Field names are snake_case; `err` takes a thrown value. */
export interface Logger {
  trace: LogFn;
  debug: LogFn;
  info: LogFn;
  warn: LogFn;
  error: LogFn;
  fatal: LogFn;
  /** A logger whose lines all carry `fields`, such as `{ run_id }`. */
  child(fields: Record<string, unknown>): Logger;
}

interface LogFn {
  (fields: Record<string, unknown>, message: string): void;
  (message: string): void;
}

export interface LoggerOptions {
  /** What kind of process writes: `producer`, `extract-worker`, … */
  role: string;
  settings: Pick<Settings, "logs">;
  /** False for a process whose stdout is for people; the activity log is written either way. Default true. */
  stdout?: boolean;
}

/**
 * Lines go to stdout and, each by one append, to `logs/activity.log`, which all processes share. Known secrets are masked in the
 * finished line, wherever they stood. A log that cannot be written never stops the work.
 */
export function createLogger({ role, settings, stdout = true }: LoggerOptions): Logger {
  const activity = openActivityLog(settings.logs.path);
  if (stdout) ignoreClosedPipe();
  const destination = {
    write(line: string): void {
      const masked = maskSecrets(line);
      if (stdout) process.stdout.write(masked);
      activity.append(masked);
    },
  };
  return toLogger(role, settings.logs.level, destination);
}

/** Lines to a destination of one's own; used by tests. */
export function createLoggerTo(role: string, write: (line: string) => void, level = "trace"): Logger {
  return toLogger(role, level, { write: (line: string) => write(maskSecrets(line)) });
}

/** Says nothing. */
export const silentLogger: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
  child: () => silentLogger,
};

function toLogger(role: string, level: string, destination: { write(line: string): void }): Logger {
  return pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    destination,
  ) as unknown as Logger;
}

/** Only what we know to be harmless: other fields of an error may hold requests, headers and rows. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === "string" ? { code } : {}),
    ...(error.stack ? { stack: error.stack } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

let pipeGuarded = false;

/** When the parent that read our stdout is gone, writing to it fails; ending is decided elsewhere. */
function ignoreClosedPipe(): void {
  if (pipeGuarded) return;
  pipeGuarded = true;
  process.stdout.on("error", () => {});
}
