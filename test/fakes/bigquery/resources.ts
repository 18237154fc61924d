import type { DatasetEntry, TableEntry } from "./catalogue.ts";
import type { FakeJob } from "./job.ts";

/** Our records as REST resources. */

export function datasetResource(project: string, entry: DatasetEntry) {
  return {
    kind: "bigquery#dataset",
    id: `${project}:${entry.id}`,
    ...entry.resource,
    datasetReference: { projectId: project, datasetId: entry.id },
    location: entry.location,
  };
}

export function tableResource(project: string, entry: TableEntry, numRows: number) {
  return {
    kind: "bigquery#table",
    id: `${project}:${entry.dataset}.${entry.table}`,
    ...entry.resource,
    type: entry.resource.view ? "VIEW" : "TABLE",
    tableReference: { projectId: project, datasetId: entry.dataset, tableId: entry.table },
    schema: { fields: entry.fields },
    creationTime: String(entry.creationTime),
    lastModifiedTime: String(entry.lastModifiedTime),
    ...(entry.resource.view ? {} : { numRows: String(numRows) }),
    etag: `"${entry.lastModifiedTime}"`,
  };
}

/** `told`: the state said, which may lag behind the truth. */
export function jobResource(project: string, job: FakeJob, told: FakeJob["state"]) {
  const failed =
    told === "DONE" && job.error ? { errorResult: job.error.proto, errors: [job.error.proto] } : {};
  return {
    kind: "bigquery#job",
    id: `${project}:${job.location}.${job.id}`,
    jobReference: { projectId: project, jobId: job.id, location: job.location },
    configuration: job.configuration,
    status: { state: told, ...failed },
    statistics: told === "DONE" ? job.statistics : { creationTime: job.statistics.creationTime },
  };
}
