import type { DuckDBConnection } from "@duckdb/node-api";
import { text } from "./sql.ts";

/** The process may grow by so much between two of them: giving back costs some 20 ms. */
const STEP_BYTES = 32 * 2 ** 20;

/**
 * Gives the system back what the C library keeps after a large statement. Each statement runs on some thread of Node's pool, each
 * thread has an arena of its own, and what one of them keeps no other can use: after a few large statements the process held 200 MB
 * that nobody used (measured). Setting the limit, also to what it is, makes DuckDB trim all arenas; where the C library has
 * nothing to trim it changes nothing.
 */
export function createGiveBack(memoryLimit: string): (connection: DuckDBConnection) => Promise<void> {
  let settled = process.memoryUsage.rss();
  return async (connection) => {
    const now = process.memoryUsage.rss();
    settled = Math.min(settled, now);
    if (now < settled + STEP_BYTES) return;
    // What was done is done: a database that is being closed or interrupted keeps its memory.
    await connection.run(`SET GLOBAL memory_limit=${text(memoryLimit)}`).catch(() => undefined);
    settled = process.memoryUsage.rss();
  };
}
