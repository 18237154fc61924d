import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CsvRead, type LoadOutcome, type LoadRequest, rejectedRowTable } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { inEmbeddedEngine } from "./embedded.ts";
import { loadFiles } from "./load.ts";

/**
 * Reads a person's CSV file with the embedded engine, exactly as the DuckDB warehouse does, and loads what came out. BigQuery's own reader
 * knows no row numbers and names no rejected line.
 */
export async function loadCsv(
  connection: Connection,
  dataset: string,
  request: LoadRequest,
  csv: CsvRead,
): Promise<LoadOutcome> {
  const folder = await mkdtemp(join(tmpdir(), "csv-load-"));
  try {
    const { outcome, rows, rejected } = (await inEmbeddedEngine({ kind: "read-csv", folder, request, csv }))!;
    await loadFiles(connection, dataset, { ...request, files: [rows] });
    if (rejected) {
      await loadFiles(connection, dataset, {
        loadId: `${request.loadId}__${request.table}`,
        ...rejectedRowTable,
        files: [rejected],
        disposition: "append",
      });
    }
    return outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
