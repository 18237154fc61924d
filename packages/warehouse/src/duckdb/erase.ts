import type { DuckDBConnection } from "@duckdb/node-api";
import { type EraseRequest, holdsAny } from "../erase.ts";
import type { LoadLog } from "./load.ts";
import { countOf, inTransaction } from "./session.ts";
import { qualified, text } from "./sql.ts";

/** Deletes the rows and notes it in the ledger of builds, so that what was made from the table is made anew, in one transaction. */
export async function eraseRows(
  connection: DuckDBConnection,
  schema: string,
  request: EraseRequest,
  log: LoadLog,
): Promise<{ rows: number }> {
  const { table, jobId } = request;
  return inTransaction(connection, async () => {
    const known = await countOf(
      connection,
      `SELECT count(*) FROM duckdb_tables() WHERE schema_name = ${text(schema)} AND table_name = ${text(table)}`,
    );
    if (known === 0) return { rows: 0 };
    const where = holdsAny("duckdb", request);
    const { rowsChanged } = await connection.run(`DELETE FROM ${qualified(schema, table)} WHERE ${where}`);
    if (rowsChanged > 0) await log.recordLoad(table, jobId, { replaced: true, stamped: false });
    return { rows: rowsChanged };
  });
}
