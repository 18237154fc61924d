import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { FatalError, type LandedFile } from "@lifecycle/contracts";
import { localPath } from "../local-path.ts";
import type { Datasets, LoadOutcome, LoadRequest } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, digest, jobLabels } from "./ids.ts";
import { fateOf, runJob } from "./jobs.ts";
import type { LoadNote, RawLedger } from "./raw-ledger.ts";
import { dropTable, ensureTable, expireSoon, fieldsOf, incarnationOf, metadataOf } from "./schema.ts";
import { ident, qualified, text } from "./sql.ts";
import { runStatement } from "./statements.ts";

/** URIs that one load job may name. */
const MAX_URIS = 10_000;

/** Which rows of the table are the load's own, and by which name the ledger knows them. */
export interface LoadOwner {
  key: string;
  /** A predicate with constants. */
  rows: string;
}

/**
 * Puts landed files into a raw table. The first time that is one load job, which is atomic and free; its id holds the load id and which
 * table it is (its creation time, so that a table made anew is filled anew), and a label what the files hold. Asked again with the same
 * files it finds that done; with others, or none, the load's rows give way to theirs in one transaction.
 */
export async function loadFiles(
  context: LoadContext,
  request: LoadRequest,
  owner: LoadOwner = { key: request.loadId, rows: `_load_id = ${text(request.loadId)}` },
): Promise<LoadOutcome> {
  const rows =
    request.disposition === "replace"
      ? await replaceTable(context, request)
      : await appendOnce(context, request, owner);
  return { rows, rejected: 0 };
}

export interface LoadContext {
  connection: Connection;
  datasets: Datasets;
  ledger: RawLedger;
}

async function appendOnce(
  { connection, datasets, ledger }: LoadContext,
  request: LoadRequest,
  owner: LoadOwner,
): Promise<number> {
  const { table } = request;
  if (!request.columns.some((column) => column.name === "_load_id"))
    throw new FatalError("warehouse.no_load_id", `table ${table} has no _load_id column to append by`);
  const metadata = await ensureTable(connection, datasets.raw, table, request.columns);
  const incarnation = incarnationOf(metadata);
  const content = await contentDigest(request.files);
  const { known } = await ledger.find(table, incarnation, owner.key);
  if (known?.content === content) return known.rows;
  const note = {
    table,
    loadId: owner.key,
    incarnation,
    content,
    stamped: request.columns.some((column) => column.name === "_extracted_at"),
    replaced: false,
  };
  const own = bigqueryJobId(owner.key, table, incarnation);
  const before = known ? undefined : await firstTry(connection, own);
  const first = before?.failed ? undefined : before?.content;
  // A job that failed for what its files held is never run again: mended files are another.
  const id = before?.failed && before.content !== content ? bigqueryJobId(own, "c", content) : own;
  if (!known && first === undefined && request.files.length === 0) return 0;
  if (!known && (first === undefined || first === content)) {
    const rows = await appendFiles(connection, datasets.raw, request, id, content);
    const loaded = `SELECT * FROM ${qualified(datasets.raw, table)} WHERE ${owner.rows}`;
    if (rows > 0) await ledger.note(`${id}__note`, { ...note, rows: loaded });
    return rows;
  }
  const replaced = known?.version.toString(36) ?? first ?? "";
  return replaceRows({ connection, datasets, ledger }, request, owner, {
    id: bigqueryJobId(id, "r", replaced, content),
    note,
  });
}

/** What the files held that somebody loaded, or tried to, under this id. */
async function firstTry(
  connection: Connection,
  id: string,
): Promise<{ content: string; failed: boolean } | undefined> {
  const fate = await fateOf(connection, { id, doing: `look for load ${id}` }, { wait: true });
  if (fate.state !== "done" && fate.state !== "failed") return undefined;
  const { labels } = (fate.metadata.configuration ?? {}) as { labels?: Record<string, string> };
  return { content: labels?.content ?? "", failed: fate.state === "failed" };
}

async function appendFiles(
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

/** The load's rows go and those of its files come, with its note: one transaction over rows that lie ready beside. */
async function replaceRows(
  { connection, datasets, ledger }: LoadContext,
  request: LoadRequest,
  owner: LoadOwner,
  how: { id: string; note: Omit<LoadNote, "rows"> },
): Promise<number> {
  const aside = `_load__${digest(how.id)}`;
  const columns = request.columns.map(({ name }) => ident(name)).join(", ");
  const target = qualified(datasets.raw, request.table);
  const rows = `SELECT ${columns} FROM ${qualified(datasets.build, aside)}`;
  let count = 0;
  if (request.files.length > 0) {
    const staged = { ...request, table: aside, disposition: "replace" as const };
    count = await appendFiles(
      connection,
      datasets.build,
      staged,
      bigqueryJobId(how.id, "stage"),
      how.note.content,
    );
    await expireSoon(connection, datasets.build, aside);
  }
  const own = `SELECT * FROM ${target} WHERE ${owner.rows}`;
  await ledger.within(request.table, (version) =>
    runStatement(connection, {
      id: how.id,
      doing: `load ${request.loadId} into ${request.table} again`,
      kind: "load",
      table: request.table,
      sql: [
        `DELETE FROM ${target} WHERE ${owner.rows}`,
        ...(count > 0 ? [`INSERT INTO ${target} (${columns}) ${rows}`] : []),
        ledger.insert({ ...how.note, rows: own }, version),
      ],
    }),
  );
  if (request.files.length > 0) await dropTable(connection, datasets.build, aside);
  return count;
}

/** The table's content and shape become those of the files, by one load job. */
async function replaceTable(
  { connection, datasets, ledger }: LoadContext,
  request: LoadRequest,
): Promise<number> {
  const { table, loadId } = request;
  const metadata = await metadataOf(connection, datasets.raw, table);
  const content = await contentDigest(request.files);
  const incarnation = incarnationOf(metadata);
  const { known, last } = await ledger.find(table, incarnation, loadId);
  // What somebody else replaced since is replaced again.
  if (known?.content === content && known.version === last) return known.rows;
  const id = bigqueryJobId(loadId, table, incarnation, content, `v${last.toString(36)}`);
  const count = await appendFiles(connection, datasets.raw, request, id, content);
  const made = incarnationOf((await metadataOf(connection, datasets.raw, table)) ?? metadata);
  const rows = `SELECT * FROM ${qualified(datasets.raw, table)}`;
  const note = { table, loadId, incarnation: made, content, rows, stamped: false, replaced: true };
  await ledger.note(`${id}__note`, note);
  return count;
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

/** Of what the files hold. Of an object in a bucket whose writer took no digest, its name and size must do. */
async function contentDigest(files: readonly LandedFile[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    if (file.digest !== undefined) hash.update(file.digest);
    else if (file.uri.startsWith("gs://")) hash.update(`${file.uri} ${file.sizeBytes}`);
    else await pipeline(createReadStream(localPath(file)), hash, { end: false });
  }
  return digest(hash.digest("hex"));
}
