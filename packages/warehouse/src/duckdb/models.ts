import type { DuckDBConnection } from "@duckdb/node-api";
import { type Column, FatalError } from "@lifecycle/contracts";
import { completeFile } from "@lifecycle/runtime";
import type { BuildMode } from "../builds.ts";
import type { Datasets, MaterialiseOutcome, MaterialiseRequest } from "../warehouse.ts";
import { type DuckdbBuilds, daysOf } from "./build-ledger.ts";
import { mergeRows, overwriteDays, prepared, takeSnapshot } from "./partial-builds.ts";
import { columnsOf, describe } from "./schema.ts";
import { countOf, inTransaction, rowsOf } from "./session.ts";
import { ident, qualified, text } from "./sql.ts";
import { duckdbTypes } from "./types.ts";
import { changedKeys, type Replaced } from "./unpublished.ts";

/**
 * Builds the table aside from its select, and notes in the ledger of builds what it was built from: one transaction. A part of a table
 * that does not exist yet, or has other columns, is built as the whole.
 */
export async function materialise(
  connection: DuckDBConnection,
  datasets: Datasets,
  builds: DuckdbBuilds,
  request: MaterialiseRequest,
): Promise<MaterialiseOutcome> {
  const how = request.how ?? { mode: "table" };
  const list = request.columns ? contractList(request.columns) : await engineList(connection, request.sql);
  const select = `SELECT ${list} FROM (\n${request.sql}\n)`;
  const table = qualified(datasets.build, request.table);
  return inTransaction(connection, async () => {
    const stood = await dropOtherKind(connection, datasets, request.table, how.mode === "view");
    let days: string | undefined;
    if (how.mode === "view") await connection.run(`CREATE OR REPLACE VIEW ${table} AS ${select}`);
    else if (how.mode === "table") await connection.run(`CREATE OR REPLACE TABLE ${table} AS ${select}`);
    else {
      const target = { connection, schema: datasets.build, table: request.table, relation: table };
      if (how.mode === "snapshot") await takeSnapshot(target, select, how);
      else {
        await prepared(target, select);
        if (how.mode === "merge") await mergeRows(target, how);
        else days = await overwriteDays(target, request.partitionBy ?? "", how.partitions);
      }
    }
    const rows = await countOf(connection, `SELECT count(*) FROM ${table}`);
    const version = await builds.record({
      table: request.table,
      hash: request.hash ?? "",
      inputs: request.inputs ?? {},
      mode: how.mode,
      jobId: request.jobId,
      rows,
      replaced: stood ? replacedBy(how, request.partitionBy) : undefined,
    });
    if (days !== undefined) await builds.recordDays(request.table, version, days, false);
    else if (how.mode === "table" && request.partitionBy !== undefined)
      await builds.recordDays(request.table, version, daysOf(table, request.partitionBy), true);
    else await builds.forgetDays(request.table);
    for (const own of ["_new_rows", changedKeys]) await connection.run(`DROP TABLE IF EXISTS ${own}`);
    return { rows, version };
  });
}

/** What a build of this kind replaces of a table that stands; undefined where that is the whole. */
function replacedBy(how: BuildMode, day: string | undefined): Replaced | undefined {
  if (how.mode === "merge" || how.mode === "snapshot") return { what: "keys", columns: how.key };
  if (how.mode === "partition_overwrite" && day !== undefined) return { what: "days", columns: [day] };
  return undefined;
}

/** A view cannot replace a table, nor a table a view. Answers whether one of the same kind stands. */
async function dropOtherKind(
  connection: DuckDBConnection,
  datasets: Datasets,
  table: string,
  asView: boolean,
): Promise<boolean> {
  const isView = await isViewOf(connection, datasets, table);
  if (isView === undefined || isView === asView) return isView === asView;
  await connection.run(`DROP ${isView ? "VIEW" : "TABLE"} ${qualified(datasets.build, table)}`);
  return false;
}

/** Whether a build is kept as a view; undefined when there is none. */
export async function isViewOf(
  connection: DuckDBConnection,
  { build }: Datasets,
  table: string,
): Promise<boolean | undefined> {
  const views = await countOf(
    connection,
    "SELECT count(*) FROM duckdb_views() WHERE database_name = current_database() AND schema_name = $1 AND view_name = $2",
    [build, table],
  );
  if (views > 0) return true;
  return (await describe(connection, qualified(build, table))).length > 0 ? false : undefined;
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
  await completeFile(path, async (aside) => {
    await connection.run(`COPY (FROM ${relation}) TO ${text(aside)} (FORMAT parquet, COMPRESSION zstd)`);
  });
}

export async function mustExist(connection: DuckDBConnection, schema: string, table: string): Promise<void> {
  if ((await columnsOf(connection, schema, table)).size > 0) return;
  throw new FatalError("warehouse.table_missing", `there is no table ${schema}.${table}`);
}
