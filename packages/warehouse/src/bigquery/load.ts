import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { TableMetadata } from "@google-cloud/bigquery";
import { FatalError, type LandedFile } from "@lifecycle/contracts";
import { localPath } from "../local-path.ts";
import type { LoadOutcome, LoadRequest } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, digest, label } from "./ids.ts";
import { runJob } from "./jobs.ts";
import { ensureTable, fieldsOf, metadataOf } from "./schema.ts";

/** URIs that one load job may name. */
const MAX_URIS = 10_000;

/**
 * Puts landed files into a raw table by one load job, which is atomic. Its id holds the load id and which table it is (its creation time, so that a
 * table made anew is filled anew): loading again finds the job done. `replace` is told apart by the files' content, since the same load
 * may be asked to replace with more.
 */
export async function loadFiles(
  connection: Connection,
  dataset: string,
  request: LoadRequest,
): Promise<LoadOutcome> {
  const table = await target(connection, dataset, request);
  if (request.files.length === 0 && request.disposition === "append") return { rows: 0, rejected: 0 };
  const incarnation = `t${Number(table?.creationTime ?? 0).toString(36)}`;
  const content = request.disposition === "replace" ? [await contentDigest(request.files)] : [];
  let rows = 0;
  for (const [index, files] of jobsOf(request).entries()) {
    const nth = index === 0 ? [] : [`n${index + 1}`];
    const job = await runJob(connection, {
      id: bigqueryJobId(request.loadId, request.table, incarnation, ...content, ...nth),
      doing: `load ${request.loadId} into ${request.table}`,
      submit: (id) => submitLoad(connection, dataset, { ...request, files }, id),
    });
    rows += Number(job.statistics?.load?.outputRows ?? 0);
  }
  return { rows, rejected: 0 };
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

async function target(
  connection: Connection,
  dataset: string,
  request: LoadRequest,
): Promise<TableMetadata | undefined> {
  if (request.disposition === "replace") return metadataOf(connection, dataset, request.table);
  if (!request.columns.some((column) => column.name === "_load_id")) {
    throw new FatalError(
      "warehouse.no_load_id",
      `table ${request.table} has no _load_id column to append by`,
    );
  }
  return ensureTable(connection, dataset, request.table, request.columns);
}

async function submitLoad(
  connection: Connection,
  dataset: string,
  request: LoadRequest,
  id: string,
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
    labels: jobLabels(labels, "load", request.table),
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

export function jobLabels(own: Readonly<Record<string, string>> | undefined, kind: string, table?: string) {
  return { app: "lifecycle", kind, ...(table === undefined ? {} : { table: label(table) }), ...own };
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
    body.once("error", reject); // a landed file that cannot be read
    bigquery.request(request as never, (error: Error | null) => (error ? reject(error) : resolve()));
  });
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

async function contentDigest(files: readonly LandedFile[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(file.uri);
    if (!file.uri.startsWith("gs://"))
      await pipeline(createReadStream(localPath(file)), hash, { end: false });
  }
  return digest(hash.digest("hex"));
}
