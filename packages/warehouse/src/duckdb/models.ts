import { rename, rm } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { type Column, FatalError } from "@lifecycle/contracts";
import type { Datasets, MaterialiseRequest } from "../warehouse.ts";
import { columnsOf } from "./schema.ts";
import { countOf, rowsOf } from "./session.ts";
import { ident, qualified, text } from "./sql.ts";
import { duckdbTypes } from "./types.ts";

/** Builds the table aside from its select; one statement, hence atomic. */
export async function materialise(
  connection: DuckDBConnection,
  datasets: Datasets,
  request: MaterialiseRequest,
): Promise<{ rows: number }> {
  const list = request.columns ? contractList(request.columns) : await engineList(connection, request.sql);
  const table = qualified(datasets.build, request.table);
  await connection.run(`CREATE OR REPLACE TABLE ${table} AS SELECT ${list} FROM (\n${request.sql}\n)`);
  return { rows: await countOf(connection, `SELECT count(*) FROM ${table}`) };
}

function contractList(columns: readonly Column[]): string {
  return columns
    .map((column) => `CAST(${ident(column.name)} AS ${duckdbTypes[column.type]}) AS ${ident(column.name)}`)
    .join(", ");
}

/** Without a contract the engine's types stand, save those BigQuery does not have: sums come as HUGEINT. */
async function engineList(connection: DuckDBConnection, sql: string): Promise<string> {
  const described = await rowsOf(connection, `DESCRIBE SELECT * FROM (\n${sql}\n)`);
  return described
    .map(([name, type]) => {
      const column = ident(String(name));
      return bigints.has(String(type)) ? `CAST(${column} AS BIGINT) AS ${column}` : column;
    })
    .join(", ");
}

const bigints = new Set(["HUGEINT", "UHUGEINT", "UBIGINT", "UINTEGER", "INTEGER", "SMALLINT", "TINYINT"]);

/** The built table replaces the published one in one statement; the built one stays, so a second try finds it. */
export async function publish(
  connection: DuckDBConnection,
  datasets: Datasets,
  table: string,
): Promise<void> {
  await mustExist(connection, datasets.build, table);
  await connection.run(
    `CREATE OR REPLACE TABLE ${qualified(datasets.published, table)} AS FROM ${qualified(datasets.build, table)}`,
  );
}

/** Written beside its place, then renamed. */
export async function exportParquet(
  connection: DuckDBConnection,
  datasets: Datasets,
  table: string,
  path: string,
): Promise<void> {
  await mustExist(connection, datasets.published, table);
  await copyToParquet(connection, qualified(datasets.published, table), path);
}

export async function copyToParquet(
  connection: DuckDBConnection,
  relation: string,
  path: string,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await connection.run(`COPY (FROM ${relation}) TO ${text(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function mustExist(connection: DuckDBConnection, schema: string, table: string): Promise<void> {
  if ((await columnsOf(connection, schema, table)).size > 0) return;
  throw new FatalError("warehouse.table_missing", `there is no table ${schema}.${table}`);
}
