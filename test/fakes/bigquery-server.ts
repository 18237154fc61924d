import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DuckDBInstance } from "@duckdb/node-api";
import { ApiError, notFound } from "./bigquery/api-error.ts";
import { Catalogue } from "./bigquery/catalogue.ts";
import { type FakeRequest, type Fault, Faults, faultError } from "./bigquery/faults.ts";
import { type FakeJob, Jobs } from "./bigquery/jobs.ts";
import { type Context, routes } from "./bigquery/routes.ts";
import { parseMultipart, ResumableUploads } from "./bigquery/upload.ts";

export interface BigqueryServerOptions {
  project?: string;
  /** BigQuery SQL to DuckDB's. */
  translate?: (sql: string) => string | Promise<string>;
  /** Statements run at the start: macros that the translated text calls. */
  setup?: readonly string[];
  /** Looks at each job that still say it is running; 0 unless told. */
  runningLooks?: number;
}

export interface BigqueryServer {
  url: string;
  project: string;
  /** Every request received, in order. */
  requests: FakeRequest[];
  jobs: ReadonlyMap<string, FakeJob>;
  fail(fault: Fault): void;
  close(): Promise<void>;
}

/**
 * A local BigQuery that speaks its REST API v2 on loopback and executes with DuckDB in memory. It shares no code with the driver.
 *
 * Unlike the real one: one project; jobs run one after another; no partition decorators, views, DML or access control; loads NDJSON and
 * Parquet from uploads only; bytes processed are 0; SQL means what `translate` makes of it.
 */
export async function startBigqueryServer(options: BigqueryServerOptions = {}): Promise<BigqueryServer> {
  const project = options.project ?? "test-project";
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  for (const sql of ["SET TimeZone='UTC'", ...(options.setup ?? [])]) await connection.run(sql);
  const catalogue = new Catalogue(connection);
  const jobs = new Jobs({ instance, catalogue, translate: options.translate ?? ((sql) => sql) });
  const state = { project, connection, catalogue, jobs, runningLooks: options.runningLooks ?? 0 };
  const faults = new Faults();
  const uploads = new ResumableUploads();
  const requests: FakeRequest[] = [];

  const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
      const known = error instanceof ApiError ? error : new ApiError(500, "internalError", String(error));
      send(response, known.status, known.body);
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const seen = { method: request.method ?? "GET", path: pathBelow(url.pathname, project) };
    requests.push(seen);
    const received = await readAll(request);
    const fault = faults.take(seen);
    if (fault?.does === "answer") throw faultError(fault);
    if (fault?.does === "cut") return void response.destroy();
    const upload = takeUpload(uploads, request, url, seen.path, received);
    const answer =
      upload.kind === "more"
        ? upload
        : await dispatch(
            {
              ...state,
              ...upload,
              query: url.searchParams,
              jobFailure: fault?.does === "fail-job" ? faultError(fault) : undefined,
            },
            upload.kind === "complete" ? { method: "POST", path: "/upload/jobs" } : seen,
          );
    if (fault?.does === "cut-after") return void response.destroy();
    if (upload.kind === "more") response.writeHead(upload.status, upload.headers).end();
    else send(response, 200, answer);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    project,
    requests,
    jobs: jobs.all,
    fail: (fault) => faults.add(fault),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      for (const job of jobs.all.values()) {
        if (job.state !== "DONE") job.cancel();
        await job.done;
      }
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

type Received =
  | { kind: "plain" | "complete"; body: Record<string, unknown>; data: Buffer | undefined }
  | { kind: "more"; status: number; headers: Record<string, string> };

/** What a request carries: plain JSON, a multipart upload, or a step of a resumable one. */
function takeUpload(
  uploads: ResumableUploads,
  request: IncomingMessage,
  url: URL,
  path: string,
  bytes: Buffer,
): Received {
  if (!path.startsWith("/upload")) return { kind: "plain", body: parse(bytes), data: undefined };
  const id = url.searchParams.get("upload_id");
  if (id !== null) {
    const put = uploads.put(id, request.headers["content-range"], bytes);
    if ("job" in put) return { kind: "complete", body: put.job, data: put.data };
    const range = put.received > 0 ? { range: `bytes=0-${put.received - 1}` } : {};
    return { kind: "more", status: 308, headers: range as Record<string, string> };
  }
  if (url.searchParams.get("uploadType") === "resumable") {
    const location = new URL(`http://${request.headers.host}${url.pathname}`);
    location.searchParams.set("uploadType", "resumable");
    location.searchParams.set("upload_id", uploads.start(parse(bytes)));
    return { kind: "more", status: 200, headers: { location: location.href } };
  }
  const { job, data } = parseMultipart(request.headers["content-type"] ?? "", bytes);
  return { kind: "complete", body: job, data };
}

async function dispatch(context: Context, { method, path }: FakeRequest): Promise<unknown> {
  for (const [routeMethod, pattern, handler] of routes) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (match) return handler(context, ...match.slice(1).map(decodeURIComponent));
  }
  throw notFound(`${method} ${path}`);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parse(bytes: Buffer): Record<string, unknown> {
  return bytes.length === 0 ? {} : JSON.parse(bytes.toString("utf8"));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  const text = body === undefined ? "" : JSON.stringify(body);
  response
    .writeHead(text === "" ? 204 : status, { "content-type": "application/json; charset=UTF-8" })
    .end(text);
}
