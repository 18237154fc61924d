import type { TableMetadata } from "@google-cloud/bigquery";
import { type Column, FatalError } from "@lifecycle/contracts";
import type { Datasets, MaterialiseOutcome, MaterialiseRequest } from "../warehouse.ts";
import { auditedNote, clearNote, noteBuild, writeNote } from "./build-ledger.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, digest } from "./ids.ts";
import { runJob } from "./jobs.ts";
import { jobLabels } from "./load.ts";
import { metadataOf, tableOf } from "./schema.ts";

const HOUR_MS = 3_600_000;

/** Builds the table aside by one query job. Its id holds a digest of the text: another text under the same id is another build. */
export async function materialise(
  connection: Connection,
  datasets: Datasets,
  request: MaterialiseRequest,
): Promise<MaterialiseOutcome> {
  if (request.how !== undefined && !["table", "view"].includes(request.how.mode))
    throw new FatalError("warehouse.mode_unsupported", `${request.table}: BigQuery builds whole tables only`);
  const { projectId, location, labels, jobTimeoutMs, maximumBytesBilled } = connection.settings;
  const query = request.columns ? castSql(request.sql, request.columns) : request.sql;
  await dropIfPartitionedOtherwise(connection, datasets.build, request.table, request.partitionBy);
  const before = await clearNote(connection, datasets.build, request.table);
  await runJob(connection, {
    id: bigqueryJobId(request.jobId, "build", request.table, digest(query)),
    doing: `build ${request.table}`,
    submit: (jobId) =>
      connection.bigquery.createJob({
        jobId,
        location,
        configuration: {
          labels: jobLabels(labels, "build", request.table),
          jobTimeoutMs: String(jobTimeoutMs ?? HOUR_MS),
          query: {
            query,
            useLegacySql: false,
            destinationTable: { projectId, datasetId: datasets.build, tableId: request.table },
            writeDisposition: "WRITE_TRUNCATE",
            createDisposition: "CREATE_IF_NEEDED",
            ...(maximumBytesBilled === undefined ? {} : { maximumBytesBilled: String(maximumBytesBilled) }),
            ...(request.partitionBy === undefined
              ? {}
              : { timePartitioning: { type: "DAY", field: request.partitionBy } }),
            ...(request.clusterBy === undefined ? {} : { clustering: { fields: [...request.clusterBy] } }),
          },
        },
      }),
  });
  const rows = Number((await mustExist(connection, datasets.build, request.table)).numRows ?? 0);
  const { hash = "", inputs = {} } = request;
  const version = await noteBuild(connection, datasets.build, request.table, before, { hash, inputs, rows });
  return { rows, version };
}

/** The author's text stands unchanged inside. JSON passes as it is: BigQuery has no cast to it. */
function castSql(sql: string, columns: readonly Column[]): string {
  const list = columns.map(({ name, type }) =>
    type === "JSON" ? `\`${name}\`` : `CAST(\`${name}\` AS ${type}) AS \`${name}\``,
  );
  return `SELECT ${list.join(", ")} FROM (\n${sql}\n)`;
}

/** The built table replaces the published one by a copy job, which is atomic and scans nothing. */
export async function publish(
  connection: Connection,
  datasets: Datasets,
  table: string,
  jobId: string,
): Promise<void> {
  const { projectId, location, labels, jobTimeoutMs } = connection.settings;
  const built = await mustExist(connection, datasets.build, table);
  const note = await auditedNote(connection, datasets.build, table);
  await dropIfPartitionedOtherwise(connection, datasets.published, table, partitionColumn(built));
  await runJob(connection, {
    // Which build it publishes is part of what it means.
    id: bigqueryJobId(jobId, "publish", table, note.version.toString(36)),
    doing: `publish ${table}`,
    submit: (id) =>
      connection.bigquery.createJob({
        jobId: id,
        location,
        configuration: {
          labels: jobLabels(labels, "publish", table),
          jobTimeoutMs: String(jobTimeoutMs ?? HOUR_MS),
          copy: {
            sourceTable: { projectId, datasetId: datasets.build, tableId: table },
            destinationTable: { projectId, datasetId: datasets.published, tableId: table },
            writeDisposition: "WRITE_TRUNCATE",
            createDisposition: "CREATE_IF_NEEDED",
          },
        },
      }),
  });
  await writeNote(connection, datasets.build, table, { ...note, publishedVersion: note.version });
}

/**
 * BigQuery replaces a table's rows and columns, never its partitioning: a model whose partitioning was changed loses its table first.
 * That once, readers of a published table find none for a moment.
 */
async function dropIfPartitionedOtherwise(
  connection: Connection,
  dataset: string,
  table: string,
  column: string | undefined,
): Promise<void> {
  const existing = await metadataOf(connection, dataset, table);
  if (!existing || partitionColumn(existing) === column) return;
  await connection.call(`drop ${dataset}.${table}`, () =>
    tableOf(connection, dataset, table).delete({ ignoreNotFound: true }),
  );
}

function partitionColumn(table: TableMetadata): string | undefined {
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
