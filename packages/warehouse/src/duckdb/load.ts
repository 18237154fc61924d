import type { DuckDBConnection } from "@duckdb/node-api";
import { FatalError } from "@lifecycle/contracts";
import type { LoadOutcome, LoadRequest } from "../warehouse.ts";
import type { DuckdbBuilds } from "./build-ledger.ts";
import { selectFiles } from "./read-files.ts";
import { createTableSql, ensureTable } from "./schema.ts";
import { countOf, inTransaction } from "./session.ts";
import { idents, qualified, text } from "./sql.ts";

/** Where a load is noted, in its own transaction. */
export type LoadLog = Pick<DuckdbBuilds, "recordLoad">;

/** Puts landed files into a raw table in one transaction; what this load id wrote before gives way. */
export async function loadFiles(
  connection: DuckDBConnection,
  schema: string,
  request: LoadRequest,
  log: LoadLog,
): Promise<LoadOutcome> {
  return inTransaction(connection, async () => {
    const left = await makeRoom(connection, schema, request);
    if (request.files.length === 0) {
      await noteLoad(log, request, left);
      return { rows: 0, rejected: 0 };
    }
    const insert = `INSERT INTO ${qualified(schema, request.table)} (${idents(request.columns)})`;
    const { rowsChanged } = await connection.run(`${insert} ${selectFiles(request.files, request.columns)}`);
    await refuseStrangers(connection, schema, request, rowsChanged);
    await noteLoad(log, request, left + rowsChanged);
    return { rows: rowsChanged, rejected: 0 };
  });
}

/** In the ledger of builds, unless the load changed no row. */
export async function noteLoad(log: LoadLog, request: LoadRequest, changed: number): Promise<void> {
  const replaced = request.disposition === "replace";
  if (changed === 0 && !replaced) return;
  const stamped = !replaced && request.columns.some((column) => column.name === "_extracted_at");
  await log.recordLoad(request.table, request.loadId, { replaced, stamped });
}

/** Leaves the table existing, with the load's columns, and without the load's rows; answers how many of them left. */
export async function makeRoom(
  connection: DuckDBConnection,
  schema: string,
  request: LoadRequest,
): Promise<number> {
  if (request.disposition === "replace") {
    await connection.run(createTableSql(schema, request.table, request.columns, "CREATE OR REPLACE TABLE"));
    return 0;
  }
  if (!request.columns.some((column) => column.name === "_load_id")) {
    throw new FatalError(
      "warehouse.no_load_id",
      `table ${request.table} has no _load_id column to append by`,
    );
  }
  await ensureTable(connection, schema, request.table, request.columns);
  const { rowsChanged } = await connection.run(
    `DELETE FROM ${qualified(schema, request.table)} WHERE _load_id = ${text(request.loadId)}`,
  );
  return rowsChanged;
}

/** Rows under another load's id could never be replaced by loading again: better none of them. */
async function refuseStrangers(
  connection: DuckDBConnection,
  schema: string,
  request: LoadRequest,
  inserted: number,
): Promise<void> {
  if (request.disposition === "replace") return;
  const table = qualified(schema, request.table);
  const own = await countOf(
    connection,
    `SELECT count(*) FROM ${table} WHERE _load_id = ${text(request.loadId)}`,
  );
  if (own === inserted) return;
  throw new FatalError(
    "warehouse.load_id_mismatch",
    `${inserted - own} rows landed for ${request.table} do not carry the load id ${request.loadId}`,
  );
}
