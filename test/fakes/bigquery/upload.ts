import { randomUUID } from "node:crypto";
import { invalid, notFound } from "./api-error.ts";

/** A job and the bytes it loads. */
export interface Upload {
  job: Record<string, unknown>;
  data: Buffer;
}

/** Takes a `multipart/related` body of two parts apart: JSON, then bytes. */
export function parseMultipart(contentType: string, body: Buffer): Upload {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) throw invalid("multipart body without a boundary");
  const first = partAfter(body, boundary, 0);
  const second = partAfter(body, boundary, first.end);
  return { job: JSON.parse(first.content.toString("utf8")), data: second.content };
}

function partAfter(body: Buffer, boundary: string, from: number): { content: Buffer; end: number } {
  const start = body.indexOf(`--${boundary}\r\n`, from);
  const headersEnd = body.indexOf("\r\n\r\n", start);
  const end = body.indexOf(`\r\n--${boundary}`, headersEnd);
  if (start < 0 || headersEnd < 0 || end < 0) throw invalid("broken multipart body");
  return { content: body.subarray(headersEnd + 4, end), end };
}

/** Sessions of resumable uploads: a job first, then its bytes in one or more pieces. */
export class ResumableUploads {
  readonly #sessions = new Map<string, { job: Record<string, unknown>; data: Buffer }>();

  start(job: Record<string, unknown>): string {
    const id = randomUUID();
    this.#sessions.set(id, { job, data: Buffer.alloc(0) });
    return id;
  }

  /** The complete upload, or how many bytes have come so far. */
  put(id: string, contentRange: string | undefined, piece: Buffer): Upload | { received: number } {
    const session = this.#sessions.get(id);
    if (!session) throw notFound(`upload ${id}`);
    const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(
      contentRange ?? `bytes 0-${piece.length - 1}/${piece.length}`,
    );
    if (!range) throw invalid(`bad content range ${contentRange}`);
    const [, from, , total] = range;
    if (from !== undefined && Number(from) === session.data.length)
      session.data = Buffer.concat([session.data, piece]);
    if (total === "*" || Number(total) > session.data.length) return { received: session.data.length };
    this.#sessions.delete(id);
    return session;
  }
}
