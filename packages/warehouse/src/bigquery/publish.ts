import { refuseView } from "../builds.ts";
import type { Datasets } from "../warehouse.ts";
import { dropUnlessFit, mustExist, partitionColumn } from "./build-steps.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, jobLabels } from "./ids.ts";
import { runJob } from "./jobs.ts";
import { auditedNote, writeNote } from "./notes.ts";

const HOUR_MS = 3_600_000;

/** The built table replaces the published one by a copy job, which is atomic and scans nothing. Throws for a view: see `refuseView`. */
export async function publish(
  connection: Connection,
  datasets: Datasets,
  table: string,
  jobId: string,
): Promise<void> {
  const built = await mustExist(connection, datasets.build, table);
  if (built.type === "VIEW") refuseView(datasets.build, table);
  const note = await auditedNote(connection, datasets.build, table);
  await dropUnlessFit(connection, datasets.published, table, partitionColumn(built));
  // Which build it publishes is part of what it means.
  const id = bigqueryJobId(jobId, "publish", table, note.version.toString(36));
  await copyTable(connection, datasets, table, id);
  await writeNote(connection, datasets.build, table, { ...note, publishedVersion: note.version });
}

async function copyTable(
  connection: Connection,
  datasets: Datasets,
  table: string,
  id: string,
): Promise<void> {
  const { projectId, location, labels, jobTimeoutMs } = connection.settings;
  await runJob(connection, {
    id,
    doing: `publish ${table}`,
    submit: (jobId) =>
      connection.bigquery.createJob({
        jobId,
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
}
