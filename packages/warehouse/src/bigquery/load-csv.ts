import { withTemporaryFolder } from "@lifecycle/runtime";
import { type CsvRead, type LoadOutcome, type LoadRequest, rejectedRowTable } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { inEmbeddedEngine } from "./embedded.ts";
import { loadFiles } from "./load.ts";

/**
 * Reads a person's CSV file with the embedded engine, exactly as the DuckDB warehouse does, and loads what came out. BigQuery's own reader
 * knows no row numbers and names no rejected line.
 */
export function loadCsv(
  connection: Connection,
  dataset: string,
  request: LoadRequest,
  csv: CsvRead,
): Promise<LoadOutcome> {
  return withTemporaryFolder("csv-load", async (folder) => {
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
  });
}
