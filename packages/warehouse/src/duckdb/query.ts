import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { RetryableError } from "@lifecycle/contracts";
import type { QueryOptions, QueryResult } from "../warehouse.ts";
import { rollback } from "./session.ts";
import { resultTypeName } from "./types.ts";
import { jsonSafe } from "./values.ts";

export const DEFAULT_MAX_ROWS = 10_000;
/** An answer this long is cut, whatever its rows: the process has 512 MB for everything. */
const MAX_CHARACTERS = 32_000_000;
/** The longest a timer can wait: 24 days. */
const NEVER_MS = 2 ** 31 - 1;

/** Runs a SELECT in a read-only transaction, keeps at most `maxRows` rows and never holds more than a chunk beyond them. */
export async function runQuery(
  connection: DuckDBConnection,
  sql: string,
  options: QueryOptions = {},
): Promise<QueryResult> {
  await connection.run("BEGIN TRANSACTION READ ONLY");
  try {
    return await collect(await connection.stream(sql), options.maxRows ?? DEFAULT_MAX_ROWS);
  } finally {
    await rollback(connection);
  }
}

async function collect(result: DuckDBResult, maxRows: number): Promise<QueryResult> {
  const names = result.deduplicatedColumnNames();
  const columns = names.map((name, index) => ({ name, type: resultTypeName(result.columnType(index)) }));
  const rows: unknown[][] = [];
  let characters = 0;
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    for (const row of chunk.getRows()) {
      if (rows.length === maxRows || characters > MAX_CHARACTERS) return { columns, rows, truncated: true };
      const values = row.map(jsonSafe);
      for (const value of values) characters += typeof value === "string" ? value.length : 8;
      rows.push(values);
    }
  }
  return { columns, rows, truncated: false };
}

/**
 * Runs `work` and interrupts the connection when the time is over or the signal fires (DuckDB stops within milliseconds).
 * Throws `RetryableError warehouse.timeout`, or the signal's own reason.
 */
export async function interruptible<T>(
  connection: DuckDBConnection,
  options: { timeoutMs?: number; signal?: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  let late = false;
  let repeat: NodeJS.Timeout | undefined;
  // Again and again: an interrupt between two statements of `work` stops neither.
  const interrupt = () => {
    connection.interrupt();
    repeat ??= setInterval(() => connection.interrupt(), 100);
  };
  const timer = setTimeout(() => {
    late = true;
    interrupt();
  }, options.timeoutMs ?? NEVER_MS);
  options.signal?.addEventListener("abort", interrupt, { once: true });
  try {
    return await work();
  } catch (error) {
    if (late) {
      throw new RetryableError("warehouse.timeout", `stopped after ${options.timeoutMs} ms`, {
        cause: error,
      });
    }
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    clearInterval(repeat);
    options.signal?.removeEventListener("abort", interrupt);
  }
}
