import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { brazeResources } from "@lifecycle/braze";
import { diskStore, type Ledger, openLedger } from "@lifecycle/landing";
import { isAlive, markOf } from "@lifecycle/runtime";
import { isRunning } from "../../fixtures/is-running.ts";
import { SHARED_MODELS } from "../../fixtures/shared-models.ts";

export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** One process of the product, as a test holds it. */
export interface Running {
  process: ChildProcess;
  lines: string[];
  /** Waits for a line that matches; rejects when the process ends first. */
  line(pattern: RegExp): Promise<string>;
  /** Ends it, and returns when its last line has been heard. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Waits for the end of what it had started itself, which notices that it is gone. */
  leftAlone(): Promise<void>;
}

/** A supervised fleet: its processes by name, as they are now. */
export interface Fleet extends Running {
  boardUrl: string;
  /** The process id of `producer`, `warehouse`, `extract-1`, …; waits while it is being restarted. */
  pid(name: string): Promise<number>;
  /** Ends one process at once, as a crash would. */
  kill(name: string): Promise<void>;
}

export interface Installation {
  home: string;
  ledger: Ledger;
  env: Record<string, string>;
  /** A sandbox; its url is given to all that start later. */
  sandbox(...flags: string[]): Promise<Running & { url: string }>;
  /** `lifecycle fleet`, up and ready. */
  fleet(...args: string[]): Promise<Fleet>;
  cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** The same, for tests that decide themselves when to read it. */
  spawnCli(args: readonly string[]): ChildProcessWithoutNullStreams;
  /** A published table as text rows, without audit columns, in a stable order. */
  table(name: string): Promise<string[]>;
  query(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** Settings under which a stage is retried at once. */
const QUICK = {
  LIFECYCLE__QUEUES__RECONCILE_INTERVAL_MS: "300",
  LIFECYCLE__QUEUES__BACKOFF__BASE_MS: "50",
  LIFECYCLE__QUEUES__BACKOFF__CAP_MS: "400",
  LIFECYCLE__QUEUES__SHUTDOWN_DEADLINE_MS: "4000",
};

/**
 * For tests that kill workers: their jobs are found within seconds. Nobody else wants it, because a worker that gets no processor
 * for two seconds loses its jobs too.
 */
export const LOST_SOON = {
  LIFECYCLE__QUEUES__LOCK_MS: "2000",
  LIFECYCLE__QUEUES__STALLED_INTERVAL_MS: "2000",
};

/**
 * An installation of its own: folder, Redis database and processes, all gone after `close`. Unless its `resources` are to be those of
 * `config/`, its runs read campaigns and Canvases only: the rest costs every suite seconds and tells it nothing.
 */
export async function install(
  redisUrl: string,
  settings: Record<string, string> = {},
  { resources = "messages" }: { resources?: "messages" | "configured" } = {},
): Promise<Installation> {
  const home = await mkdtemp(join(tmpdir(), "lifecycle-e2e-"));
  const pipelines = join(home, "config/pipelines");
  if (resources === "messages") await messagesOnly(pipelines);
  await shareCompiled(home);
  const running: Running[] = [];
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    LIFECYCLE_HOME: home,
    LIFECYCLE_ENV_FILE: "",
    REDIS_URL: redisUrl,
    ...QUICK,
    ...(resources === "messages" ? { LIFECYCLE__PIPELINES__PATH: pipelines } : {}),
    ...settings,
  };
  const launch = (script: string, args: string[]): Running => {
    const child = track(spawn(process.execPath, [join(PROJECT, script), ...args], { cwd: PROJECT, env }));
    running.push(child);
    return child;
  };
  const spawnCli = (args: readonly string[]) =>
    spawn(process.execPath, [join(PROJECT, "apps/cli/bin/lifecycle.mjs"), ...args], { cwd: PROJECT, env });
  return {
    home,
    env,
    ledger: openLedger(diskStore(join(home, "data"))),
    sandbox: async (...flags) => {
      const child = launch("apps/sandbox/src/main.ts", ["--port", "0", ...flags]);
      const { url } = JSON.parse(await child.line(/"listening"/)) as { url: string };
      env.LIFECYCLE__SANDBOX__URL = url;
      return { ...child, url };
    },
    fleet: async (...args) => {
      const child = launch("apps/cli/bin/lifecycle.mjs", ["fleet", ...args]);
      await child.line(/Ctrl-C stops all of it/);
      return asFleet(child);
    },
    cli: async (...args) => {
      const child = spawnCli(args);
      const [stdout, stderr] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "close"),
      ]);
      return { code: child.exitCode ?? -1, stdout, stderr };
    },
    spawnCli,
    table: (name) => readTable(join(home, "output/tables", `${name}.parquet`)),
    query: (sql) => queryParquet(sql, join(home, "output/tables")),
    close: async () => {
      await Promise.all(running.map((child) => child.stop("SIGKILL")));
      // Until they have ended too they write into the folder.
      await Promise.all(running.map((child) => child.leftAlone()));
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** The cache of compiled models, named by all that goes into them, is one for all installations of a test run. */
async function shareCompiled(home: string): Promise<void> {
  const shared = process.env[SHARED_MODELS];
  if (!shared) return;
  await mkdir(join(home, ".runtime"), { mode: 0o700 });
  await symlink(shared, join(home, ".runtime/compiled"));
}

async function messagesOnly(pipelines: string): Promise<void> {
  await cp(join(PROJECT, "config/pipelines"), pipelines, { recursive: true });
  const resources = brazeResources.map(({ slug }) => slug);
  // JSON is YAML.
  const pipeline = { name: "braze", kind: "braze", resources, window_days: 90 };
  await writeFile(join(pipelines, "braze.yaml"), JSON.stringify(pipeline));
}

function track(child: ChildProcess): Running {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const told = new Map<number, ReturnType<typeof markOf>>();
  const closed = once(child, "close");
  const hear = (line: string) => {
    lines.push(line);
    const pid = pidIn(line);
    if (pid > 0 && !told.has(pid)) told.set(pid, markOf(pid));
    for (const wake of waiting) wake();
  };
  createInterface({ input: child.stdout! }).on("line", hear);
  createInterface({ input: child.stderr! }).on("line", hear);
  return {
    process: child,
    lines,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        void closed.then(() => {
          look();
          reject(new Error(`the process ended before ${pattern}:\n${lines.slice(-20).join("\n")}`));
        });
        look();
      }),
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      await closed;
    },
    leftAlone: async () => {
      const marks = [...told.values()];
      await until(async () => !marks.some(isAlive), "the end of what a process had started");
    },
  };
}

/** The process that wrote a line of the log; 0 when it says none. */
function pidIn(line: string): number {
  return Number(/"pid":(\d+)/.exec(line)?.[1] ?? 0);
}

function asFleet(child: Running): Fleet {
  const pidOf = (name: string) => {
    const own = child.lines.filter((line) => line.startsWith(`${name} `) && pidIn(line) > 0);
    return pidIn(own.at(-1) ?? "");
  };
  const pid = (name: string) => until(async () => isRunning(pidOf(name)) && pidOf(name), `a process ${name}`);
  return {
    ...child,
    boardUrl:
      /board +(http:\S+)/.exec(child.lines.find((line) => /^ +board +http/.test(line)) ?? "")?.[1] ?? "",
    pid,
    kill: async (name) => {
      process.kill(await pid(name), "SIGKILL");
    },
  };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += chunk;
  return all;
}

/** Waits until `look` answers something, for at most `ms`. */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
  what: string,
  ms = 120_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function readTable(path: string): Promise<string[]> {
  const rows = await parquetRows(`select columns(c -> not starts_with(c, '_')) from read_parquet('${path}')`);
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

async function queryParquet(sql: string, folder: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".parquet"));
  const views = names.map(
    (name) => `create view ${name.replace(".parquet", "")} as from read_parquet('${join(folder, name)}');`,
  );
  return parquetRows(sql, views.join(""));
}

async function parquetRows(sql: string, before = ""): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(`set timezone='UTC';${before}`);
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The lines of the activity log, parsed. */
export async function activity(home: string): Promise<Record<string, unknown>[]> {
  const log = await readFile(join(home, "logs/activity.log"), "utf8");
  return log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
