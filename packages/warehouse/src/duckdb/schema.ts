import type { DuckDBConnection } from "@duckdb/node-api";
import { type Column, FatalError } from "@lifecycle/contracts";
import { exceptionType } from "./errors.ts";
import { rowsOf } from "./session.ts";
import { ident, qualified } from "./sql.ts";
import { bigqueryTypeName, duckdbTypes } from "./types.ts";

export function createTableSql(
  schema: string,
  table: string,
  columns: readonly Column[],
  how = "CREATE TABLE",
): string {
  const list = columns.map((column) => `${ident(column.name)} ${duckdbTypes[column.type]}`);
  return `${how} ${qualified(schema, table)} (${list.join(", ")})`;
}

/**
 * Makes the table able to hold `columns`: creates it, or adds the columns it lacks. Columns that only the table has stay and hold NULL.
 * Throws `FatalError warehouse.schema_conflict` when a column exists with another type.
 */
export async function ensureTable(
  connection: DuckDBConnection,
  schema: string,
  table: string,
  columns: readonly Column[],
): Promise<void> {
  await fitTable(connection, schema, table, columns, await columnsOf(connection, schema, table));
}

/** The same for many tables at once: a newer version of this program may want columns of tables that an older one made. */
export async function ensureTables(
  connection: DuckDBConnection,
  schema: string,
  tables: readonly { readonly table: string; readonly columns: readonly Column[] }[],
): Promise<void> {
  const rows = await rowsOf(
    connection,
    `SELECT table_name, column_name, data_type FROM duckdb_columns()
     WHERE database_name = current_database() AND schema_name = $1`,
    [schema],
  );
  const byTable = Map.groupBy(rows, ([table]) => String(table));
  const named = new Map(tables.toReversed().map((table) => [table.table, table])); // one that is named twice: as first
  for (const { table, columns } of named.values()) {
    const existing = (byTable.get(table) ?? []).map(
      ([, name, type]) => [String(name), bigqueryTypeName(String(type))] as const,
    );
    await fitTable(connection, schema, table, columns, new Map(existing));
  }
}

async function fitTable(
  connection: DuckDBConnection,
  schema: string,
  table: string,
  columns: readonly Column[],
  existing: ReadonlyMap<string, string>,
): Promise<void> {
  if (existing.size === 0) {
    await connection.run(createTableSql(schema, table, columns));
    return;
  }
  for (const column of columns) {
    const type = existing.get(column.name);
    if (type === undefined) {
      const add = `ADD COLUMN ${ident(column.name)} ${duckdbTypes[column.type]}`;
      await connection.run(`ALTER TABLE ${qualified(schema, table)} ${add}`);
    } else if (type !== column.type) {
      throw schemaConflict(`${schema}.${table}`, column, type);
    }
  }
}

function schemaConflict(table: string, column: Column, existing: string): FatalError {
  return new FatalError(
    "warehouse.schema_conflict",
    `table ${table}, column ${column.name}: got ${column.type}, expected ${existing} as the table has it`,
  );
}

/** Column names and their BigQuery types in order; empty when there is no such table. */
export async function columnsOf(
  connection: DuckDBConnection,
  schema: string,
  table: string,
  database?: string,
): Promise<Map<string, string>> {
  const own = qualified(schema, table);
  const columns = await describe(connection, database === undefined ? own : `${ident(database)}.${own}`);
  return new Map(columns.map(([name, type]) => [name, bigqueryTypeName(type)]));
}

/**
 * Column names and DuckDB's own types in order; empty when there is no such table, or it is a view over one that is gone. Asked of the one
 * table: `duckdb_columns()` lists those of all, which takes ten times as long in a warehouse of 200 tables.
 */
export async function describe(
  connection: DuckDBConnection,
  relation: string,
): Promise<(readonly [name: string, type: string])[]> {
  try {
    const rows = await rowsOf(connection, `DESCRIBE ${relation}`);
    return rows.map(([name, type]) => [String(name), String(type)]);
  } catch (error) {
    if (exceptionType(error) === "Catalog Error") return []; // the transaction goes on
    throw error;
  }
}
