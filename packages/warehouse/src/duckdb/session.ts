import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";

/** Rows of a small answer as plain arrays. */
export async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<DuckDBValue[][]> {
  return (await connection.runAndReadAll(sql, values)).getRows();
}

/** The one number a `SELECT count(*)` answers. */
export async function countOf(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<number> {
  return Number((await rowsOf(connection, sql, values))[0]?.[0] ?? 0);
}

/** Runs `work` in one transaction: all of it or nothing. */
export async function inTransaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await connection.run("BEGIN TRANSACTION");
  try {
    const result = await work();
    await connection.run("COMMIT");
    return result;
  } catch (error) {
    await rollback(connection);
    throw error;
  }
}

/** A second try, since the interrupt that stopped the work may stop the rollback too. It fails where DuckDB has already rolled back. */
export async function rollback(connection: DuckDBConnection): Promise<void> {
  await connection.run("ROLLBACK").catch(() => connection.run("ROLLBACK").catch(() => undefined));
}

/** Runs tasks one after another: writers of one file would only conflict. */
export function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task, task);
    last = next.catch(() => undefined);
    return next;
  };
}
