import { writeFile } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { FatalError, InputError, stampColumns } from "@lifecycle/contracts";
import { type Header, locateColumns, readHeader } from "../csv/header.ts";
import {
  type CsvSource,
  DEFAULT_MAX_LINE_BYTES,
  linesAt,
  type PreparedCsv,
  prepareCsv,
} from "../csv/prepare.ts";
import {
  checkAccount,
  countRejected,
  csvRelation,
  forgetRejected,
  readingCsv,
  rejectedPositions,
} from "../csv/reader.ts";
import { badRelation, describeRejected, firstRejected, rejectedSelect } from "../csv/rejected.ts";
import { csvSelectList, declaredColumns, stamp } from "../csv/select.ts";
import { localPath } from "../local-path.ts";
import { type CsvRead, type LoadOutcome, type LoadRequest, rejectedRowTable } from "../warehouse.ts";
import { type LoadLog, makeRoom, noteLoad } from "./load.ts";
import { ensureTable } from "./schema.ts";
import { inTransaction } from "./session.ts";
import { idents, qualified, text } from "./sql.ts";

/**
 * Reads a person's CSV file where it lies into a raw table, every row once and none merged, in one transaction with the records it had
 * to set aside. Throws `InputError` `source.*` when the file is not what the pipeline declares, or too much of it cannot be read.
 */
export async function loadCsv(
  connection: DuckDBConnection,
  schema: string,
  workDirectory: string,
  request: LoadRequest,
  csv: CsvRead,
  log: LoadLog,
): Promise<LoadOutcome> {
  const source = csvSource(request, csv, workDirectory);
  const header = await readHeader(source.path, source.delimiter, source.maxLineBytes);
  const located = locateColumns(source.path, header, declaredColumns(request, csv), csv.headers);
  const prepared = await prepareCsv(source);
  try {
    return await inTransaction(connection, async () => {
      const left = await makeRoom(connection, schema, request);
      await forgetRejected(connection);
      const { rowsChanged: rows } = await readingCsv(prepared, () =>
        connection.run(
          `INSERT INTO ${qualified(schema, request.table)} (${idents(request.columns)})
           SELECT ${csvSelectList(request, csv, located)} FROM ${csvRelation(prepared, header, source.delimiter)}`,
        ),
      );
      const unread = await countRejected(connection);
      checkAccount(prepared, header.length, rows, unread);
      const rejected = unread + prepared.bad;
      await refuseTooMany(connection, prepared, header, rejected, rows, csv.maxRejectRatio);
      await noteLoad(log, request, left + rows);
      const setAside = await keepRejected(connection, schema, prepared, header, request, csv, unread);
      await noteLoad(log, { ...rejectedRowTable, ...setAsideLoad(request) }, setAside);
      return { rows, rejected };
    });
  } finally {
    await prepared.dispose();
  }
}

function csvSource(request: LoadRequest, csv: CsvRead, workDirectory: string): CsvSource {
  const [file, ...more] = request.files;
  if (!file || more.length > 0 || file.codec !== "none") {
    throw new FatalError(
      "warehouse.one_csv_file",
      `load ${request.loadId}: a file source is one uncompressed CSV file`,
    );
  }
  return {
    path: localPath(file),
    delimiter: csv.delimiter ?? ",",
    maxLineBytes: csv.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES,
    workDirectory,
  };
}

/** Lines that a refusal shows. */
const EXAMPLES = 3;

async function refuseTooMany(
  connection: DuckDBConnection,
  prepared: PreparedCsv,
  header: Header,
  rejected: number,
  rows: number,
  maxRatio: number,
): Promise<void> {
  if (rejected === 0 || rejected <= maxRatio * (rows + rejected)) return;
  const examples = await firstRejected(connection, prepared, header, EXAMPLES);
  throw new InputError(
    "source.too_many_rejects",
    `${prepared.source.path}: ${rejected} of ${rows + rejected} records cannot be read, more than the ${maxRatio * 100} % allowed; ${describeRejected(examples)}`,
  );
}

function setAsideLoad({ loadId }: LoadRequest) {
  return { loadId, files: [], disposition: "append" as const };
}

/**
 * Records set aside, by our scan or by DuckDB, go to `raw_rejected_row` with the line where they began. Answers how many rows of that
 * table came or went.
 */
async function keepRejected(
  connection: DuckDBConnection,
  schema: string,
  prepared: PreparedCsv,
  header: Header,
  request: LoadRequest,
  csv: CsvRead,
  unread: number,
): Promise<number> {
  const table = qualified(schema, rejectedRowTable.table);
  await ensureTable(connection, schema, rejectedRowTable.table, rejectedRowTable.columns);
  const own = `_load_id = ${text(request.loadId)} AND target = ${text(request.table)}`;
  const { rowsChanged: before } = await connection.run(`DELETE FROM ${table} WHERE ${own}`);
  const personal = request.columns.some((column) => column.pii);
  const insert = (line: string, rowText: string, from: string) =>
    connection.run(
      `INSERT INTO ${table} (${idents(rejectedRowTable.columns)})
       SELECT ${text(request.table)}, ${text(prepared.source.path)}, ${line}, reason, ${personal ? "NULL" : rowText},
         ${stampColumns.map((column) => stamp(column, request, csv)).join(", ")} FROM ${from}`,
    );
  if (prepared.bad > 0) await insert("line", "text", badRelation(prepared));
  if (unread > 0) {
    const lines = await writeLines(connection, prepared);
    await insert("line", "row_text", `(${rejectedSelect(header)}) JOIN ${lines} USING (line_byte_position)`);
  }
  return before + prepared.bad + unread;
}

async function writeLines(connection: DuckDBConnection, prepared: PreparedCsv): Promise<string> {
  const positions = await rejectedPositions(connection);
  const lines = await linesAt(prepared, positions);
  const path = `${prepared.badPath}.lines`;
  await writeFile(
    path,
    positions
      .map((position, index) => `{"line_byte_position":${position},"line":${lines[index]}}\n`)
      .join(""),
  );
  return `read_json(${text(path)}, format='newline_delimited', columns={line_byte_position: 'UBIGINT', line: 'BIGINT'})`;
}
