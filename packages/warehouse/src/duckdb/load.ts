import type { DuckDBConnection } from "@duckdb/node-api";
import { FatalError } from "@lifecycle/contracts";
import type { LoadOutcome, LoadRequest } from "../warehouse.ts";
import { selectFiles } from "./read-files.ts";
import { createTableSql, ensureTable } from "./schema.ts";
import { countOf, inTransaction } from "./session.ts";
import { idents, qualified, text } from "./sql.ts";

/** Puts landed files into a raw table in one transaction; what this load id wrote before gives way. */
export async function loadFiles(
  connection: DuckDBConnection,
  schema: string,
  request: LoadRequest,
): Promise<LoadOutcome> {
  return inTransaction(connection, async () => {
    await makeRoom(connection, schema, request);
    if (request.files.length === 0) return { rows: 0, rejected: 0 };
    const insert = `INSERT INTO ${qualified(schema, request.table)} (${idents(request.columns)})`;
    const { rowsChanged } = await connection.run(`${insert} ${selectFiles(request.files, request.columns)}`);
    await refuseStrangers(connection, schema, request, rowsChanged);
    return { rows: rowsChanged, rejected: 0 };
  });
}

/** Leaves the table existing, with the load's columns, and without the load's rows. */
export async function makeRoom(
  connection: DuckDBConnection,
  schema: string,
  request: LoadRequest,
): Promise<void> {
  if (request.disposition === "replace") {
    await connection.run(createTableSql(schema, request.table, request.columns, "CREATE OR REPLACE TABLE"));
    return;
  }
  if (!request.columns.some((column) => column.name === "_load_id")) {
    throw new FatalError(
      "warehouse.no_load_id",
      `table ${request.table} has no _load_id column to append by`,
    );
  }
  await ensureTable(connection, schema, request.table, request.columns);
  await connection.run(
    `DELETE FROM ${qualified(schema, request.table)} WHERE _load_id = ${text(request.loadId)}`,
  );
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
