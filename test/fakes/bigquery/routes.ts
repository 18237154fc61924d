import { randomUUID } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import { ApiError, invalid, notFound } from "../rest/api-error.ts";
import type { Catalogue, Policy, TableEntry } from "./catalogue.ts";
import type { JobConfiguration, QueryConfiguration } from "./configuration.ts";
import type { FakeJob, JobFate, Translate } from "./job.ts";
import type { Jobs } from "./jobs.ts";
import { datasetResource, jobResource, tableResource } from "./resources.ts";
import { type Field, quote, restValue } from "./types.ts";

export interface Context {
  project: string;
  connection: DuckDBConnection;
  catalogue: Catalogue;
  jobs: Jobs;
  translate: Translate;
  /** Looks at a new job that still say it is running. */
  runningLooks: number;
  query: URLSearchParams;
  body: Record<string, unknown>;
  /** Bytes of an upload. */
  data: Buffer | undefined;
  /** What shall become of the job that this request makes. */
  fate: JobFate;
}

type Handler = (context: Context, ...ids: string[]) => Promise<unknown> | unknown;

/** Method, path below the project, what it does. */
export const routes: readonly [string, RegExp, Handler][] = [
  ["POST", /^\/datasets$/, createDataset],
  ["GET", /^\/datasets$/, listDatasets],
  [
    "GET",
    /^\/datasets\/([^/]+)$/,
    ({ project, catalogue }, id) => datasetResource(project, catalogue.dataset(id!)),
  ],
  ["DELETE", /^\/datasets\/([^/]+)$/, deleteDataset],
  ["POST", /^\/datasets\/([^/]+)\/tables$/, createTable],
  ["GET", /^\/datasets\/([^/]+)\/tables$/, listTables],
  [
    "GET",
    /^\/datasets\/([^/]+)\/tables\/([^/]+)$/,
    (context, d, t) => answerTable(context, context.catalogue.table(d!, t!)),
  ],
  ["PATCH", /^\/datasets\/([^/]+)\/tables\/([^/]+)$/, patchTable],
  ["PUT", /^\/datasets\/([^/]+)\/tables\/([^/]+)$/, patchTable],
  ["DELETE", /^\/datasets\/([^/]+)\/tables\/([^/]+)$/, ({ catalogue }, d, t) => catalogue.dropTable(d!, t!)],
  ["GET", /^\/datasets\/([^/]+)\/tables\/([^/]+)\/data$/, listRows],
  ["POST", /^\/datasets\/([^/]+)\/tables\/([^/:]+)\/?:getIamPolicy$/, getPolicy],
  ["POST", /^\/datasets\/([^/]+)\/tables\/([^/:]+)\/?:setIamPolicy$/, setPolicy],
  ["POST", /^(?:\/upload)?\/jobs$/, insertJob],
  ["GET", /^\/jobs$/, listJobs],
  ["GET", /^\/jobs\/([^/]+)$/, getJob],
  ["POST", /^\/jobs\/([^/]+)\/cancel$/, cancelJob],
  ["POST", /^\/queries$/, queryAtOnce],
  ["GET", /^\/queries\/([^/]+)$/, getQueryResults],
];

async function createDataset({ project, catalogue, body }: Context) {
  const { datasetId } = body.datasetReference as { datasetId: string };
  return datasetResource(project, await catalogue.createDataset(datasetId, body));
}

function listDatasets({ project, catalogue }: Context) {
  return { datasets: [...catalogue.datasets.values()].map((entry) => datasetResource(project, entry)) };
}

async function deleteDataset({ catalogue, query }: Context, id?: string) {
  await catalogue.deleteDataset(id!, query.get("deleteContents") === "true");
}

async function createTable(context: Context, dataset?: string) {
  const { schema, tableReference, ...resource } = context.body as {
    schema?: { fields?: Field[] };
    tableReference: { tableId: string };
  };
  const { view } = resource as { view?: { query: string } };
  const entry = view
    ? await context.catalogue.createView(
        dataset!,
        tableReference.tableId,
        await context.translate(view.query, dataset),
        resource,
      )
    : await context.catalogue.createTable(dataset!, tableReference.tableId, schema?.fields ?? [], resource);
  return answerTable(context, entry);
}

async function answerTable({ project, connection }: Context, entry: TableEntry) {
  const rows = await connection.runAndReadAll(
    `SELECT count(*) FROM ${quote(entry.dataset)}.${quote(entry.table)}`,
  );
  return tableResource(project, entry, Number(rows.getRows()[0]![0]));
}

async function patchTable(context: Context, dataset?: string, table?: string) {
  const { view } = context.body as { view?: { query: string } };
  if (view) {
    const sql = await context.translate(view.query, dataset);
    return answerTable(context, await context.catalogue.patchView(dataset!, table!, sql, context.body));
  }
  return answerTable(context, await context.catalogue.patchTable(dataset!, table!, context.body));
}

function listTables({ project, catalogue }: Context, dataset?: string) {
  catalogue.dataset(dataset!);
  const own = [...catalogue.tables.values()].filter((entry) => entry.dataset === dataset);
  return { tables: own.map((entry) => tableResource(project, entry, 0)), totalItems: own.length };
}

function listRows(context: Context, dataset?: string, table?: string) {
  const entry = context.catalogue.table(dataset!, table!);
  return page(context, `${quote(entry.dataset)}.${quote(entry.table)}`, entry.fields);
}

function getPolicy({ catalogue }: Context, dataset?: string, table?: string) {
  const { policy } = catalogue.table(dataset!, table!);
  return policy ?? { version: 1, etag: "ACAB", bindings: [] };
}

/** A policy that was read before somebody changed it is refused. */
function setPolicy({ catalogue, body }: Context, dataset?: string, table?: string) {
  const entry = catalogue.table(dataset!, table!);
  const { policy } = body as { policy: Policy };
  if (policy.etag !== undefined && policy.etag !== (entry.policy?.etag ?? "ACAB"))
    throw new ApiError(409, "aborted", "There were concurrent policy changes. Please retry.");
  const odd = (policy.bindings ?? [])
    .flatMap(({ members }) => members)
    .find((member) => !/^\w+:\S+$/.test(member));
  if (odd !== undefined) throw invalid(`Invalid member ${odd}`);
  entry.policy = { ...policy, etag: `E${catalogue.now()}` };
  return entry.policy;
}

/** What the rows of one page may come to: a page may hold fewer than were asked for. */
const PAGE_BYTES = 10 * 1_048_576;

/** Rows from a page token, which is the number of rows before it. */
async function page({ connection, query }: Context, relation: string, fields: readonly Field[]) {
  const offset = Number(query.get("pageToken") ?? query.get("startIndex") ?? 0);
  const limit = Number(query.get("maxResults") ?? 10_000);
  const total = Number((await connection.runAndReadAll(`SELECT count(*) FROM ${relation}`)).getRows()[0]![0]);
  const result = await connection.runAndReadAll(`SELECT * FROM ${relation} LIMIT ${limit} OFFSET ${offset}`);
  const rows = [];
  let bytes = 0;
  for (const values of result.getRows()) {
    const row = { f: values.map((value, index) => ({ v: restValue(fields[index]!, value) })) };
    bytes += JSON.stringify(row).length;
    if (bytes > PAGE_BYTES && rows.length > 0) break;
    rows.push(row);
  }
  const next = offset + rows.length;
  return { totalRows: String(total), rows, ...(next < total ? { pageToken: String(next) } : {}) };
}

async function insertJob(context: Context) {
  const { project, jobs, body, data, fate, runningLooks } = context;
  const reference = (body.jobReference ?? {}) as { jobId?: string; location?: string };
  const configuration = body.configuration as JobConfiguration;
  const job = jobs.insert(
    reference.jobId ?? randomUUID(),
    reference.location ?? context.catalogue.home(),
    configuration,
    data,
    {
      ...fate,
      pretendRunning: runningLooks,
    },
  );
  if (!configuration.dryRun) return jobResource(project, job, "RUNNING");
  await job.done;
  if (job.error) throw job.error;
  return jobResource(project, job, "DONE");
}

async function getJob({ project, jobs, query }: Context, id?: string) {
  const job = jobs.get(id!, query.get("location"));
  return jobResource(project, job, tell(job));
}

function tell(job: FakeJob): FakeJob["state"] {
  if (job.state !== "DONE") return job.state;
  if (job.pretendRunning <= 0) return "DONE";
  job.pretendRunning -= 1;
  return "RUNNING";
}

function listJobs({ project, jobs }: Context) {
  return { jobs: [...jobs.all.values()].map((job) => jobResource(project, job, job.state)) };
}

async function cancelJob({ project, jobs, query }: Context, id?: string) {
  const job = jobs.get(id!, query.get("location"));
  if (job.state !== "DONE") job.cancel();
  return { job: jobResource(project, job, job.state) };
}

/** Waits for the query as long as it was asked to, ten seconds unless told. */
function getQueryResults(context: Context, id?: string) {
  const { jobs, query } = context;
  return answerQuery(context, jobs.get(id!, query.get("location")), Number(query.get("timeoutMs") ?? 10_000));
}

/** A query, its job and the first page of its answer in one request. */
async function queryAtOnce(context: Context) {
  const { body, jobs, fate, runningLooks, query } = context;
  const { location, timeoutMs, maxResults, dryRun, labels, jobTimeoutMs, ...asked } =
    body as unknown as AtOnce;
  const configuration = { dryRun, labels, jobTimeoutMs, query: asked };
  const options = { ...fate, pretendRunning: runningLooks };
  const job = jobs.insert(
    randomUUID(),
    location ?? context.catalogue.home(),
    configuration,
    undefined,
    options,
  );
  if (maxResults !== undefined) query.set("maxResults", String(maxResults));
  return answerQuery(context, job, Number(timeoutMs ?? 10_000));
}

type AtOnce = Omit<JobConfiguration, "query" | "load" | "copy"> &
  QueryConfiguration & { location?: string; timeoutMs?: string; maxResults?: string };

async function answerQuery(context: Context, job: FakeJob, timeoutMs: number) {
  const { project } = context;
  const jobReference = { projectId: project, jobId: job.id, location: job.location };
  await withinMs(job.done, timeoutMs);
  if (job.state !== "DONE") return { jobReference, jobComplete: false };
  if (job.error) throw job.error;
  const { numDmlAffectedRows, statementType, schema } = (job.statistics.query ?? {}) as QueryStatistics;
  const { totalBytesProcessed } = job.statistics;
  const whole = { jobReference, jobComplete: true, totalBytesProcessed, cacheHit: false };
  if (job.answer) {
    const rows = await page(context, job.answer.relation, job.answer.fields);
    return { ...whole, schema: { fields: job.answer.fields }, ...rows };
  }
  if (job.configuration.dryRun) return { ...whole, schema };
  if (statementType === undefined)
    throw job.configuration.query ? notFound(`answer of ${job.id}`) : invalid("not a query job");
  return { ...whole, totalRows: "0", ...(numDmlAffectedRows ? { numDmlAffectedRows } : {}) };
}

interface QueryStatistics {
  numDmlAffectedRows?: string;
  statementType?: string;
  schema?: { fields: Field[] };
}

async function withinMs(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
