import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { FatalError, RetryableError } from "@lifecycle/contracts";
import type { Dispatcher } from "undici";
import { type CallName, describe } from "./outcome.ts";

const ERROR_BODY_BYTES = 4_096;
const SAID_LENGTH = 200;
const unzip = promisify(gunzip);

/** The JSON of an answer, not yet checked. Throws RetryableError `braze.malformed_body`, FatalError `braze.body_too_large`. */
export async function readJson(
  { body, headers }: Dispatcher.ResponseData,
  call: CallName,
  maxBytes: number,
): Promise<unknown> {
  const received = await readWhole(body, call, maxBytes);
  const isPacked = header(headers, "content-encoding")?.toLowerCase() === "gzip";
  return parse(isPacked ? await unpack(received, call, maxBytes) : received, call);
}

async function readWhole(
  body: Dispatcher.ResponseData["body"],
  call: CallName,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      body.destroy();
      throw tooLarge(call, maxBytes);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function unpack(received: Buffer, call: CallName, maxBytes: number): Promise<Buffer> {
  try {
    return await unzip(received, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(call, maxBytes);
    const message = `the gzip of ${describe(call)} is damaged`;
    throw new RetryableError("braze.malformed_body", message, { cause: error });
  }
}

function tooLarge(call: CallName, maxBytes: number): FatalError {
  const message = `the answer of ${describe(call)} is larger than ${maxBytes} bytes`;
  return new FatalError("braze.body_too_large", message);
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

/** What an error's body says in its `message`, on one line; empty where it says nothing. */
export async function readSaid(body: Dispatcher.ResponseData["body"]): Promise<string> {
  return saidIn(await readStart(body));
}

/** The first bytes of an error's body; a large or slow rest is not waited for. */
export async function readStart(body: Dispatcher.ResponseData["body"]): Promise<string> {
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

export function header(headers: Dispatcher.ResponseData["headers"], name: string): string | undefined {
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return Array.isArray(entry) ? entry[0] : entry;
}
