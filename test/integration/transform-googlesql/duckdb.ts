import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { duckdbMacros } from "@lifecycle/warehouse";
import { canonicalDuckdb } from "./canonical.ts";

/** A DuckDB in memory with the session settings and macros that every connection of the product has. */
export async function openDuckdb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run("SET default_null_order = 'nulls_first_on_asc_last_on_desc'");
  for (const macro of duckdbMacros) await connection.run(macro);
  return connection;
}

/** Rows in the form both engines are compared in. */
export async function canonicalRows(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  const answer = await connection.runAndReadAll(sql);
  const types = answer.columnTypes();
  return answer.getRows().map((row) => row.map((value, index) => canonicalDuckdb(value, types[index]!)));
}
