import { withTemporaryFolder } from "@lifecycle/runtime";
import { type CsvRead, type LoadOutcome, type LoadRequest, rejectedRowTable } from "../warehouse.ts";
import { inEmbeddedEngine } from "./embedded.ts";
import { type LoadContext, loadFiles } from "./load.ts";
import { text } from "./sql.ts";

/**
 * Reads a person's CSV file with the embedded engine, exactly as the DuckDB warehouse does, and loads what came out. BigQuery's own reader
 * knows no row numbers and names no rejected line.
 */
export function loadCsv(context: LoadContext, request: LoadRequest, csv: CsvRead): Promise<LoadOutcome> {
  return withTemporaryFolder("csv-load", async (folder) => {
    const { outcome, rows, rejected } = (await inEmbeddedEngine({ kind: "read-csv", folder, request, csv }))!;
    await loadFiles(context, { ...request, files: [rows] });
    await loadFiles(
      context,
      {
        loadId: request.loadId,
        ...rejectedRowTable,
        files: rejected ? [rejected] : [],
        disposition: "append",
      },
      // One load may have set records aside for several tables.
      {
        key: `${request.loadId}__${request.table}`,
        rows: `_load_id = ${text(request.loadId)} AND target = ${text(request.table)}`,
      },
    );
    return outcome;
  });
}
