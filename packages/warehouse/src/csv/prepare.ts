import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { discard, temporaryFolder } from "@lifecycle/runtime";
import { type CsvScan, CsvScanner, type ScanOptions } from "./scan.ts";

export interface CsvSource {
  path: string;
  /** One ASCII character. */
  delimiter: string;
  maxLineBytes: number;
  /** Folder for what is written aside; `dispose` takes it away again. */
  workDirectory: string;
}

export interface PreparedCsv extends CsvScan {
  source: CsvSource;
  /** What DuckDB reads: the file itself or, when it has bytes that DuckDB must not see, a copy without them. */
  path: string;
  /** NDJSON of `BadRecord`: what was left out. */
  badPath: string;
  dispose(): Promise<void>;
}

export const DEFAULT_MAX_LINE_BYTES = 2_000_000;
const CHUNK_BYTES = 1 << 18;
const LF = Buffer.from("\n");

/** Scans the file once and, only where DuckDB would go astray, writes the readable records to a copy with one kind of line end. */
export async function prepareCsv(source: CsvSource): Promise<PreparedCsv> {
  await mkdir(source.workDirectory, { recursive: true });
  const folder = await temporaryFolder("csv", source.workDirectory);
  const dispose = () => discard(folder);
  try {
    const badPath = join(folder, "bad.ndjson");
    const scan = await toFile(badPath, source, (write) => ({
      onBad: (bad) => write(`${JSON.stringify(bad)}\n`),
    }));
    if (!needsCopy(scan)) return { ...scan, source, path: source.path, badPath, dispose };
    const path = join(folder, "clean.csv");
    await toFile(path, source, (write) => ({
      onRecord: (bytes) => {
        write(bytes);
        write(LF);
      },
    }));
    return { ...scan, source, path, badPath, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function needsCopy(scan: CsvScan): boolean {
  return scan.bad > 0 || scan.mixedNewlines || scan.headerStart > 0;
}

/**
 * Lines in the file as given, 1-based, of records that DuckDB names by a byte of the file it read, counted from 1, ascending. It may name
 * a byte of the line end or blank lines before the record, so the first record from there on is meant.
 */
export async function linesAt(csv: PreparedCsv, positions: readonly number[]): Promise<number[]> {
  const lines: number[] = [];
  const copied = needsCopy(csv);
  let written = 0;
  const scanner = new CsvScanner({
    ...csv.source,
    onRecord: (bytes, line, offset) => {
      const position = copied ? written : offset;
      written += bytes.length + LF.length;
      while (
        bytes.length > 0 &&
        lines.length < positions.length &&
        positions[lines.length]! - 1 <= position
      ) {
        lines.push(line);
      }
    },
  });
  for await (const chunk of createReadStream(csv.source.path, { highWaterMark: CHUNK_BYTES }))
    scanner.push(chunk);
  scanner.end();
  return lines;
}

/** One scan of the file whose hooks write to `path`. */
async function toFile(
  path: string,
  source: CsvSource,
  hooks: (write: (bytes: string | Buffer) => void) => Pick<ScanOptions, "onBad" | "onRecord">,
): Promise<CsvScan> {
  let pending: Buffer[] = [];
  const scanner = new CsvScanner({
    ...source,
    ...hooks((bytes) => pending.push(typeof bytes === "string" ? Buffer.from(bytes) : bytes)),
  });
  const drain = () => {
    const bytes = Buffer.concat(pending);
    pending = [];
    return bytes;
  };
  let scan: CsvScan | undefined;
  async function* output() {
    for await (const chunk of createReadStream(source.path, { highWaterMark: CHUNK_BYTES })) {
      scanner.push(chunk);
      yield drain();
    }
    scan = scanner.end();
    yield drain();
  }
  await pipeline(Readable.from(output()), createWriteStream(path));
  return scan!;
}
