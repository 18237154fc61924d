import { randomUUID } from "node:crypto";
import { FatalError, RetryableError } from "@lifecycle/contracts";
import { Agent, type Dispatcher, request } from "undici";
import { checkedBase, isSafe } from "./address.ts";
import { header, readJson, readSaid, readStart } from "./answer-body.ts";
import { nextCursor } from "./link.ts";
import { type CallName, describe, outcomeOf } from "./outcome.ts";
import { createQuotaReader, type Quota } from "./quota.ts";

export interface HttpOptions {
  connectTimeoutMs?: number | undefined;
  headersTimeoutMs?: number | undefined;
  bodyTimeoutMs?: number | undefined;
  /** Longest time for one call, whatever trickles in. Default 60 s. */
  totalTimeoutMs?: number | undefined;
  keepAliveMs?: number | undefined;
  connections?: number | undefined;
  /** Largest answer, unpacked. Default 64 MB. */
  maxBodyBytes?: number | undefined;
}

export interface ClientOptions {
  workspace: string;
  baseUrl: string;
  apiKey: string;
  /** Its key is no secret, so plain http will do. */
  isSandbox?: boolean | undefined;
  http?: HttpOptions | undefined;
}

export interface Call {
  resource: string;
  path: string;
  scope: string;
  /** A list becomes `name[]=…`, repeated. */
  query: Readonly<Record<string, string | readonly string[]>>;
  /** Given, it is a POST with this as its JSON. */
  json?: Readonly<Record<string, unknown>> | undefined;
}

export interface Answer {
  /** JSON, not yet checked. */
  body: unknown;
  requestId: string;
  /** The cursor of the next page, where the `Link` header names one. */
  next: string | undefined;
}

export interface Client {
  /**
   * One call. `onQuota` gets what the rate-limit headers said, also those of a refusal, before anything is thrown.
   * Throws the signal's reason when aborted, else RetryableError or FatalError with a `braze.*` code (see `outcomeOf`).
   */
  get(call: Call, options: { signal: AbortSignal; onQuota?: (quota: Quota) => void }): Promise<Answer>;
  /**
   * The bytes behind a link that Braze gave us, asked for without the key; undefined while there is nothing yet (403, 404).
   * Throws as `get`, and FatalError `braze.bad_link` for a link that is not https outside this machine.
   */
  download(
    link: string,
    about: DownloadName,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer> | undefined>;
  close(): Promise<void>;
}

export type DownloadName = Pick<CallName, "resource" | "requestId">;

/** Throws InputError `braze.base_url` when the address is none, or not https outside this machine. */
export function createClient(options: ClientOptions): Client {
  const base = checkedBase(options.baseUrl, options.isSandbox ?? false);
  const http = options.http ?? {};
  const agent = new Agent({
    connect: { timeout: http.connectTimeoutMs ?? 5_000 },
    headersTimeout: http.headersTimeoutMs ?? 30_000,
    bodyTimeout: http.bodyTimeoutMs ?? 30_000,
    keepAliveTimeout: http.keepAliveMs ?? 10_000,
    connections: http.connections ?? 64,
    pipelining: 1,
  });
  const reader = new ReadCalls(options, base, agent);
  return {
    get: (call, { signal, onQuota }) => reader.get(call, signal, onQuota),
    download: (link, about, signal) => reader.download(link, about, signal),
    close: () => agent.close(),
  };
}

class ReadCalls {
  readonly #options: ClientOptions;
  readonly #base: string;
  readonly #agent: Agent;
  readonly #totalTimeoutMs: number;
  readonly #maxBodyBytes: number;
  readonly #readQuota = createQuotaReader();

  constructor(options: ClientOptions, base: string, agent: Agent) {
    this.#options = options;
    this.#base = base;
    this.#agent = agent;
    this.#totalTimeoutMs = options.http?.totalTimeoutMs ?? 60_000;
    this.#maxBodyBytes = options.http?.maxBodyBytes ?? 64 * 1024 * 1024;
  }

  async get(call: Call, signal: AbortSignal, onQuota?: (quota: Quota) => void): Promise<Answer> {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(this.#totalTimeoutMs);
    const name: CallName = {
      ...call,
      method: call.json ? "POST" : "GET",
      workspace: this.#options.workspace,
      requestId: randomUUID().slice(0, 8),
    };
    try {
      return await this.#exchange(call, name, AbortSignal.any([signal, timeout]), onQuota);
    } catch (error) {
      const late = `no whole answer within ${this.#totalTimeoutMs} ms from ${describe(name)}`;
      throw outcomeOfFailure(error, name, signal, timeout.aborted ? late : undefined);
    }
  }

  async download(
    link: string,
    about: DownloadName,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer> | undefined> {
    const { workspace, isSandbox = false } = this.#options;
    const name: CallName = { ...about, workspace, method: "GET", path: "its download", scope: "" };
    if (!isSafe(link, isSandbox))
      throw new FatalError("braze.bad_link", `the link of ${describe(name)} is not https`);
    try {
      const answer = await request(link, { dispatcher: this.#agent, signal });
      if (answer.statusCode === 200) return chunksOf(answer.body, name, signal);
      // Storage says 403 for what is not there, to those who may not list.
      await readStart(answer.body);
      if (answer.statusCode === 404 || answer.statusCode === 403) return undefined;
      throw outcomeOf(name, { status: answer.statusCode, said: "" });
    } catch (error) {
      throw outcomeOfFailure(error, name, signal);
    }
  }

  async #exchange(call: Call, name: CallName, signal: AbortSignal, onQuota?: (quota: Quota) => void) {
    const query = queryOf(call.query);
    const url = `${this.#base}${call.path}${query === "" ? "" : `?${query}`}`;
    const answer = await request(url, {
      dispatcher: this.#agent,
      signal,
      method: call.json ? "POST" : "GET",
      ...(call.json ? { body: JSON.stringify(call.json) } : {}),
      headers: {
        authorization: `Bearer ${this.#options.apiKey}`,
        accept: "application/json",
        "accept-encoding": "gzip",
        ...(call.json ? { "content-type": "application/json" } : {}),
      },
    });
    const requestId = header(answer.headers, "x-request-id") ?? name.requestId;
    const known = { ...name, requestId: this.#withoutKey(requestId).slice(0, 80) };
    const quota = this.#readQuota(answer.headers, answer.statusCode);
    if (quota) onQuota?.(quota);
    if (answer.statusCode >= 200 && answer.statusCode < 300) {
      const body = await readJson(answer, known, this.#maxBodyBytes);
      return { body, requestId: known.requestId, next: nextCursor(header(answer.headers, "link")) };
    }
    const said = this.#withoutKey(await readSaid(answer.body));
    throw outcomeOf(known, { status: answer.statusCode, said, retryAfterMs: quota?.retryAfterMs });
  }

  #withoutKey(text: string): string {
    return text.replaceAll(this.#options.apiKey, "[key]");
  }
}

function queryOf(query: Call["query"]): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value]] : value.map((item) => [`${name}[]`, item]),
  );
  return new URLSearchParams(pairs).toString();
}

/** A body whose breaking off is a connection that failed. */
async function* chunksOf(
  body: Dispatcher.ResponseData["body"],
  name: CallName,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (error) {
    throw outcomeOfFailure(error, name, signal);
  }
}

/** What a call that broke off comes to. Throws the signal's reason when aborted; what is classified already stays as it is. */
function outcomeOfFailure(error: unknown, name: CallName, signal: AbortSignal, message?: string) {
  signal.throwIfAborted();
  if (error instanceof RetryableError || error instanceof FatalError) return error;
  const said = message ?? `the connection failed at ${describe(name)}: ${causeOf(error)}`;
  return new RetryableError("braze.connection", said, { cause: error });
}

function causeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : error instanceof Error ? error.name : "unknown";
}
