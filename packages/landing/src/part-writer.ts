import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rename, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { LandedFile } from "@lifecycle/contracts";
import { asidePath, discard, diskError } from "./object-store.ts";

/** Where raw files lie: what was received, immutable. */
export interface Landing {
  /** Writes rows as gzipped NDJSON under `path` (relative), whole or not at all; a second write replaces the first. */
  writePart(
    path: string,
    rows: Iterable<object> | AsyncIterable<object>,
    target: string,
  ): Promise<LandedFile>;
  /** The rows of a landed NDJSON file, in the order in which they were written. */
  readPart(file: LandedFile): AsyncIterable<Record<string, unknown>>;
  /** Where a file of a manifest is: absolute uris (a file where it lies) stay, others are below the root; a local path or `gs://`. */
  locate(uri: string): string;
}

/** Level 1: a quarter of the time of the default for a tenth more bytes, and extract workers have one core. */
const GZIP_LEVEL = 1;
const LINES_PER_CHUNK = 500;

export function diskLanding(root: string): Landing {
  const locate = (uri: string) => (isAbsolute(uri) ? uri : join(root, uri));
  return {
    locate,
    readPart: (file) => linesOf(createReadStream(locate(file.uri))),
    writePart: async (path, rows, target) => {
      const uri = partUri(path);
      const final = locate(uri);
      const aside = asidePath(final);
      try {
        await mkdir(dirname(final), { recursive: true });
        const count = await writeGzippedLines(rows, aside);
        await syncFile(aside);
        await rename(aside, final);
        const { size } = await stat(final);
        return { uri, format: "ndjson", codec: "gzip", rows: count, sizeBytes: size, target };
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

/** Writes rows as gzipped NDJSON into a file of this machine and counts them. */
export async function writeGzippedLines(
  rows: Iterable<object> | AsyncIterable<object>,
  path: string,
): Promise<number> {
  const counter = { rows: 0 };
  await pipeline(
    Readable.from(chunks(rows, counter)),
    createGzip({ level: GZIP_LEVEL }),
    createWriteStream(path),
  );
  return counter.rows;
}

async function* chunks(rows: Iterable<object> | AsyncIterable<object>, counter: { rows: number }) {
  let lines: string[] = [];
  const isFull = (row: object) => {
    counter.rows++;
    return lines.push(JSON.stringify(row)) >= LINES_PER_CHUNK;
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

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
