import type { IncomingMessage, ServerResponse } from "node:http";
import { DuckDBInstance } from "@duckdb/node-api";
import { Catalogue, type Policy } from "./bigquery/catalogue.ts";
import type { FakeJob, Translate } from "./bigquery/job.ts";
import { Jobs } from "./bigquery/jobs.ts";
import { type Context, routes } from "./bigquery/routes.ts";
import { notFound } from "./rest/api-error.ts";
import { type FakeRequest, type Fault, Faults, faultError } from "./rest/faults.ts";
import { listen, parseJson, readAll, sendJson } from "./rest/server.ts";
import { type UploadStep, Uploads } from "./rest/upload.ts";

export interface BigqueryServerOptions {
  project?: string;
  port?: number;
  /** BigQuery SQL to DuckDB's. A text that it refuses is an `invalidQuery`. */
  translate?: Translate;
  /** Statements run at the start: macros that the translated text calls. */
  setup?: readonly string[];
  /** Looks at each job that still say it is running; 0 unless told. */
  runningLooks?: number;
  /** How long each job runs besides its work; 0 unless told. Jobs that were sent together run together. */
  jobDelayMs?: number;
  /** The bytes of the objects that a `gs://` URI of a load means; without it such a load finds nothing. */
  readObjects?: (uri: string) => readonly Buffer[];
}

export interface BigqueryServer {
  url: string;
  project: string;
  /** Every request received, in order. */
  requests: FakeRequest[];
  jobs: ReadonlyMap<string, FakeJob>;
  /** Who holds which role on a table. */
  policy(dataset: string, table: string): Policy["bindings"];
  fail(fault: Fault): void;
  forgetFaults(): void;
  /** Lets go of the jobs that a `hold-job` fault holds. */
  release(): void;
  close(): Promise<void>;
}

/**
 * A local BigQuery that speaks its REST API v2 on loopback and executes with DuckDB in memory. It shares no code with the driver.
 *
 * Datasets, tables (labels, partitioning, clustering), views, load jobs (multipart, resumable, `gs://`; NDJSON, CSV, Parquet, Avro), query
 * jobs with or without destination, queries in one request, DML (INSERT, UPDATE, DELETE, MERGE, TRUNCATE) alone or between BEGIN and COMMIT TRANSACTION, copy jobs,
 * partition decorators, dry runs, `maximumBytesBilled` and `jobTimeoutMs`, paged answers, cancelling, locations, and what becomes of jobs that change one table at once.
 *
 * Unlike the real one: one project; a job sees the tables as they are when it does its work, not when it began; any number of statements
 * may wait for a table; no DDL, no other scripts; policies of tables are kept and bind nobody; no Avro unions but with null; a
 * quoted CSV value may always hold line ends; partitions are days of a column; bytes are those of the columns that DuckDB scans; SQL means
 * what `translate` makes of it.
 */
export async function startBigqueryServer(options: BigqueryServerOptions = {}): Promise<BigqueryServer> {
  const project = options.project ?? "test-project";
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    default_null_order: "nulls_first_on_asc_last_on_desc",
  });
  const connection = await instance.connect();
  for (const sql of ["SET TimeZone='UTC'", ...(options.setup ?? [])]) await connection.run(sql);
  const catalogue = new Catalogue(connection);
  const translate = options.translate ?? ((sql) => sql);
  const readObjects =
    options.readObjects ??
    ((uri) => {
      throw notFound(`URI ${uri}`);
    });
  const jobs = new Jobs({ instance, catalogue, translate, readObjects, jobDelayMs: options.jobDelayMs ?? 0 });
  const state = { project, connection, catalogue, jobs, translate, runningLooks: options.runningLooks ?? 0 };
  const faults = new Faults();
  const uploads = new Uploads();
  const requests: FakeRequest[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const path = pathBelow(url.pathname, project);
    const bytes = await readAll(request);
    const seen = { method: request.method ?? "GET", path, ...jobIn(path, bytes) };
    requests.push(seen);
    const fault = faults.take(seen);
    if (fault?.does === "answer") throw faultError(fault);
    if (fault?.does === "cut") return void response.destroy();
    const step = received(uploads, path, url, request, bytes);
    const answer =
      step.kind === "more"
        ? undefined
        : await dispatch(
            {
              ...state,
              body: step.resource,
              data: step.kind === "complete" ? step.data : undefined,
              query: url.searchParams,
              fate: fateOf(fault),
            },
            step.kind === "complete" ? { method: "POST", path: "/upload/jobs" } : seen,
          );
    if (fault?.does === "cut-after") return void response.destroy();
    if (step.kind === "more") response.writeHead(step.status, step.headers).end();
    else sendJson(response, 200, answer);
  }

  const server = await listen(serve, options.port);
  return {
    url: server.url,
    project,
    requests,
    jobs: jobs.all,
    policy: (dataset, table) => catalogue.table(dataset, table).policy?.bindings,
    fail: (fault) => faults.add(fault),
    forgetFaults: () => faults.clear(),
    release: () => jobs.release(),
    async close() {
      await server.close();
      await jobs.close();
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function pathBelow(pathname: string, project: string): string {
  const [, upload, path] = /^(\/upload)?\/bigquery\/v2\/projects\/[^/]+(\/.*)$/.exec(pathname) ?? [];
  if (path === undefined || !pathname.includes(`/projects/${project}/`)) return pathname;
  return `${upload ?? ""}${path}`;
}

/** A job's id stands near the beginning of whatever brings it. */
function jobIn(path: string, bytes: Buffer): { job?: string } {
  if (!path.endsWith("/jobs")) return {};
  const [, job] = /"jobId":"([^"]+)"/.exec(bytes.subarray(0, 200_000).toString("latin1")) ?? [];
  return job === undefined ? {} : { job };
}

function fateOf(fault: Fault | undefined): Context["fate"] {
  if (fault?.does === "fail-job") return { failure: faultError(fault) };
  return fault?.does === "hold-job" ? { held: true } : {};
}

/** What a request carries: plain JSON, a multipart upload, or a step of a resumable one. */
function received(
  uploads: Uploads,
  path: string,
  url: URL,
  request: IncomingMessage,
  bytes: Buffer,
): UploadStep | { kind: "plain"; resource: Record<string, unknown> } {
  if (path.startsWith("/upload")) return uploads.take(url, request.headers, bytes);
  return { kind: "plain", resource: parseJson(bytes) };
}

async function dispatch(context: Context, { method, path }: FakeRequest): Promise<unknown> {
  for (const [routeMethod, pattern, handler] of routes) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (match) return handler(context, ...match.slice(1).map(decodeURIComponent));
  }
  throw notFound(`${method} ${path}`);
}
