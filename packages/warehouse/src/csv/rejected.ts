import type { DuckDBConnection } from "@duckdb/node-api";
import { rowsOf } from "../duckdb/session.ts";
import { text } from "../duckdb/sql.ts";
import type { Header } from "./header.ts";
import { linesAt, type PreparedCsv } from "./prepare.ts";
import { REJECTS } from "./reader.ts";

/** A line of a file that could not be read, and why. */
export interface RejectedLine {
  /** 1-based, of the file as given. */
  line: number;
  reason: string;
}

/**
 * SELECT of `line_byte_position, reason, row_text`, one row per rejected record of the last read. DuckDB gives a row per missing or
 * surplus column, numbered by its place (1.5.6): the first missing and the last surplus one tell how many fields there were.
 */
export function rejectedSelect(header: Header): string {
  const names = `[${header.map((name) => text(name)).join(", ")}]`;
  const missing = "min(column_idx) FILTER (error_type = 'MISSING COLUMNS')";
  const surplus = "max(column_idx) FILTER (error_type = 'TOO MANY COLUMNS')";
  return `SELECT line_byte_position,
      CASE WHEN ${missing} IS NOT NULL THEN ${fields(missing, header)}
        WHEN ${surplus} IS NOT NULL THEN ${fields(surplus, header)}
        WHEN bool_or(error_type = 'INVALID ENCODING')
          THEN 'not UTF-8 in the column ' || ${names}[(min(column_idx) FILTER (error_type = 'INVALID ENCODING'))::BIGINT]
        ELSE lower(min(error_type::VARCHAR)) || ': ' || left(min(split_part(error_message, chr(10), 1)), 200)
      END AS reason,
      left(ltrim(min(csv_line), chr(13) || chr(10)), 1000) AS row_text
    FROM temp.${REJECTS} GROUP BY 1`;
}

/** `3 fields, 12 expected` */
function fields(count: string, header: Header): string {
  return `${count} || CASE ${count} WHEN 1 THEN ' field, ' ELSE ' fields, ' END || '${header.length} expected'`;
}

/** SELECT of `line, reason, text` over what our own scan set aside. */
export function badRelation(prepared: PreparedCsv): string {
  return `read_json(${text(prepared.badPath)}, format='newline_delimited', columns={line: 'BIGINT', reason: 'VARCHAR', text: 'VARCHAR'})`;
}

/** The first lines that the last read could not read, in the order of the file. */
export async function firstRejected(
  connection: DuckDBConnection,
  prepared: PreparedCsv,
  header: Header,
  count: number,
): Promise<RejectedLine[]> {
  const unread = await rowsOf(
    connection,
    `SELECT line_byte_position, reason FROM (${rejectedSelect(header)}) ORDER BY 1 LIMIT ${count}`,
  );
  const bad =
    prepared.bad === 0
      ? []
      : await rowsOf(
          connection,
          `SELECT line, reason FROM ${badRelation(prepared)} ORDER BY 1 LIMIT ${count}`,
        );
  const positions = unread.map(([position]) => Number(position));
  const lines = positions.length === 0 ? [] : await linesAt(prepared, positions);
  const found = [
    ...unread.map(([, reason], i) => ({ line: lines[i]!, reason: String(reason) })),
    ...bad.map(([line, reason]) => ({ line: Number(line), reason: String(reason) })),
  ];
  return found.toSorted((a, b) => a.line - b.line).slice(0, count);
}

/** `line 7: 3 fields, 12 expected; line 9: …`, in one line. Advice follows where there is any. */
export function describeRejected(examples: readonly RejectedLine[]): string {
  const lines = examples.map(({ line, reason }) => `line ${line}: ${reason}`).join("; ");
  return examples.some(({ reason }) => reason.startsWith("not UTF-8"))
    ? `${lines}. Save the file as UTF-8`
    : lines;
}
