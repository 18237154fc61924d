import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column, LandedFile } from "@lifecycle/contracts";
import { openDatabase } from "../duckdb/database.ts";
import { classify } from "../duckdb/errors.ts";
import { loadCsv } from "../duckdb/load-csv.ts";
import { copyToParquet } from "../duckdb/models.ts";
import { selectFiles } from "../duckdb/read-files.ts";
import { qualified, text } from "../duckdb/sql.ts";
import { type CsvRead, type LoadOutcome, type LoadRequest, rejectedRowTable } from "../warehouse.ts";

/** What the embedded engine does for BigQuery, each in a process of its own. Plain JSON. */
export type EmbeddedTask =
  | { kind: "read-csv"; folder: string; request: LoadRequest; csv: CsvRead }
  | { kind: "write-parquet"; folder: string; rows: string; columns: readonly Column[]; path: string };

/** A CSV file's rows, and the records that were set aside, as gzipped NDJSON in the folder. */
export interface CsvRows {
  outcome: LoadOutcome;
  rows: LandedFile;
  rejected: LandedFile | undefined;
}

const SCHEMA = "main";

export async function carryOut(task: EmbeddedTask): Promise<CsvRows | undefined> {
  const database = await openDatabase({ path: join(task.folder, "embedded.duckdb"), macros: [] });
  const connection = await database.connect();
  try {
    if (task.kind === "read-csv") return await readCsv(connection, task);
    const file = {
      uri: task.rows,
      format: "ndjson",
      codec: "none",
      rows: null,
      sizeBytes: 0,
      target: "",
    } as const;
    await copyToParquet(connection, `(${selectFiles([file], task.columns)})`, task.path);
    return undefined;
  } catch (error) {
    throw classify(
      error,
      task.kind === "read-csv" ? `read the file of ${task.request.loadId}` : `write ${task.path}`,
    );
  } finally {
    connection.closeSync();
    database.close();
  }
}

/** The file it reads into is thrown away. */
const NO_LOG = { recordLoad: async () => undefined };

async function readCsv(
  connection: DuckDBConnection,
  { folder, request, csv }: Extract<EmbeddedTask, { kind: "read-csv" }>,
): Promise<CsvRows> {
  const outcome = await loadCsv(connection, SCHEMA, folder, request, csv, NO_LOG);
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
}
