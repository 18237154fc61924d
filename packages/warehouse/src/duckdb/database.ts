import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { FatalError, RetryableError } from "@lifecycle/contracts";
import { classify, isLocked } from "./errors.ts";
import { duckdbMacros } from "./macros.sql.ts";
import { ident, text } from "./sql.ts";

export interface DuckdbSettings {
  /** The database file; `:memory:` for a private one. */
  path: string;
  /** DuckDB's own share; the process needs 250–300 MB more. `150MB` keeps it under 512 MB. */
  memoryLimit?: string;
  /** Where sorts and joins spill; beside the file unless told. */
  tempDirectory?: string;
  threads?: number;
  /** How long to wait for another process that has the file open; 30,000 unless told. */
  busyTimeoutMs?: number;
  macros?: readonly string[];
}

/** An open database. Each connection has BigQuery's idea of time zone and NULL order. */
export interface Database {
  connect(searchPath?: readonly string[]): Promise<DuckDBConnection>;
  close(): void;
}

export const DEFAULT_MEMORY_LIMIT = "150MB";
const POLL_MS = 200;
/** One instance per file and process: a second one would silently lose commits (measured), so callers share it. */
const open = new Map<string, { instance: Promise<DuckDBInstance>; users: number }>();

/**
 * Opens the file, creating it and its folder if need be. While another process owns it, waits.
 * Throws `RetryableError warehouse.busy` when that takes too long, `FatalError warehouse.unreadable`
 * when the file is not a database this engine reads.
 */
export async function openDatabase(settings: DuckdbSettings): Promise<Database> {
  const memory = settings.path === ":memory:";
  const path = memory ? settings.path : resolve(settings.path);
  if (!memory) await mkdir(dirname(path), { recursive: true });
  const shared = memory ? { instance: createInstance(path, settings), users: 1 } : share(path, settings);
  const instance = await shared.instance;
  let closed = false;
  return {
    connect: (searchPath) => connect(instance, searchPath),
    close() {
      if (closed) return;
      closed = true;
      shared.users -= 1;
      if (shared.users > 0) return;
      open.delete(path);
      instance.closeSync();
    },
  };
}

function share(path: string, settings: DuckdbSettings) {
  const known = open.get(path);
  if (known) {
    known.users += 1;
    return known;
  }
  const instance = createInstance(path, settings);
  const entry = { instance, users: 1 };
  open.set(path, entry);
  instance.catch(() => open.delete(path));
  return entry;
}

async function createInstance(path: string, settings: DuckdbSettings): Promise<DuckDBInstance> {
  const instance = await whenFree(path, settings.busyTimeoutMs ?? 30_000, () =>
    path === ":memory:"
      ? DuckDBInstance.create(path, options(path, settings))
      : DuckDBInstance.fromCache(path, options(path, settings)),
  );
  const connection = await instance.connect();
  try {
    for (const macro of settings.macros ?? duckdbMacros) await connection.run(macro);
  } catch (error) {
    throw classify(error, "installing the compatibility macros");
  } finally {
    connection.closeSync();
  }
  return instance;
}

function options(path: string, settings: DuckdbSettings): Record<string, string> {
  const temp = settings.tempDirectory ?? (path === ":memory:" ? "" : `${path}.tmp`);
  return {
    threads: String(settings.threads ?? 1),
    memory_limit: settings.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
    temp_directory: temp,
    default_null_order: "nulls_first_on_asc_last_on_desc",
    preserve_insertion_order: "false",
    // A typo in a query must not wait for the network.
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  };
}

async function whenFree(path: string, timeoutMs: number, create: () => Promise<DuckDBInstance>) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await create();
    } catch (error) {
      if (!isLocked(error)) {
        throw new FatalError("warehouse.unreadable", `cannot open the warehouse file ${path}: ${error}`, {
          cause: error,
        });
      }
      if (performance.now() >= deadline) throw busy(path, timeoutMs, error);
    }
    await delay(POLL_MS);
  }
}

function busy(path: string, timeoutMs: number, cause: unknown): RetryableError {
  const owner = /\(PID (\d+)\)/.exec(String(cause))?.[1];
  const who = owner === undefined ? "another process" : `process ${owner}`;
  return new RetryableError(
    "warehouse.busy",
    `${who} has the warehouse file ${path} open (waited ${timeoutMs} ms); only one process may own it: stop it, or ask it with \`lifecycle query\``,
    { cause },
  );
}

async function connect(instance: DuckDBInstance, searchPath?: readonly string[]): Promise<DuckDBConnection> {
  const connection = await instance.connect();
  await connection.run("SET TimeZone='UTC'");
  if (searchPath) await connection.run(`SET search_path=${text(searchPath.map(ident).join(","))}`);
  return connection;
}
