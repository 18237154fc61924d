import { tmpdir } from "node:os";
import { openDatabase } from "../duckdb/database.ts";
import { classify } from "../duckdb/errors.ts";
import { rowsOf } from "../duckdb/session.ts";
import { type Header, locateColumns, readHeader } from "./header.ts";
import { DEFAULT_MAX_LINE_BYTES, prepareCsv } from "./prepare.ts";
import { countRejected, csvRelation, forgetRejected, readingCsv } from "./reader.ts";
import { firstRejected, type RejectedLine } from "./rejected.ts";

export interface InspectOptions {
  /** Columns that must be in the header, by the pipeline's names. */
  columns?: readonly string[];
  /** Header text of a column whose name differs. */
  headers?: Readonly<Record<string, string>>;
  /** Its earliest and latest day (UTC) bound the run's window. */
  timeColumn?: string;
  delimiter?: string;
  maxLineBytes?: number;
  /** The file that declares the columns, as a person knows it: named where the header does not fit. */
  declaredIn?: string;
}

export interface CsvInspection {
  header: Header;
  /** Rows that can be read. */
  rows: number;
  /** Records that cannot, and the first of them. */
  rejected: number;
  examples: RejectedLine[];
  /** `YYYY-MM-DD`; null without a time column, or when none of its values is a time. */
  minDate: string | null;
  maxDate: string | null;
}

/** Lines that cannot be read which an inspection shows. */
const EXAMPLES = 3;

/** What a person's CSV file holds, before anything is loaded. Throws `InputError` like `readHeader` and `locateColumns`. */
export async function inspectCsv(path: string, options: InspectOptions = {}): Promise<CsvInspection> {
  const source = {
    path,
    delimiter: options.delimiter ?? ",",
    maxLineBytes: options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES,
    workDirectory: tmpdir(),
  };
  const header = await readHeader(path, source.delimiter, source.maxLineBytes);
  const wanted = [
    ...(options.columns ?? []),
    ...(options.timeColumn === undefined ? [] : [options.timeColumn]),
  ];
  const located = locateColumns(path, header, [...new Set(wanted)], options.headers, options.declaredIn);
  const prepared = await prepareCsv(source);
  const database = await openDatabase({ path: ":memory:", macros: [] });
  const connection = await database.connect();
  try {
    await forgetRejected(connection);
    const time = options.timeColumn === undefined ? "NULL" : `c${located.get(options.timeColumn)}`;
    const sql = contentSql(csvRelation(prepared, header, source.delimiter), header, time);
    const [row] = await readingCsv(prepared, () => rowsOf(connection, sql));
    const [rows, minDate, maxDate] = row!;
    return {
      header,
      rows: Number(rows),
      rejected: prepared.bad + (await countRejected(connection)),
      examples: await firstRejected(connection, prepared, header, EXAMPLES),
      minDate: minDate as string | null,
      maxDate: maxDate as string | null,
    };
  } catch (error) {
    throw classify(error, `inspect ${path}`);
  } finally {
    connection.closeSync();
    database.close();
    await prepared.dispose();
  }
}

/** Counts the rows of a file, with the first and the last day of its column `time`. */
function contentSql(relation: string, header: Header, time: string): string {
  // DuckDB reads `infinity` as a time; a window that has no end is none.
  const instant = `TRY_CAST(${time} AS TIMESTAMPTZ)`;
  const day = `CASE WHEN isfinite(${instant}) THEN CAST(${instant} AS DATE) END`;
  // The hash makes DuckDB decode every value: a record it would reject for one must not count.
  const all = header.map((_, index) => `c${index}`).join(", ");
  return `SELECT count(row), min(day)::VARCHAR, max(day)::VARCHAR FROM (SELECT hash(${all}) AS row, ${day} AS day FROM ${relation})`;
}
