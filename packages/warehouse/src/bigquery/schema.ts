import type { Table, TableField, TableMetadata } from "@google-cloud/bigquery";
import { type Column, FatalError, InputError } from "@lifecycle/contracts";
import { type Connection, orUndefined } from "./client.ts";
import { problemOf } from "./errors.ts";

/** BigQuery's schema from ours. All NULLABLE, so that a column can be added and a load of an older shape still fits. */
export function fieldsOf(columns: readonly Column[]): TableField[] {
  return columns.map((column) => ({
    name: column.name,
    type: column.type,
    mode: "NULLABLE",
    ...(column.description === undefined ? {} : { description: column.description }),
  }));
}

/** The API answers with the legacy names of these types. */
const legacyNames: Readonly<Record<string, string>> = {
  INTEGER: "INT64",
  FLOAT: "FLOAT64",
  BOOLEAN: "BOOL",
  RECORD: "STRUCT",
};

export function typeName(fieldType: string | undefined): string {
  return legacyNames[fieldType ?? ""] ?? fieldType ?? "";
}

export function tableOf(connection: Connection, dataset: string, table: string): Table {
  const { location } = connection.settings;
  return connection.bigquery.dataset(dataset, { location }).table(table, { location });
}

export async function metadataOf(
  connection: Connection,
  dataset: string,
  table: string,
): Promise<TableMetadata | undefined> {
  const answer = await orUndefined(
    connection.call(`look up ${dataset}.${table}`, () => tableOf(connection, dataset, table).getMetadata()),
  );
  return answer?.[0] as TableMetadata | undefined;
}

/**
 * Makes the table able to hold `columns` and returns its metadata: creates it (raw tables by day of `_extracted_at`), or adds the columns it
 * lacks. With `clusterBy` it is clustered so, from now on also one that was not. Throws `FatalError warehouse.schema_conflict` when a column exists with another type.
 */
export async function ensureTable(
  connection: Connection,
  dataset: string,
  table: string,
  columns: readonly Column[],
  clusterBy?: readonly string[],
): Promise<TableMetadata> {
  const found = await metadataOf(connection, dataset, table);
  if (found && clusterBy) await ensureClustering(connection, dataset, table, found, clusterBy);
  const existing = found ?? (await create(connection, dataset, table, columns, clusterBy));
  const fields = (existing.schema as { fields?: TableField[] } | undefined)?.fields ?? [];
  const missing = columns.filter((column) => !hasField(`${dataset}.${table}`, fields, column));
  if (missing.length === 0) return existing;
  const doing = `add columns to ${dataset}.${table}`;
  const schema = { fields: [...fields, ...fieldsOf(missing)] };
  const [metadata] = await connection.call(doing, () =>
    tableOf(connection, dataset, table).setMetadata({ schema }),
  );
  return metadata as TableMetadata;
}

/** BigQuery clusters what is written from then on, and the rest by and by. */
async function ensureClustering(
  connection: Connection,
  dataset: string,
  table: string,
  { clustering }: TableMetadata,
  fields: readonly string[],
): Promise<void> {
  const own = (clustering as { fields?: string[] } | undefined)?.fields ?? [];
  if (own.join() === fields.join()) return;
  await connection.call(`cluster ${dataset}.${table}`, () =>
    tableOf(connection, dataset, table).setMetadata({ clustering: { fields: [...fields] } }),
  );
}

function hasField(table: string, fields: readonly TableField[], column: Column): boolean {
  const field = fields.find((candidate) => candidate.name === column.name);
  if (!field) return false;
  const type = typeName(field.type);
  if (type === column.type) return true;
  throw new FatalError(
    "warehouse.schema_conflict",
    `table ${table}, column ${column.name}: got ${column.type}, expected ${type} as the table has it`,
  );
}

async function create(
  connection: Connection,
  dataset: string,
  table: string,
  columns: readonly Column[],
  clusterBy?: readonly string[],
): Promise<TableMetadata> {
  const byDay = columns.some((column) => column.name === "_extracted_at" && column.type === "TIMESTAMP");
  // A load finds its own rows without reading the table.
  const fields =
    clusterBy ?? (columns.some((column) => column.name === "_load_id") ? ["_load_id"] : undefined);
  const options = {
    schema: { fields: fieldsOf(columns) },
    ...(byDay ? { timePartitioning: { type: "DAY", field: "_extracted_at" } } : {}),
    ...(fields ? { clustering: { fields: [...fields] } } : {}),
  };
  await createOnce(connection, `create ${dataset}.${table}`, () =>
    tableOf(connection, dataset, table).create(options),
  );
  return (await metadataOf(connection, dataset, table))!;
}

/** Which table of its name: one that was dropped and made again is another. */
export function incarnationOf(metadata: TableMetadata | undefined): string {
  return `t${Number(metadata?.creationTime ?? 0).toString(36)}`;
}

const EXPIRES_MS = 7 * 86_400_000;

/** A table that is needed for moments only: when nobody is left to drop it, BigQuery does. */
export async function expireSoon(connection: Connection, dataset: string, table: string): Promise<void> {
  const expirationTime = String(Date.now() + EXPIRES_MS);
  await connection.call(`let ${dataset}.${table} expire`, () =>
    tableOf(connection, dataset, table).setMetadata({ expirationTime }),
  );
}

/** Nothing where there is none. */
export async function dropTable(connection: Connection, dataset: string, table: string): Promise<void> {
  await connection.call(`drop ${dataset}.${table}`, () =>
    tableOf(connection, dataset, table).delete({ ignoreNotFound: true }),
  );
}

/** Looks first: where the datasets are made by somebody with more rights, this process needs none to make them. */
export async function ensureDataset(connection: Connection, dataset: string): Promise<void> {
  const { location } = connection.settings;
  const handle = connection.bigquery.dataset(dataset, { location });
  const found = await orUndefined(connection.call(`look up dataset ${dataset}`, () => handle.getMetadata()));
  if (found) refuseElsewhere(connection, dataset, found[0] as { location?: string });
  else await createOnce(connection, `create dataset ${dataset}`, () => handle.create({ location }));
}

/** A job sees the datasets of its own location only, and says of the others that they do not exist. */
export function refuseElsewhere(
  { settings }: Connection,
  dataset: string,
  { location: lies = "" }: { location?: string },
): void {
  if (lies.toLowerCase() === settings.location.toLowerCase()) return;
  throw new InputError(
    "warehouse.wrong_location",
    `dataset ${dataset}: it lies in ${lies}, the settings say ${settings.location}: set BIGQUERY_LOCATION=${lies}`,
  );
}

/** Somebody else may have created it just now, or our own first try did and its answer got lost. */
export async function createOnce(
  connection: Connection,
  doing: string,
  create: () => Promise<unknown>,
): Promise<void> {
  await connection.call(doing, async () => {
    try {
      await create();
    } catch (error) {
      if (problemOf(error).status !== 409) throw error;
    }
  });
}
