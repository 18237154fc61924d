import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import { Agent, type Dispatcher, request } from "undici";
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

const ERROR_BODY_BYTES = 4_096;
const SAID_LENGTH = 200;
const unzip = promisify(gunzip);

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
      signal.throwIfAborted();
      if (error instanceof RetryableError || error instanceof FatalError) throw error;
      const message = timeout.aborted
        ? `no whole answer within ${this.#totalTimeoutMs} ms from ${describe(name)}`
        : `the connection failed at ${describe(name)}: ${causeOf(error)}`;
      throw new RetryableError("braze.connection", message, { cause: error });
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
      await start(answer.body);
      if (answer.statusCode === 404 || answer.statusCode === 403) return undefined;
      throw outcomeOf(name, { status: answer.statusCode, said: "" });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RetryableError || error instanceof FatalError) throw error;
      const message = `the connection failed at ${describe(name)}: ${causeOf(error)}`;
      throw new RetryableError("braze.connection", message, { cause: error });
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
      const body = parse(await this.#read(answer, known), known);
      return { body, requestId: known.requestId, next: nextCursor(header(answer.headers, "link")) };
    }
    const said = this.#withoutKey(saidIn(await start(answer.body)));
    throw outcomeOf(known, { status: answer.statusCode, said, retryAfterMs: quota?.retryAfterMs });
  }

  async #read({ body, headers }: Dispatcher.ResponseData, call: CallName): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > this.#maxBodyBytes) {
        body.destroy();
        throw this.#tooLarge(call);
      }
      chunks.push(chunk);
    }
    const received = Buffer.concat(chunks);
    if (header(headers, "content-encoding")?.toLowerCase() !== "gzip") return received;
    try {
      return await unzip(received, { maxOutputLength: this.#maxBodyBytes });
    } catch (error) {
      if (error instanceof RangeError) throw this.#tooLarge(call);
      const message = `the gzip of ${describe(call)} is damaged`;
      throw new RetryableError("braze.malformed_body", message, { cause: error });
    }
  }

  #tooLarge(call: CallName): FatalError {
    const message = `the answer of ${describe(call)} is larger than ${this.#maxBodyBytes} bytes`;
    return new FatalError("braze.body_too_large", message);
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
    signal.throwIfAborted();
    const message = `the connection failed at ${describe(name)}: ${causeOf(error)}`;
    throw new RetryableError("braze.connection", message, { cause: error });
  }
}

function parse(body: Buffer, call: CallName): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    // V8's message quotes the text it cannot read, so it is not kept.
    const kind = /^\s*</.test(body.toString("utf8", 0, 64)) ? "HTML" : "no JSON";
    throw new RetryableError(
      "braze.malformed_body",
      `${describe(call)} answered ${kind} (${body.length} bytes)`,
    );
  }
}

/** The first bytes of an error's body; a large or slow rest is not waited for. */
async function start(body: Dispatcher.ResponseData["body"]): Promise<string> {
  let text = "";
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      text += chunk.toString("utf8");
      if (text.length >= ERROR_BODY_BYTES) break;
    }
  } catch {
    // The status is known and decides; the words are a courtesy.
  }
  body.on("error", () => {});
  body.destroy();
  return text.slice(0, ERROR_BODY_BYTES);
}

function saidIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    const message = typeof body === "object" && body !== null && "message" in body ? body.message : "";
    return typeof message === "string" ? oneLine(message) : "";
  } catch {
    return "";
  }
}

function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length > SAID_LENGTH ? `${line.slice(0, SAID_LENGTH)}…` : line;
}

function header(headers: Dispatcher.ResponseData["headers"], name: string): string | undefined {
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return Array.isArray(entry) ? entry[0] : entry;
}

function causeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : error instanceof Error ? error.name : "unknown";
}

/** The key goes over plain http to this machine only; the sandbox's is no secret and goes anywhere. */
function isSafe(address: string, isSandbox: boolean): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || url.username) return false;
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && (isLoopback || isSandbox));
}

function checkedBase(baseUrl: string, isSandbox: boolean): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url && isSafe(baseUrl, isSandbox)) return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  const shown = url ? `${url.protocol}//${url.host}` : "no URL";
  const message = `base_url must be https (http only on this machine), such as https://rest.iad-01.braze.com; got ${shown}`;
  throw new InputError("braze.base_url", message);
}
