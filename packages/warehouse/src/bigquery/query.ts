import { randomUUID } from "node:crypto";
import type { Job, JobMetadata, TableField } from "@google-cloud/bigquery";
import { RetryableError } from "@lifecycle/contracts";
import type { Datasets, QueryOptions, QueryResult } from "../warehouse.ts";
import { expectedBytes, smallestCap, withinAllowance } from "./allowance.ts";
import type { Connection } from "./client.ts";
import { problemOf, toLifecycleError } from "./errors.ts";
import { jobLabels } from "./ids.ts";
import { bytesBilled } from "./statements.ts";
import { type RestRow, resultColumns, rowValues } from "./values.ts";

const DEFAULT_MAX_ROWS = 10_000;
const PAGE_ROWS = 10_000;

interface Page {
  jobComplete?: boolean;
  pageToken?: string;
  rows?: RestRow[];
  schema?: { fields?: TableField[] };
}

/** Runs a SELECT as a job of its own and pages through its answer. A job that nobody waits for any more is cancelled. */
export function runQuery(
  connection: Connection,
  datasets: Datasets,
  sql: string,
  { allowance, ...options }: QueryOptions = {},
): Promise<QueryResult> {
  const configuration = { defaultDataset: defaultDatasetOf(connection, datasets) };
  return withinAllowance(
    allowance,
    () => expectedBytes(connection, [sql], configuration),
    (most) => runCapped(connection, datasets, sql, options, most),
    ({ bytesBilled: charge = 0 }) => charge,
  );
}

function defaultDatasetOf({ settings }: Connection, { published }: Datasets) {
  return { projectId: settings.projectId, datasetId: published };
}

async function runCapped(
  connection: Connection,
  datasets: Datasets,
  sql: string,
  options: QueryOptions,
  most: number | undefined,
): Promise<QueryResult> {
  const timeout = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
  const signals = [options.signal, timeout].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  signal.throwIfAborted();
  const job = await submit(connection, datasets, sql, options, most);
  try {
    const answer = await raced(signal, collect(connection, job, options.maxRows ?? DEFAULT_MAX_ROWS));
    return options.maxBytesBilled === undefined && most === undefined
      ? answer
      : { ...answer, bytesBilled: await billed(connection, job) };
  } catch (error) {
    if (signal.aborted) await job.cancel().catch(() => undefined); // it ends by its own timeout otherwise
    options.signal?.throwIfAborted();
    if (timeout?.aborted) {
      throw new RetryableError("warehouse.timeout", `query: stopped after ${options.timeoutMs} ms`, {
        cause: error,
      });
    }
    throw error;
  }
}

async function submit(
  connection: Connection,
  datasets: Datasets,
  sql: string,
  options: QueryOptions,
  most: number | undefined,
): Promise<Job> {
  const { location, labels, jobTimeoutMs, maximumBytesBilled } = connection.settings;
  const jobId = `query__${randomUUID()}`;
  const configuration = {
    labels: jobLabels(labels, "query"),
    jobTimeoutMs: String(options.timeoutMs ?? jobTimeoutMs ?? 600_000),
    query: {
      query: sql,
      useLegacySql: false,
      defaultDataset: defaultDatasetOf(connection, datasets),
      ...smallestCap(options.maxBytesBilled, maximumBytesBilled, most),
    },
  };
  await connection.call("query", async () => {
    try {
      await connection.bigquery.createJob({ jobId, location, configuration });
    } catch (error) {
      if (problemOf(error).status !== 409) throw error; // our own first try got through
    }
  });
  return connection.bigquery.job(jobId, { location });
}

async function billed(connection: Connection, job: Job): Promise<number> {
  const [metadata] = (await connection.call("query", () => job.getMetadata())) as [JobMetadata, unknown];
  return bytesBilled(metadata);
}

async function collect(connection: Connection, job: Job, maxRows: number): Promise<QueryResult> {
  const rows: unknown[][] = [];
  let pageToken: string | undefined;
  for (;;) {
    const page = await nextPage(connection, job, Math.min(maxRows + 1 - rows.length, PAGE_ROWS), pageToken);
    if (page.jobComplete === false) continue;
    const fields = page.schema?.fields ?? [];
    for (const row of page.rows ?? []) rows.push(rowValues(fields, row));
    pageToken = page.pageToken;
    if (pageToken === undefined || rows.length > maxRows) {
      const truncated = rows.length > maxRows;
      return { columns: resultColumns(fields), rows: truncated ? rows.slice(0, maxRows) : rows, truncated };
    }
  }
}

/** BigQuery holds the request until the query is done, at most ten seconds. */
async function nextPage(
  connection: Connection,
  job: Job,
  maxResults: number,
  pageToken?: string,
): Promise<Page> {
  const [, , page] = await connection.call("query", () =>
    job.getQueryResults({
      maxResults,
      autoPaginate: false,
      skipParsing: true,
      ...(pageToken === undefined ? {} : { pageToken }),
    }),
  );
  return page as Page;
}

function raced<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, (error) => reject(toLifecycleError(problemOf(error), "query")));
  });
}
