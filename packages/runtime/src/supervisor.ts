import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { LifecycleError } from "@lifecycle/contracts";
import { isReadyMessage, SUPERVISED } from "./child.ts";
import type { Logger } from "./logger.ts";
import { endsWithin, pause } from "./processes.ts";
import { decideRestart, type RestartPolicy } from "./restart-policy.ts";
import { maskSecrets } from "./secret.ts";

/** One process to keep running. `args` begins with the script, which `process.execPath` runs. */
export interface ChildSpec {
  name: string;
  args: readonly string[];
  /** Added to our own environment. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

export type ChildState = "running" | "waiting" | "stopped" | "gave_up";

export interface ChildStatus {
  name: string;
  state: ChildState;
  pid: number | undefined;
  restarts: number;
  lastError: string | undefined;
}

/** A child that is not started again, and why. */
export interface GaveUp {
  name: string;
  reason: string;
  exitCode: number | null;
}

export interface Supervisor {
  /** Resolves with the first child given up, or with undefined once `stop` is done. The others keep running. */
  readonly ended: Promise<GaveUp | undefined>;
  /** What a child said when it was at work (`announceReady`). Rejects with `runtime.child_gave_up` when it never will. */
  ready(name: string): Promise<Record<string, unknown>>;
  status(): ChildStatus[];
  /** Adds and starts one more. */
  start(spec: ChildSpec): void;
  /** Ends all, the last started first; each has until the common deadline, then it is killed. */
  stop(): Promise<void>;
}

export interface SupervisorOptions {
  logger: Logger;
  restart: RestartPolicy;
  stopDeadlineMs: number;
  /** Each line a child writes, for who wants to show it. */
  onLine?: (name: string, line: string) => void;
}

/** The parts of the settings a supervisor wants, in its own words. */
export function supervisorOptions(settings: {
  restart_base_ms: number;
  restart_cap_ms: number;
  max_failures: number;
  failure_window_ms: number;
  stop_deadline_ms: number;
}): Pick<SupervisorOptions, "restart" | "stopDeadlineMs"> {
  return {
    restart: {
      baseMs: settings.restart_base_ms,
      capMs: settings.restart_cap_ms,
      maxFailures: settings.max_failures,
      windowMs: settings.failure_window_ms,
    },
    stopDeadlineMs: settings.stop_deadline_ms,
  };
}

/**
 * Starts processes and keeps them running: restarts with growing waits, gives up with a reason, and leaves none behind. A child is
 * apart from the terminal, so Ctrl-C reaches only us and the order of the end is ours; if we are killed, the closed channel
 * tells it (`exitWithParent`).
 */
export function supervise(specs: readonly ChildSpec[], options: SupervisorOptions): Supervisor {
  const children = new Map<string, Supervised>();
  const { promise: ended, resolve: end } = Promise.withResolvers<GaveUp | undefined>();
  const killAll = (): void => {
    for (const child of children.values()) child.kill();
  };
  process.on("exit", killAll);

  const start = (spec: ChildSpec): void => {
    if (children.has(spec.name)) throw new Error(`two children are named ${spec.name}`);
    children.set(spec.name, superviseOne(spec, options, end));
  };
  for (const spec of specs) start(spec);

  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    const untilMs = Date.now() + options.stopDeadlineMs;
    for (const child of [...children.values()].reverse()) child.retire();
    for (const child of [...children.values()].reverse()) await child.stop(untilMs);
    process.off("exit", killAll);
    end(undefined);
  };
  return {
    ended,
    start,
    status: () => [...children.values()].map((child) => child.status()),
    ready: (name) => children.get(name)?.ready ?? Promise.reject(new Error(`no child is named ${name}`)),
    stop: () => {
      stopping ??= stopAll();
      return stopping;
    },
  };
}

interface Supervised {
  ready: Promise<Record<string, unknown>>;
  status(): ChildStatus;
  /** Starts it no more. */
  retire(): void;
  stop(untilMs: number): Promise<void>;
  kill(): void;
}

function superviseOne(
  spec: ChildSpec,
  options: SupervisorOptions,
  giveUp: (end: GaveUp) => void,
): Supervised {
  const { logger, onLine } = options;
  const ready = Promise.withResolvers<Record<string, unknown>>();
  ready.promise.catch(() => {});
  const endedAtMs: number[] = [];
  let child: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();
  let state: ChildState = "running";
  let restarts = 0;
  let lastError: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
    child = undefined;
    if (state === "stopped") return;
    const nowMs = Date.now();
    endedAtMs.push(nowMs);
    const decision = decideRestart(code, endedAtMs, nowMs, options.restart);
    const how = { child: spec.name, exit_code: code, signal, last_error: lastError };
    if (decision.kind === "restart") {
      state = "waiting";
      logger.warn({ ...how, restart_after_ms: decision.afterMs }, "a process ended; restarting it");
      timer = setTimeout(launch, decision.afterMs);
      restarts += 1;
      return;
    }
    state = "gave_up";
    const reason = lastError ? `${decision.reason}; it last said: ${lastError}` : decision.reason;
    logger.error({ ...how, reason }, "a process keeps ending; giving up on it");
    ready.reject(new LifecycleError("runtime.child_gave_up", `${spec.name}: ${reason}`));
    giveUp({ name: spec.name, reason, exitCode: code });
  };

  const launch = (): void => {
    state = "running";
    const started = spawn(process.execPath, [...spec.args], {
      ...(spec.cwd ? { cwd: spec.cwd } : {}),
      env: { ...process.env, ...spec.env, [SUPERVISED]: String(process.pid) },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    child = started;
    const hear = (line: string, isError: boolean): void => {
      lastError = errorIn(line, isError) ?? lastError;
      onLine?.(spec.name, line);
    };
    createInterface({ input: started.stdout! }).on("line", (line) => hear(line, false));
    createInterface({ input: started.stderr! }).on("line", (line) => hear(line, true));
    started.on("message", (message) => {
      if (isReadyMessage(message)) ready.resolve(message.facts);
    });
    exited = new Promise((done) => {
      const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
        if (child !== started) return;
        signalGroup(started.pid, "SIGKILL");
        onExit(code, signal);
        done();
      };
      started.once("close", finish);
      started.once("error", (error) => {
        lastError = error.message;
        if (started.pid === undefined) finish(null, null);
      });
      // A grandchild may keep the pipes open: the end of the process itself counts, its last lines get a moment.
      started.once("exit", (code, signal) => void pause(500).then(() => finish(code, signal)));
    });
  };
  launch();

  return {
    ready: ready.promise,
    status: () => ({ name: spec.name, state, pid: child?.pid, restarts, lastError }),
    retire: () => {
      clearTimeout(timer);
      if (state !== "gave_up") state = "stopped";
    },
    stop: async (untilMs) => {
      if (!child) return;
      child.kill("SIGTERM");
      if (await endsWithin(exited, Math.max(untilMs - Date.now(), 0))) return;
      logger.warn({ child: spec.name }, "a process did not end in time; killing it");
      signalGroup(child?.pid, "SIGKILL");
      await exited;
    },
    kill: () => signalGroup(child?.pid, "SIGKILL"),
  };
}

/** The group of a child is the child and what it had started: none of them may outlive it. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // All of it is gone already.
  }
}

/** What a line says went wrong: an error of our own log format, or anything on stderr. */
function errorIn(line: string, isError: boolean): string | undefined {
  const text = maskSecrets(line.trim());
  const logged = /"level":"(?:error|fatal)"/.test(text) ? fromLog(text) : undefined;
  if (logged) return logged;
  return isError && text !== "" && !text.startsWith("at ") ? text.slice(0, 300) : undefined;
}

function fromLog(text: string): string | undefined {
  try {
    const { msg, reason, err } = JSON.parse(text) as {
      msg?: string;
      reason?: string;
      err?: { message?: string };
    };
    return [msg, reason ?? err?.message].filter(Boolean).join(": ");
  } catch {
    return undefined;
  }
}
