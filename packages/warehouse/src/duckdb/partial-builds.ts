import type { DuckDBConnection } from "@duckdb/node-api";
import { FatalError } from "@lifecycle/contracts";
import { type BuildMode, mustBeDated } from "../builds.ts";
import { columnsOf } from "./schema.ts";
import { countOf, rowsOf } from "./session.ts";
import { ident, sameKey, text } from "./sql.ts";
import { changedKeys } from "./unpublished.ts";

/** The table to change, inside the transaction of its build. */
export interface Target {
  connection: DuckDBConnection;
  schema: string;
  table: string;
  relation: string;
}

const FOREVER = "TIMESTAMPTZ '9999-12-31 00:00:00+00'";

/** The new rows lie in `_new_rows`, and the target exists with their columns. Throws when it has others: then the whole must be built. */
export async function prepared(target: Target, select: string): Promise<void> {
  const { connection, schema, table, relation } = target;
  await connection.run(`CREATE OR REPLACE TEMP TABLE _new_rows AS ${select}`);
  const existing = await columnsOf(connection, schema, table);
  if (existing.size === 0) {
    await connection.run(`CREATE TABLE ${relation} AS FROM _new_rows WHERE false`);
    return;
  }
  const wanted = await columnsOf(connection, "main", "_new_rows", "temp");
  const shape = (columns: ReadonlyMap<string, string>) => JSON.stringify([...columns]);
  if (shape(existing) === shape(wanted)) return;
  throw new FatalError(
    "warehouse.schema_conflict",
    `${schema}.${table} has other columns than its new rows: build it whole (--full-refresh)`,
  );
}

/** Replaces whole days; answers a select of the days it touched. */
export async function overwriteDays(
  { connection, relation, table }: Target,
  column: string,
  partitions: readonly string[] | undefined,
): Promise<string> {
  if (column === "")
    throw new FatalError("warehouse.no_partition", `${table}: partition_overwrite needs partitionBy`);
  const day = `CAST(${ident(column)} AS DATE)`;
  const days =
    partitions === undefined
      ? `SELECT DISTINCT ${day} AS day FROM _new_rows`
      : `SELECT unnest([${partitions.map((value) => `DATE ${text(value)}`).join(", ")}]::DATE[]) AS day`;
  const stray = await countOf(
    connection,
    `SELECT count(*) FROM _new_rows WHERE ${day} IS NULL OR ${day} NOT IN (${days})`,
  );
  if (stray > 0)
    throw new FatalError(
      "warehouse.partition_mismatch",
      `${table}: ${stray} rows lie outside the partitions they were built for`,
    );
  // Constants let the engine pass over the other days.
  const list = partitions?.map((value) => `DATE ${text(value)}`).join(", ");
  await connection.run(`DELETE FROM ${relation} WHERE ${day} IN (${list || days})`);
  await connection.run(`INSERT INTO ${relation} FROM _new_rows`);
  if (partitions !== undefined) return days;
  await connection.run(`CREATE OR REPLACE TEMP TABLE _new_days AS ${days}`);
  return "FROM _new_days";
}

/** Rows with a key of the new rows, or of `gone`, give way; leaves these keys in `changedKeys`. NULL equals NULL. */
export async function mergeRows(
  { connection, relation }: Target,
  { key, gone }: BuildMode & { mode: "merge" },
): Promise<void> {
  const keys = key.map(ident).join(", ");
  const given = `SELECT ${keys} FROM _new_rows${gone === undefined ? "" : ` UNION SELECT ${keys} FROM (${gone})`}`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${changedKeys} AS SELECT DISTINCT * FROM (${given})`);
  await connection.run(
    `DELETE FROM ${relation} AS t USING ${changedKeys} AS k WHERE ${sameKey("k", "t", key)}`,
  );
  await connection.run(`INSERT INTO ${relation} FROM _new_rows`);
}

/**
 * Ends the current version of each key whose hash is another one now and begins the next. A key that the select does not give any more
 * keeps its last version. Taken again with the same rows it changes nothing; rows older than the current version are left out. Leaves
 * the keys that have a new version in `changedKeys`.
 */
export async function takeSnapshot(
  target: Target,
  select: string,
  { key, check, updatedAt }: BuildMode & { mode: "snapshot" },
): Promise<void> {
  const { connection, schema, table, relation } = target;
  const described = await rowsOf(connection, `DESCRIBE SELECT * FROM (${select}) AS r`);
  const hashed = described
    .filter(([name]) => check?.includes(String(name)) ?? true)
    .map(([name, type]) => hashedText(String(name), String(type)));
  const at = updatedAt === undefined ? "now()" : `CAST(r.${ident(updatedAt)} AS TIMESTAMPTZ)`;
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE _new_rows AS
     SELECT r.*, ${at} AS effective_from, ${FOREVER} AS effective_to, true AS is_current, md5(${hashed.join(" || ")}) AS record_hash
     FROM (${select}) AS r`,
  );
  if (updatedAt !== undefined)
    mustBeDated(
      table,
      updatedAt,
      await countOf(connection, "SELECT count(*) FROM _new_rows WHERE effective_from IS NULL"),
    );
  if ((await columnsOf(connection, schema, table)).size === 0)
    await connection.run(`CREATE TABLE ${relation} AS FROM _new_rows WHERE false`);
  const same = sameKey("n", "t", key);
  await connection.run(
    `DELETE FROM _new_rows AS n USING (FROM ${relation} WHERE is_current) AS t
     WHERE ${same} AND (n.record_hash = t.record_hash OR n.effective_from <= t.effective_from)`,
  );
  await connection.run(
    `UPDATE ${relation} AS t SET effective_to = n.effective_from, is_current = false FROM _new_rows AS n WHERE t.is_current AND ${same}`,
  );
  await connection.run(`INSERT INTO ${relation} FROM _new_rows`);
  const keys = key.map(ident).join(", ");
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${changedKeys} AS SELECT DISTINCT ${keys} FROM _new_rows`,
  );
}

/** A column's name, and its value as BigQuery writes it as text with its length: the hash of a row is the same on both engines. */
function hashedText(name: string, type: string): string {
  const value = `r.${ident(name)}`;
  const written =
    type === "BLOB"
      ? `lower(hex(${value}))`
      : type === "JSON"
        ? `CAST(${value} AS VARCHAR)`
        : `bq_to_string(${value})`;
  return `${text(`${name}=`)} || CASE WHEN ${value} IS NULL THEN '-' ELSE length(${written}) || ':' || ${written} END`;
}
