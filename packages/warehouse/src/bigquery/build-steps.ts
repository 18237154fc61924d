import type { TableMetadata } from "@google-cloud/bigquery";
import { FatalError } from "@lifecycle/contracts";
import { nextVersion } from "../builds.ts";
import type { Datasets, MaterialiseOutcome, MaterialiseRequest } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { built, type Intent, type Note, writeNote } from "./notes.ts";
import { dropTable, metadataOf } from "./schema.ts";
import { runStatement } from "./statements.ts";

/** What every kind of build begins with. */
export interface BuildContext {
  connection: Connection;
  datasets: Datasets;
  request: MaterialiseRequest;
  /** The select, each column cast to the contract's type. */
  select: string;
  /** What stood of the table before. */
  before: Note | undefined;
  /** It has been dropped since, because BigQuery could not have replaced it. */
  dropped: boolean;
}

export function intentOf(
  { request, before }: BuildContext,
  job: string,
  daysJob: string | undefined,
): Intent {
  const { hash = "", inputs = {} } = request;
  return { version: nextVersion(before?.version), hash, inputs, job, ...(daysJob ? { daysJob } : {}) };
}

/** Notes what is about to be done, beside what was. A table that does not exist yet has nothing to lose. */
export async function begin(context: BuildContext, pending: Intent): Promise<void> {
  const { connection, datasets, request, before, dropped } = context;
  if (before && !dropped) await writeNote(connection, datasets.build, request.table, { ...before, pending });
}

/** Notes what was done. */
export async function finish(
  { connection, datasets, request, before }: BuildContext,
  intent: Intent,
  hasDays: boolean,
  billed: number,
): Promise<MaterialiseOutcome> {
  const rows = Number((await mustExist(connection, datasets.build, request.table)).numRows ?? 0);
  await writeNote(connection, datasets.build, request.table, built(before, intent, rows, hasDays));
  return { rows, version: intent.version, bytesBilled: billed };
}

/** Runs a select of a build: its rows and columns become those of `table` in the build dataset, within what the build may be billed. */
export function selectInto(
  { connection, datasets, request }: BuildContext,
  table: string,
  { layout, ...what }: { id: string; doing: string; sql: string; layout?: ReturnType<typeof partitioning> },
) {
  return runStatement(connection, {
    ...what,
    kind: "build",
    table: request.table,
    maximumBytesBilled: request.maxBytesBilled,
    allowance: request.allowance,
    destination: {
      destinationTable: {
        projectId: connection.settings.projectId,
        datasetId: datasets.build,
        tableId: table,
      },
      writeDisposition: "WRITE_TRUNCATE",
      createDisposition: "CREATE_IF_NEEDED",
      ...layout,
    },
  });
}

/** How a table is laid out that a job makes. */
export function partitioning(partitionBy: string | undefined, clusterBy: readonly string[] | undefined) {
  return {
    ...(partitionBy === undefined ? {} : { timePartitioning: { type: "DAY", field: partitionBy } }),
    ...(clusterBy === undefined ? {} : { clustering: { fields: [...clusterBy] } }),
  };
}

/**
 * BigQuery replaces a table's rows and columns, never its kind nor its partitioning: a model whose partitioning was changed loses its table
 * first. That once, readers of a published table find none for a moment. Answers whether it did.
 */
export async function dropUnlessFit(
  connection: Connection,
  dataset: string,
  table: string,
  column: string | undefined,
): Promise<boolean> {
  const existing = await metadataOf(connection, dataset, table);
  if (!existing || (existing.type !== "VIEW" && partitionColumn(existing) === column)) return false;
  await dropTable(connection, dataset, table);
  return true;
}

/**
 * As `dropUnlessFit`, for a snapshot: the versions it has kept cannot be built again, so its table stays. Throws `FatalError
 * warehouse.schema_conflict` when it is partitioned otherwise.
 */
export async function keepUnlessView(
  connection: Connection,
  dataset: string,
  table: string,
  column: string | undefined,
): Promise<boolean> {
  const existing = await metadataOf(connection, dataset, table);
  if (!existing || existing.type === "VIEW") return dropUnlessFit(connection, dataset, table, column);
  const own = partitionColumn(existing);
  if (own === column) return false;
  const by = (name: string | undefined) =>
    name === undefined ? "not partitioned" : `partitioned by ${name}`;
  throw new FatalError(
    "warehouse.schema_conflict",
    `${dataset}.${table} is ${by(own)}, its model ${by(column)}: the versions of a snapshot cannot be built again, so its table is kept. ` +
      "Set partition_by back, or copy the table into one laid out so and give it this name",
  );
}

export function partitionColumn(table: TableMetadata): string | undefined {
  return (table.timePartitioning as { field?: string } | undefined)?.field;
}

export async function mustExist(
  connection: Connection,
  dataset: string,
  table: string,
): Promise<TableMetadata> {
  const metadata = await metadataOf(connection, dataset, table);
  if (metadata) return metadata;
  throw new FatalError("warehouse.table_missing", `there is no table ${dataset}.${table}`);
}
