import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LandedFile } from "@lifecycle/contracts";
import { openDatabase } from "../duckdb/database.ts";
import { classify } from "../duckdb/errors.ts";
import { loadCsv as readCsv } from "../duckdb/load-csv.ts";
import { qualified, text } from "../duckdb/sql.ts";
import { type CsvRead, type LoadOutcome, type LoadRequest, rejectedRowTable } from "../warehouse.ts";
import type { Connection } from "./client.ts";
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
    const { outcome, rows, rejected } = await transcode(folder, request, csv);
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

const SCHEMA = "main";

async function transcode(folder: string, request: LoadRequest, csv: CsvRead) {
  const database = await openDatabase({ path: join(folder, "csv.duckdb"), macros: [] });
  const connection = await database.connect();
  try {
    const outcome = await readCsv(connection, SCHEMA, folder, request, csv);
    const write = async (table: string): Promise<LandedFile> => {
      const uri = join(folder, `${table}.ndjson.gz`);
      const relation = `SELECT * FROM ${qualified(SCHEMA, table)}`;
      await connection.run(`COPY (${relation}) TO ${text(uri)} (FORMAT json, COMPRESSION gzip)`);
      const { size } = await stat(uri);
      return { uri, format: "ndjson", codec: "gzip", rows: null, sizeBytes: size, target: table };
    };
    const rows = await write(request.table);
    const rejected = outcome.rejected > 0 ? await write(rejectedRowTable.table) : undefined;
    return { outcome, rows, rejected };
  } catch (error) {
    throw classify(error, `read the file of ${request.loadId}`);
  } finally {
    connection.closeSync();
    database.close();
  }
}
