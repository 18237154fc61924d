import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rename, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { createInterface } from "node:readline";
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
  /** The local path of a landed file's uri: absolute uris (a file where it lies) stay, others are below the root. */
  locate(uri: string): string;
}

/** Level 1: a quarter of the time of the default for a tenth more bytes, and extract workers have one core. */
const GZIP_LEVEL = 1;
const LINES_PER_CHUNK = 500;

export function diskLanding(root: string): Landing {
  const locate = (uri: string) => (isAbsolute(uri) ? uri : join(root, uri));
  return {
    locate,
    readPart: (file) => readLines(locate(file.uri)),
    writePart: async (path, rows, target) => {
      const uri = `landing/${path}.ndjson.gz`;
      const final = locate(uri);
      const aside = asidePath(final);
      const counter = { rows: 0 };
      try {
        await mkdir(dirname(final), { recursive: true });
        await pipeline(
          Readable.from(chunks(rows, counter)),
          createGzip({ level: GZIP_LEVEL }),
          createWriteStream(aside),
        );
        await syncFile(aside);
        await rename(aside, final);
        const { size } = await stat(final);
        return { uri, format: "ndjson", codec: "gzip", rows: counter.rows, sizeBytes: size, target };
      } catch (error) {
        await discard(aside);
        throw diskError(error, final);
      }
    },
  };
}

async function* chunks(rows: Iterable<object> | AsyncIterable<object>, counter: { rows: number }) {
  let lines: string[] = [];
  for await (const row of rows) {
    lines.push(JSON.stringify(row));
    counter.rows++;
    if (lines.length >= LINES_PER_CHUNK) {
      yield `${lines.join("\n")}\n`;
      lines = [];
    }
  }
  if (lines.length > 0) yield `${lines.join("\n")}\n`;
}

async function* readLines(path: string): AsyncGenerator<Record<string, unknown>> {
  const input = createReadStream(path).pipe(createGunzip());
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== "") yield JSON.parse(line);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
