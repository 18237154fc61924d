import type { DuckDBConnection } from "@duckdb/node-api";
import { ApiError } from "../rest/api-error.ts";
import { bytesScanned, type Scanned } from "./bytes.ts";
import type { Catalogue, TableEntry } from "./catalogue.ts";
import { count, relationOf } from "./destination.ts";
import { type Named, namedTable } from "./script.ts";
import { type Field, quote, schemaOf } from "./types.ts";

/** What a statement changed, as a job's statistics tell it. */
export interface DmlStats {
  insertedRowCount: string;
  deletedRowCount: string;
  updatedRowCount: string;
}

export interface DmlContext {
  catalogue: Catalogue;
  connection: DuckDBConnection;
  translate: (sql: string) => Promise<string>;
  defaultDataset: string | undefined;
  /** Bytes of everything that was read; nothing is changed when it is a dry run. */
  scanned: Scanned;
  dryRun: boolean;
  /** The schema where the rows lie that the statement works on, under names that the translated text may use. */
  work: string;
}

/** The table that a statement changes. */
export interface Target extends Named {
  entry: TableEntry;
  relation: string;
}

export function targetOf({ catalogue, defaultDataset }: DmlContext, text: string): Target {
  const named = namedTable(text);
  const dataset = named.dataset ?? defaultDataset;
  if (dataset === undefined)
    throw new ApiError(
      400,
      "invalid",
      `Table "${named.table}" must be qualified with a dataset (e.g. dataset.table).`,
    );
  const entry = catalogue.table(dataset, named.table);
  if (entry.resource.view)
    throw new ApiError(
      400,
      "invalidQuery",
      `${dataset}.${named.table} is not allowed for this operation because it is currently a VIEW.`,
    );
  return { ...named, entry, relation: relationOf(dataset, named.table) };
}

/** The rows of the target under a name of ours, with the place of each. */
export async function openTarget(context: DmlContext, { relation }: Target): Promise<string> {
  await context.connection.run(
    `CREATE VIEW ${context.work}.target_rows AS SELECT rowid AS __row, * FROM ${relation}`,
  );
  return `${context.work}.target_rows`;
}

/** Runs a SELECT in BigQuery's text into a table of ours and answers its schema. */
export async function keep(context: DmlContext, table: string, sql: string): Promise<Field[]> {
  const translated = await context.translate(sql);
  const { processed, billed, tables } = await bytesScanned(
    context.connection,
    translated,
    context.catalogue.partitionOf,
  );
  context.scanned.tables.push(...tables);
  context.scanned.processed += processed;
  context.scanned.billed += billed;
  const fields = await schemaOf(context.connection, translated);
  await context.connection.run(`CREATE TABLE ${context.work}.${table} AS ${translated}`);
  return fields;
}

export async function rowsIn(context: DmlContext, table: string): Promise<number> {
  return count(context.connection, `${context.work}.${table}`);
}

export async function changed(
  context: DmlContext,
  { entry }: Target,
  stats: Partial<Record<keyof DmlStats, number>>,
) {
  if (!context.dryRun) context.catalogue.note(entry.dataset, entry.table, entry.fields);
  const of = (name: keyof DmlStats) => String(stats[name] ?? 0);
  return {
    insertedRowCount: of("insertedRowCount"),
    deletedRowCount: of("deletedRowCount"),
    updatedRowCount: of("updatedRowCount"),
  };
}

/** Types that BigQuery coerces where a value is written. */
const coerced: Readonly<Record<string, readonly string[]>> = {
  INTEGER: ["NUMERIC", "BIGNUMERIC", "FLOAT"],
  NUMERIC: ["BIGNUMERIC", "FLOAT"],
  BIGNUMERIC: ["FLOAT"],
  DATE: ["DATETIME"],
};

/** Puts rows, whose last columns stand in this order, into the columns of the target. */
export async function put(
  { connection, dryRun }: DmlContext,
  target: Target,
  columns: readonly string[],
  given: readonly Field[],
  from: string,
): Promise<void> {
  for (const [index, name] of columns.entries()) {
    const field = fieldOf(target, name);
    const type = given[index]!.type;
    if (given[index]!.isNull || type === field.type || coerced[type]?.includes(field.type)) continue;
    throw new ApiError(
      400,
      "invalidQuery",
      `Query column ${index + 1} has type ${type} which cannot be inserted into column ${name}, which has type ${field.type}`,
    );
  }
  const values = given.map(({ name, isNull }) => (isNull ? "NULL" : quote(name))).join(", ");
  const names = columns.map(quote).join(", ");
  if (!dryRun)
    await connection.run(`INSERT INTO ${target.relation} (${names}) SELECT ${values} FROM ${from}`);
}

function fieldOf({ entry }: Target, name: string): Field {
  const field = entry.fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (field) return field;
  throw new ApiError(
    400,
    "invalidQuery",
    `Column ${name} is not present in table ${entry.dataset}.${entry.table}`,
  );
}

export async function deleteRows(
  { connection, dryRun }: DmlContext,
  { relation }: Target,
  rows: string,
): Promise<void> {
  if (!dryRun) await connection.run(`DELETE FROM ${relation} WHERE rowid IN (${rows})`);
}

export async function setValues(
  { connection, dryRun }: DmlContext,
  target: Target,
  columns: readonly string[],
  from: string,
): Promise<void> {
  const set = columns.map((name, index) => `${quote(fieldOf(target, name).name)} = u.v${index}`).join(", ");
  if (dryRun) return;
  await connection.run(`UPDATE ${target.relation} AS t SET ${set} FROM ${from} AS u WHERE t.rowid = u.__row`);
}

export async function oncePerRow({ connection }: DmlContext, rows: string): Promise<void> {
  const twice = await count(connection, `(SELECT __row FROM (${rows}) GROUP BY __row HAVING count(*) > 1)`);
  if (twice === 0) return;
  const message = "UPDATE/MERGE must match at most one source row for each target row";
  throw new ApiError(400, "invalidQuery", message);
}
