import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { FatalError, type LandedFile } from "@lifecycle/contracts";
import { localPath } from "../local-path.ts";
import type { LoadRequest } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, jobLabels } from "./ids.ts";
import { runJob } from "./jobs.ts";
import { fieldsOf } from "./schema.ts";

/** URIs that one load job may name. */
const MAX_URIS = 10_000;

/**
 * Brings files into a table of `dataset` by one load job, or as many as their number needs, each found again by its own id and labelled
 * with what the files hold. Returns the rows.
 */
export async function appendFiles(
  connection: Connection,
  dataset: string,
  request: LoadRequest,
  id: string,
  content: string,
): Promise<number> {
  let rows = 0;
  for (const [index, files] of jobsOf(request).entries()) {
    const job = await runJob(connection, {
      id: index === 0 ? id : bigqueryJobId(id, `n${index + 1}`),
      doing: `load ${request.loadId} into ${request.table}`,
      submit: (jobId) => submitLoad(connection, dataset, { ...request, files }, jobId, content),
    });
    rows += Number(job.statistics?.load?.outputRows ?? 0);
  }
  return rows;
}

/** The files of each job: all, or as many objects of a bucket as one job may name. Each job is atomic, and found again by its own id. */
function jobsOf({ files, disposition, loadId }: LoadRequest): (readonly LandedFile[])[] {
  const isRemote = files[0]?.uri.startsWith("gs://") ?? false;
  if (!isRemote || files.length <= MAX_URIS) return [files];
  if (disposition === "replace") {
    throw new FatalError(
      "warehouse.too_many_files",
      `load ${loadId} replaces a table from more than ${MAX_URIS} files`,
    );
  }
  const count = Math.ceil(files.length / MAX_URIS);
  return Array.from({ length: count }, (_, i) => files.slice(i * MAX_URIS, (i + 1) * MAX_URIS));
}

async function submitLoad(
  connection: Connection,
  dataset: string,
  request: LoadRequest,
  id: string,
  content: string,
): Promise<void> {
  const { projectId, location, labels, jobTimeoutMs } = connection.settings;
  const remote = request.files.filter((file) => file.uri.startsWith("gs://"));
  if (remote.length > 0 && remote.length < request.files.length) {
    throw new FatalError(
      "warehouse.mixed_files",
      `load ${request.loadId} mixes files here with files in a bucket`,
    );
  }
  const configuration = {
    labels: { ...jobLabels(labels, "load", request.table), content },
    jobTimeoutMs: String(jobTimeoutMs ?? 3_600_000),
    load: {
      ...loadOptions(request),
      destinationTable: { projectId, datasetId: dataset, tableId: request.table },
      ...(remote.length > 0 ? { sourceUris: remote.map((file) => file.uri) } : {}),
    },
  };
  if (remote.length > 0) await connection.bigquery.createJob({ jobId: id, location, configuration });
  else {
    const jobReference = { jobId: id, projectId, location };
    await upload(connection, { jobReference, configuration }, oneBody(request.files));
  }
}

function loadOptions(request: LoadRequest) {
  const formats = { ndjson: "NEWLINE_DELIMITED_JSON", parquet: "PARQUET", avro: "AVRO" } as const;
  const format = request.files[0]?.format ?? "ndjson";
  if (format === "csv")
    throw new FatalError("warehouse.format_unsupported", "a CSV file is read through `csv` only");
  return {
    sourceFormat: formats[format],
    schema: { fields: fieldsOf(request.columns) },
    writeDisposition: request.disposition === "replace" ? "WRITE_TRUNCATE" : "WRITE_APPEND",
    createDisposition: "CREATE_IF_NEEDED",
    // A file may carry more than the table shows, as on DuckDB.
    ignoreUnknownValues: true,
    ...(format === "avro" ? { useAvroLogicalTypes: true } : {}),
  };
}

/**
 * Sends a job and its data in one multipart request through the client. Its own `createWriteStream` does the same but has no place for
 * labels or a timeout.
 */
function upload(connection: Connection, job: object, body: Readable): Promise<void> {
  const { bigquery, settings } = connection;
  const request = {
    method: "POST",
    uri: `${bigquery.apiEndpoint}/upload/bigquery/v2/projects/${settings.projectId}/jobs`,
    qs: { uploadType: "multipart" },
    timeout: 0,
    multipart: [
      { "Content-Type": "application/json", body: JSON.stringify(job) },
      { "Content-Type": "application/octet-stream", body },
    ],
  };
  return new Promise((resolve, reject) => {
    body.once("error", (error) => reject(unreadable(error)));
    bigquery.request(request as never, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** A landed file that is not there, or not what it says; any other end of the stream is the request's. */
function unreadable(error: NodeJS.ErrnoException): Error {
  if (!/^(ENOENT|EACCES|EISDIR|Z_\w+)$/.test(error.code ?? "")) return error;
  const message = `a landed file cannot be read: ${error.message}`;
  return new FatalError("warehouse.file_unreadable", message, { cause: error });
}

/** One file as it is; several gzip files as one gzip stream, because BigQuery does not promise to read concatenated ones. */
function oneBody(files: readonly LandedFile[]): Readable {
  const [first, ...more] = files;
  if (!first) return Readable.from([]);
  if (more.length === 0) return createReadStream(localPath(first));
  if (first.format !== "ndjson") {
    throw new FatalError(
      "warehouse.one_file",
      `only NDJSON files can be sent several at once, got ${first.format}`,
    );
  }
  const body = first.codec === "gzip" ? createGzip({ level: 1 }) : new PassThrough();
  pipeline(contentOf(files), body).catch((error) => body.destroy(error));
  return body;
}

async function* contentOf(files: readonly LandedFile[]): AsyncGenerator<Buffer> {
  for (const file of files) {
    const bytes = createReadStream(localPath(file));
    yield* file.codec === "gzip" ? bytes.pipe(createGunzip()) : bytes;
  }
}
