import type { DuckDBConnection } from "@duckdb/node-api";
import { FatalError, InputError } from "@lifecycle/contracts";
import { exceptionType } from "../duckdb/errors.ts";
import { countOf, rowsOf } from "../duckdb/session.ts";
import { text } from "../duckdb/sql.ts";
import type { Header } from "./header.ts";
import type { PreparedCsv } from "./prepare.ts";

/** The temporary table of what the last read rejected. */
export const REJECTS = "csv_rejects";
const SCANS = "csv_reject_scans";

/**
 * `read_csv(…)` over a prepared file with every column as text, named `c0`, `c1`, … by position. An empty value is NULL.
 * What it rejects stands afterwards in a temporary table; see `takeRejected`.
 */
export function csvRelation(csv: PreparedCsv, header: Header, delimiter: string): string {
  const columns = header.map((_, index) => `'c${index}': 'VARCHAR'`).join(", ");
  return `read_csv(${text(csv.path)}, auto_detect=false, header=true, delim=${text(delimiter)}, quote='"', escape='"',
    columns={${columns}}, nullstr='', compression='none', parallel=false, max_line_size=${MAX_LINE}, buffer_size=${MAX_LINE * 4},
    strict_mode=true, store_rejects=true, rejects_table=${text(REJECTS)}, rejects_scan=${text(SCANS)}, rejects_limit=0)`;
}

/** The scanner let no longer record pass. */
const MAX_LINE = 4_000_000;

/** Runs a statement that reads the file. Throws `InputError source.unreadable` where DuckDB refuses the whole file. */
export async function readingCsv<T>(csv: PreparedCsv, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (exceptionType(error) !== "Invalid Input Error") throw error;
    const reason = (error as Error).message.split("\n", 1)[0];
    throw new InputError("source.unreadable", `${csv.source.path} cannot be read as CSV: ${reason}`, {
      cause: error,
    });
  }
}

/** Before a read: rejects of an earlier one must not count for it. */
export async function forgetRejected(connection: DuckDBConnection): Promise<void> {
  for (const table of [REJECTS, SCANS]) await connection.run(`DROP TABLE IF EXISTS temp.${table}`);
}

/** How many records the last read rejected. */
export async function countRejected(connection: DuckDBConnection): Promise<number> {
  return countOf(connection, `SELECT count(DISTINCT line_byte_position) FROM temp.${REJECTS}`);
}

/** Places of the rejected records of the last read in the file it read, ascending. */
export async function rejectedPositions(connection: DuckDBConnection): Promise<number[]> {
  const rows = await rowsOf(connection, `SELECT DISTINCT line_byte_position FROM temp.${REJECTS} ORDER BY 1`);
  return rows.map(([position]) => Number(position));
}

/** Nothing is lost: every record of the file was read or rejected. */
export function checkAccount(csv: PreparedCsv, columns: number, read: number, rejected: number): void {
  // DuckDB takes a blank line for an empty value when there is only one column.
  const expected = csv.records - 1 + (columns === 1 ? csv.blank : 0);
  if (read + rejected === expected) return;
  throw new FatalError(
    "warehouse.csv_miscounted",
    `${csv.path}: ${expected} records found, but ${read} read and ${rejected} rejected; nothing was loaded`,
  );
}
