import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Column, type LandedFile, stampColumns } from "@lifecycle/contracts";
import type { LoadRequest } from "@lifecycle/warehouse";

/** One column of each type, then the stamps. */
export const everyType: readonly Column[] = [
  { name: "id", type: "STRING" },
  { name: "n", type: "INT64" },
  { name: "ratio", type: "FLOAT64" },
  { name: "revenue", type: "NUMERIC" },
  { name: "is_on", type: "BOOL" },
  { name: "day", type: "DATE" },
  { name: "local_at", type: "DATETIME" },
  { name: "at", type: "TIMESTAMP" },
  { name: "tags", type: "JSON" },
  { name: "raw", type: "BYTES" },
  ...stampColumns,
];

export const loadId = "load__main__braze__20260101-20260411__p1__campaigns-data-series";

export function stamps(load = loadId): Record<string, unknown> {
  return {
    workspace: "main",
    window_from: "2026-01-01",
    window_until: "2026-04-11",
    pass: 1,
    data_state: "closed",
    _run_id: "main__braze__20260101-20260411__p1",
    _load_id: load,
    _extracted_at: "2026-04-11T06:00:00.000Z",
  };
}

let written = 0;

/** A landed file of rows as `packages/landing` leaves it. */
export async function land(
  folder: string,
  rows: readonly object[],
  codec: "gzip" | "none" = "gzip",
  target = "raw_thing",
): Promise<LandedFile> {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const uri = join(folder, `part-${++written}.ndjson${codec === "gzip" ? ".gz" : ""}`);
  const bytes = codec === "gzip" ? gzipSync(text) : Buffer.from(text);
  await writeFile(uri, bytes);
  return { uri, format: "ndjson", codec, rows: rows.length, sizeBytes: bytes.length, target };
}

export function request(files: readonly LandedFile[], more: Partial<LoadRequest> = {}): LoadRequest {
  return { loadId, table: "raw_thing", columns: everyType, files, disposition: "append", ...more };
}

/** `n` rows with an id each. */
export function things(n: number, load = loadId): Record<string, unknown>[] {
  return Array.from({ length: n }, (_, index) => ({ id: `t${index}`, n: index, ...stamps(load) }));
}

export async function csvFile(folder: string, text: string | Buffer): Promise<LandedFile> {
  const uri = join(folder, `file-${++written}.csv`);
  await writeFile(uri, text);
  return { uri, format: "csv", codec: "none", rows: null, sizeBytes: text.length, target: "raw_people" };
}

const fileStamps = stamps() as Record<string, string | number | null>;

export function csvRequest(
  file: LandedFile,
  columns: readonly string[],
  more: Partial<LoadRequest["csv"]> = {},
): LoadRequest {
  return {
    loadId,
    table: "raw_people",
    columns: [
      ...columns.map((name) => ({ name, type: "STRING" as const })),
      { name: "_row_number", type: "INT64" },
      { name: "_source_sha256", type: "STRING" },
      ...stampColumns,
    ],
    files: [file],
    disposition: "append",
    csv: { sha256: "c0ffee", stamps: fileStamps, maxRejectRatio: 0.5, ...more },
  };
}
