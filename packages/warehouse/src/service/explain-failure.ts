import type { DuckDBConnection } from "@duckdb/node-api";
import { didYouMean, type LifecycleError, nearest } from "@lifecycle/contracts";
import { classify } from "../duckdb/errors.ts";
import { rowsOf } from "../duckdb/session.ts";
import { text } from "../duckdb/sql.ts";
import { QueryMistake } from "../query-mistake.ts";
import type { Datasets } from "../warehouse.ts";

/** What DuckDB tells of an error after `SET errors_as_json = true`. */
interface Told {
  exception_type: string;
  exception_message: string;
  error_subtype?: string;
  type?: string;
  name?: string;
}

/** Kinds of failure that the text of a query is to blame for. */
const ITS_OWN_FAULT = new Set([
  "Binder",
  "Catalog",
  "Conversion",
  "Invalid Input",
  "Out of Range",
  "Parser",
  "Syntax",
]);
/** DuckDB's words for a bare column that only an alias of the same list is called, as the rewrite names each output (1.5.6). */
const OWN_ALIAS =
  /^(?:Column|Alias with name) "([^"]+)" (?:referenced that exists in the SELECT clause|exists, but aliases)/;
const SHOWN_COLUMNS = 40;

/**
 * Why a person's query could not be answered: an unknown table or column with the nearest there is, else what the engine said, in one line.
 * Errors that are not the query's fault are classified like any other. `tables` are those it names, as `dataset.table`.
 */
export async function explainFailure(
  error: unknown,
  at: { connection: DuckDBConnection; datasets: Datasets; tables: readonly string[] },
): Promise<LifecycleError> {
  const told = toldBy(error);
  if (told === undefined) return classify(error, "query");
  const { exception_type: kind, exception_message: message, error_subtype: subtype, name } = told;
  if (!ITS_OWN_FAULT.has(kind))
    return classify(new Error(`${kind} Error: ${message}`, { cause: error }), "query");
  if (subtype === "MISSING_ENTRY" && told.type === "Table" && name !== undefined)
    return unknownTable(name, await tablesOf(at.connection, at.datasets), at.datasets, error);
  const column = subtype === "COLUMN_NOT_FOUND" ? name : OWN_ALIAS.exec(message)?.[1];
  if (column !== undefined)
    return unknownColumn(column, at.tables, await columnsOf(at.connection, at.tables), error);
  return new QueryMistake("query.not_answerable", firstLine(message), { cause: error });
}

function toldBy(error: unknown): Told | undefined {
  if (!(error instanceof Error) || !error.message.startsWith("{")) return undefined;
  try {
    return JSON.parse(error.message) as Told;
  } catch {
    return undefined;
  }
}

function unknownTable(
  name: string,
  tables: readonly [string, string][],
  datasets: Datasets,
  cause: unknown,
): QueryMistake {
  const of = (dataset: string) => tables.filter(([schema]) => schema === dataset).map(([, table]) => table);
  const kept = tables.find(([schema, table]) => table === name && schema !== datasets.published);
  const why =
    kept === undefined
      ? `there is no table ${name}.${didYouMean(name, of(datasets.published))}`
      : `${name} is not published, but it is there: write ${kept.join(".")}.`;
  return new QueryMistake("query.unknown_table", `${why} \`lifecycle query --tables\` lists what there is.`, {
    word: name,
    cause,
  });
}

function unknownColumn(
  name: string,
  tables: readonly string[],
  columns: readonly string[],
  cause: unknown,
): QueryMistake {
  const where = tables.length === 1 ? tables[0] : "no table of the query";
  const what = tables.length === 1 ? `${where} has no column ${name}.` : `${where} has a column ${name}.`;
  const near = nearest(name, columns);
  const all = columns.slice(0, SHOWN_COLUMNS).join(", ");
  const more = columns.length > SHOWN_COLUMNS ? ", …" : "";
  const help = near === undefined ? (all ? ` It has ${all}${more}.` : "") : ` Did you mean ${near}?`;
  return new QueryMistake("query.unknown_column", `${what}${help}`, { word: name, cause });
}

async function tablesOf(connection: DuckDBConnection, datasets: Datasets): Promise<[string, string][]> {
  const among = Object.values(datasets).map(text).join(", ");
  const rows = await rowsOf(
    connection,
    `SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN (${among}) ORDER BY 1, 2`,
  );
  return rows.map(([schema, table]) => [String(schema), String(table)]);
}

async function columnsOf(connection: DuckDBConnection, tables: readonly string[]): Promise<string[]> {
  if (tables.length === 0) return [];
  const rows = await rowsOf(
    connection,
    `SELECT column_name FROM information_schema.columns WHERE table_schema || '.' || table_name IN (${tables.map(text).join(", ")}) ORDER BY table_name, ordinal_position`,
  );
  return [...new Set(rows.map(([name]) => String(name)))];
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0]!;
}
