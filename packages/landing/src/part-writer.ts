import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGunzip, createGzip, gzip } from "node:zlib";
import type { LandedFile } from "@lifecycle/contracts";
import { asidePath, discard } from "@lifecycle/runtime";
import { asideFolder, diskError, inFolder, writeSynced } from "./object-store.ts";

/** Where raw files lie: what was received, immutable. */
export interface Landing {
  /**
   * Writes rows as gzipped NDJSON under `path` (relative), whole or not at all; a second write replaces the first. A text among the rows
   * is a row's JSON as it is.
   */
  writePart(path: string, rows: Rows, target: string): Promise<LandedFile>;
  /** The rows of a landed NDJSON file, in the order in which they were written. */
  readPart(file: LandedFile): AsyncIterable<Record<string, unknown>>;
  /** Where a file of a manifest is: absolute uris (a file where it lies) stay, others are below the root; a local path or `gs://`. */
  locate(uri: string): string;
}

export type Rows = Iterable<object | string> | AsyncIterable<object | string>;

/** Level 1: a quarter of the time of the default for a tenth more bytes, and extract workers have one core. */
const GZIP_LEVEL = 1;
const LINES_PER_CHUNK = 500;
/** A part up to about this size is written in one go; streams cost more than such a part does. */
const AT_ONCE_CHARS = 1_000_000;
const gzipped = promisify(gzip);

export function diskLanding(root: string): Landing {
  const locate = (uri: string) => (isAbsolute(uri) ? uri : join(root, uri));
  return {
    locate,
    readPart: (file) => linesOf(createReadStream(locate(file.uri))),
    writePart: async (path, rows, target) => {
      const uri = partUri(path);
      const final = locate(uri);
      const aside = asidePath(asideFolder(root, uri));
      try {
        const written = await writeGzippedLines(rows, aside);
        await inFolder(final, () => rename(aside, final));
        return { uri, format: "ndjson", codec: "gzip", ...written, target };
      } catch (error) {
        await discard(aside);
        throw diskError(error, final);
      }
    },
  };
}

/** Where a part lies, below the root. */
export function partUri(path: string): string {
  return `landing/${path}.ndjson.gz`;
}

/** Writes rows as gzipped NDJSON into a file of this machine and counts them. They are on the disk when this ends. */
export async function writeGzippedLines(
  rows: Rows,
  path: string,
): Promise<{ rows: number; sizeBytes: number }> {
  const counter = { rows: 0 };
  const texts = chunks(rows, counter);
  const begun: string[] = [];
  let length = 0;
  while (length < AT_ONCE_CHARS) {
    const next = await texts.next();
    if (next.done) {
      const bytes = await gzipped(begun.join(""), { level: GZIP_LEVEL });
      await inFolder(path, () => writeSynced(path, bytes));
      return { rows: counter.rows, sizeBytes: bytes.length };
    }
    begun.push(next.value);
    length += next.value.length;
  }
  await mkdir(dirname(path), { recursive: true });
  await pipeline(
    Readable.from(inTurn(begun, texts)),
    createGzip({ level: GZIP_LEVEL }),
    createWriteStream(path, { flush: true }),
  );
  return { rows: counter.rows, sizeBytes: (await stat(path)).size };
}

async function* inTurn(begun: string[], rest: AsyncIterable<string>) {
  yield* begun;
  yield* rest;
}

async function* chunks(rows: Rows, counter: { rows: number }): AsyncGenerator<string, undefined> {
  let lines: string[] = [];
  const isFull = (row: object | string) => {
    counter.rows++;
    return lines.push(typeof row === "string" ? row : JSON.stringify(row)) >= LINES_PER_CHUNK;
  };
  const flush = () => {
    const text = lines.length > 0 ? `${lines.join("\n")}\n` : "";
    lines = [];
    return text;
  };
  // Waiting for each row of a list takes longer than writing it.
  if (Symbol.iterator in rows) {
    for (const row of rows) if (isFull(row)) yield flush();
  } else for await (const row of rows) if (isFull(row)) yield flush();
  const rest = flush();
  if (rest !== "") yield rest;
}

/** The rows of gzipped NDJSON. Lines end with `\n` alone: Node's own reader would also break them at U+2028 within a text. */
export async function* linesOf(bytes: Readable): AsyncGenerator<Record<string, unknown>> {
  const input = createGunzip();
  pipeline(bytes, input).catch((error) => input.destroy(error));
  input.setEncoding("utf8");
  let rest = "";
  for await (const text of input as AsyncIterable<string>) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
  if (rest !== "") yield JSON.parse(rest);
}
