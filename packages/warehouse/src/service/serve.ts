import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorCode, errorMessage, FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import { QueryMistake } from "../query-mistake.ts";
import type { QueryOptions, QueryResult } from "../warehouse.ts";
import { type ErrorAnswer, QueryRequest, removeEndpoint, writeEndpoint } from "./endpoint.ts";

/** A warehouse that answers strangers: one SELECT over its tables, and nothing else. */
export interface QueryService {
  /** Throws `InputError query.*` when the text is not such a query. */
  querySafely(sql: string, options?: QueryOptions): Promise<QueryResult>;
}

export interface ServeOptions {
  /** Folder of the endpoint file. */
  stateDir: string;
  /** Upper bounds of what a caller may ask for: 100,000 rows, 60,000 ms unless told. */
  maxRows?: number;
  timeoutMs?: number;
}

const BODY_BYTES = 1_100_000;

/**
 * Answers read-only queries of other processes on loopback, at a port of the system's choosing, to whoever holds the token in the
 * endpoint file (`warehouse-endpoint.json`, mode 0600). `close` stops running queries and removes the file.
 */
export async function serveQueries(
  warehouse: QueryService,
  options: ServeOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const token = randomBytes(32).toString("hex");
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    answer(warehouse, options, token, stopping.signal, request, response).catch(() => response.destroy());
  });
  const url = await listen(server);
  await writeEndpoint(options.stateDir, { url, token, pid: process.pid });
  return {
    url,
    async close() {
      await removeEndpoint(options.stateDir, token);
      stopping.abort(new RetryableError("warehouse.stopping", "the owner of the warehouse is stopping"));
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answer(
  warehouse: QueryService,
  options: ServeOptions,
  token: string,
  stopping: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isAuthorised(request, token))
    return send(response, 401, problem(new FatalError("query.unauthorised", "no valid token")));
  if (request.method === "GET" && request.url === "/health") return send(response, 200, { pid: process.pid });
  if (request.method !== "POST" || request.url !== "/query") {
    return send(response, 404, problem(new FatalError("query.unknown_path", "unknown path")));
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort(new RetryableError("query.caller_gone", "the caller went away")));
  try {
    const asked = parseRequest(await readBody(request));
    const result = await warehouse.querySafely(asked.sql, {
      maxRows: Math.min(asked.maxRows ?? 10_000, options.maxRows ?? 100_000),
      timeoutMs: Math.min(asked.timeoutMs ?? 60_000, options.timeoutMs ?? 60_000),
      signal: AbortSignal.any([gone.signal, stopping]),
    });
    send(response, 200, result);
  } catch (error) {
    send(
      response,
      error instanceof InputError ? 400 : error instanceof FatalError ? 422 : 503,
      problem(error),
    );
  }
}

function isAuthorised(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES)
      throw new InputError("query.too_long", `a query may have at most ${BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseRequest(body: string): QueryRequest {
  try {
    return QueryRequest.parse(JSON.parse(body));
  } catch (error) {
    throw new InputError("query.bad_request", "expected JSON {sql, maxRows?, timeoutMs?}", { cause: error });
  }
}

function problem(error: unknown): ErrorAnswer {
  const kind = error instanceof InputError ? "input" : error instanceof FatalError ? "fatal" : "retryable";
  const word = error instanceof QueryMistake ? error.word : undefined;
  return {
    kind,
    code: errorCode(error),
    message: errorMessage(error),
    ...(word === undefined ? {} : { word }),
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  // One query per connection: a kept-alive one would hold the owner back when it stops.
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify(body));
}
