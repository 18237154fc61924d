import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { invalid, notFound } from "./api-error.ts";

/** What Google's media uploads carry: a JSON resource (a job, an object's metadata) and bytes. */
export interface Upload {
  resource: Record<string, unknown>;
  data: Buffer;
  /** Query parameters of the request that began it. */
  query: URLSearchParams;
}

/** A finished upload, or what to answer to one that goes on. */
export type UploadStep =
  | ({ kind: "complete" } & Upload)
  | { kind: "more"; status: number; headers: Record<string, string> };

/** `uploadType=multipart` and `uploadType=resumable`, the latter in one piece or many. */
export class Uploads {
  readonly #sessions = new Map<string, Upload>();

  take(url: URL, headers: IncomingHttpHeaders, bytes: Buffer): UploadStep {
    const id = url.searchParams.get("upload_id");
    if (id !== null) return this.#put(id, headers["content-range"], bytes);
    switch (url.searchParams.get("uploadType")) {
      case "resumable":
        return this.#start(url, headers.host ?? "", bytes);
      case "media":
        return { kind: "complete", resource: {}, data: bytes, query: url.searchParams };
      default: {
        const { resource, data } = parseMultipart(headers["content-type"] ?? "", bytes);
        return { kind: "complete", resource, data, query: url.searchParams };
      }
    }
  }

  #start(url: URL, host: string, bytes: Buffer): UploadStep {
    const id = randomUUID();
    const resource = bytes.length === 0 ? {} : JSON.parse(bytes.toString("utf8"));
    this.#sessions.set(id, { resource, data: Buffer.alloc(0), query: url.searchParams });
    const location = new URL(url.pathname, `http://${host}`);
    location.searchParams.set("uploadType", "resumable");
    location.searchParams.set("upload_id", id);
    return { kind: "more", status: 200, headers: { location: location.href } };
  }

  #put(id: string, contentRange: string | undefined, piece: Buffer): UploadStep {
    const session = this.#sessions.get(id);
    if (!session) throw notFound(`upload ${id}`);
    const range = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(
      contentRange ?? `bytes 0-${piece.length - 1}/${piece.length}`,
    );
    if (!range) throw invalid(`bad content range ${contentRange}`);
    const [, from, until, total] = range;
    if (from !== undefined && Number(from) === session.data.length)
      session.data = Buffer.concat([session.data, piece]);
    // `bytes 0-*/*` is a stream whose end is the end of the request.
    const isOpen = until === "*" ? false : total === "*" || Number(total) > session.data.length;
    if (isOpen) {
      const last = session.data.length - 1;
      return { kind: "more", status: 308, headers: last < 0 ? {} : { range: `bytes=0-${last}` } };
    }
    this.#sessions.delete(id);
    return { kind: "complete", ...session };
  }
}

/** Takes a `multipart/related` body of two parts apart: JSON, then bytes. */
function parseMultipart(contentType: string, body: Buffer): Pick<Upload, "resource" | "data"> {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) throw invalid("multipart body without a boundary");
  const first = partAfter(body, boundary, 0);
  const second = partAfter(body, boundary, first.end);
  return { resource: JSON.parse(first.content.toString("utf8")), data: second.content };
}

function partAfter(body: Buffer, boundary: string, from: number): { content: Buffer; end: number } {
  const start = body.indexOf(`--${boundary}\r\n`, from);
  const headersEnd = body.indexOf("\r\n\r\n", start);
  const end = body.indexOf(`\r\n--${boundary}`, headersEnd);
  if (start < 0 || headersEnd < 0 || end < 0) throw invalid("broken multipart body");
  return { content: body.subarray(headersEnd + 4, end), end };
}
