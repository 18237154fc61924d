import type { DuckDBConnection } from "@duckdb/node-api";
import { ApiError, invalid, notFound } from "../rest/api-error.ts";
import type { Catalogue, TableEntry } from "./catalogue.ts";
import { engineType, type Field, quote, refuseNames } from "./types.ts";

export interface TableReference {
  datasetId: string;
  /** `table`, or `table$20260101` for the partition of one day. */
  tableId: string;
}

export interface WriteOptions {
  destination: TableReference;
  writeDisposition: string;
  createDisposition?: string | undefined;
  schemaUpdateOptions?: readonly string[] | undefined;
  timePartitioning?: unknown;
  clustering?: unknown;
  labels?: unknown;
}

export function relationOf(dataset: string, table: string): string {
  return `${quote(dataset)}.${quote(table)}`;
}

/** Splits `table$20260101`; the day as `2026-01-01`. */
export function decorated(reference: TableReference): {
  dataset: string;
  table: string;
  day: string | undefined;
} {
  const [, table, year, month, day] = /^([^$]+)(?:\$(\d{4})(\d{2})(\d{2}))?$/.exec(reference.tableId) ?? [];
  if (table === undefined) throw invalid(`Invalid table ID "${reference.tableId}"`);
  return {
    dataset: reference.datasetId,
    table,
    day: year === undefined ? undefined : `${year}-${month}-${day}`,
  };
}

/**
 * Puts the rows of a select (columns by name) into a table as a job's dispositions say: whole table, one day of it, or at its end.
 * Returns how many.
 */
export async function write(
  catalogue: Catalogue,
  connection: DuckDBConnection,
  options: WriteOptions,
  given: { fields: Field[]; select: string },
): Promise<number> {
  refuseNames(given.fields);
  const { dataset, table, day } = decorated(options.destination);
  const existing = catalogue.find(dataset, table);
  if (existing?.resource.view) throw invalid(`${dataset}.${table} is a view`);
  if (!existing && options.createDisposition === "CREATE_NEVER") throw notFound(`Table ${dataset}.${table}`);
  if (existing && options.writeDisposition === "WRITE_EMPTY" && (await hasRows(connection, existing))) {
    throw new ApiError(409, "duplicate", `Already Exists: Table ${dataset}.${table}`);
  }
  const partitioned = options.timePartitioning ?? existing?.resource.timePartitioning;
  refuseOtherPartitioning(options, existing);
  const whole = options.writeDisposition !== "WRITE_APPEND" && day === undefined;
  const relation = relationOf(dataset, table);
  const fields =
    whole || !existing ? given.fields : await grown(connection, relation, existing, given.fields, options);
  if (whole || !existing) {
    const columns = fields.map((field) => `${quote(field.name)} ${engineType(field)}`);
    await connection.run(`CREATE OR REPLACE TABLE ${relation} (${columns.join(", ")})`);
  }
  const isOfDay =
    day === undefined ? undefined : `CAST(${quote(columnOf(partitioned))} AS DATE) = DATE '${day}'`;
  if (isOfDay && options.writeDisposition === "WRITE_TRUNCATE")
    await connection.run(`DELETE FROM ${relation} WHERE ${isOfDay}`);
  const before = await count(connection, relation, isOfDay);
  const names = given.fields.map((field) => quote(field.name)).join(", ");
  const { rowsChanged } = await connection.run(
    `INSERT INTO ${relation} (${names}) SELECT ${names} FROM (${given.select})`,
  );
  if (isOfDay && (await count(connection, relation, isOfDay)) !== before + rowsChanged) {
    throw invalid(
      `Some rows belong to different partitions rather than destination partition ${options.destination.tableId}`,
    );
  }
  const { timePartitioning, clustering } = options;
  catalogue.note(dataset, table, fields, {
    ...(timePartitioning ? { timePartitioning } : {}),
    ...(clustering ? { clustering } : {}),
  });
  return rowsChanged;
}

function columnOf(partitioning: unknown): string {
  const field = (partitioning as { field?: string } | undefined)?.field;
  if (field === undefined)
    throw invalid("a partition decorator on a table that is not partitioned by a column");
  return field;
}

/** BigQuery replaces rows and schema of a table, never its partitioning. */
function refuseOtherPartitioning(options: WriteOptions, existing: TableEntry | undefined): void {
  const own = (existing?.resource.timePartitioning as { field?: string } | undefined)?.field;
  const wanted = (options.timePartitioning as { field?: string } | undefined)?.field;
  if (!existing || wanted === undefined || wanted === own) return;
  throw invalid(
    `Incompatible table partitioning specification. Expected ${own ? `interval(type:day,field:${own})` : "none"}, but input is interval(type:day,field:${wanted})`,
  );
}

/** The existing columns, plus new ones where a job may add them. */
async function grown(
  connection: DuckDBConnection,
  relation: string,
  existing: TableEntry,
  given: readonly Field[],
  options: WriteOptions,
): Promise<Field[]> {
  const added: Field[] = [];
  for (const field of given) {
    const known = existing.fields.find((candidate) => candidate.name === field.name);
    const table = `${existing.dataset}.${existing.table}`;
    if (known && known.type !== field.type) {
      throw invalid(
        `Provided Schema does not match Table ${table}. Field ${field.name} has changed type from ${known.type} to ${field.type}`,
      );
    }
    if (known) continue;
    if (!options.schemaUpdateOptions?.includes("ALLOW_FIELD_ADDITION")) {
      throw invalid(
        `Provided Schema does not match Table ${table}. Cannot add fields (field: ${field.name})`,
      );
    }
    await connection.run(`ALTER TABLE ${relation} ADD COLUMN ${quote(field.name)} ${engineType(field)}`);
    added.push(field);
  }
  return [...existing.fields, ...added];
}

export async function count(connection: DuckDBConnection, relation: string, where?: string): Promise<number> {
  const condition = where === undefined ? "" : ` WHERE ${where}`;
  const answer = await connection.runAndReadAll(`SELECT count(*) FROM ${relation}${condition}`);
  return Number(answer.getRows()[0]![0]);
}

async function hasRows(connection: DuckDBConnection, entry: TableEntry): Promise<boolean> {
  return (await count(connection, relationOf(entry.dataset, entry.table))) > 0;
}
