import { InputError } from "@lifecycle/contracts";
import { compileQueryInProcess } from "@lifecycle/transform";
import { QueryMistake, refusedQuery } from "@lifecycle/warehouse";
import { givenText } from "../given-text.ts";
import { placed } from "../query-place.ts";
import { listTables } from "../query-tables.ts";
import type { Session } from "../session.ts";
import { counted, formatTable, patiently } from "../terminal.ts";
import { withWarehouse } from "../warehouse-access.ts";

export interface QueryFlags {
  file?: string;
  json?: boolean;
  /** `true`, or the name of one table. */
  tables?: boolean | string;
}

/** `lifecycle query "<BigQuery SQL>"`: one SELECT over published tables, on whichever engine. Returns the exit code. */
export async function query(session: Session, given: string | undefined, flags: QueryFlags): Promise<number> {
  const { settings, terminal } = session;
  if (flags.tables !== undefined) return listTables(session, flags.tables);
  const sql = await textOf(given, flags.file);
  const { engine, dataset, bigquery, query: limits } = settings.warehouse;
  const compiled = await patiently(
    "reading the SQL",
    compileQueryInProcess(sql, { engine, dataset, project: bigquery.project }),
  );
  const { max_rows: maxRows, timeout_ms: timeoutMs } = limits;
  const result = await withWarehouse(session, (warehouse) =>
    warehouse.query(compiled.sql, { maxRows, timeoutMs }),
  ).catch((error: unknown) => {
    const refused = engine === "bigquery" ? refusedQuery(error) : error;
    throw refused instanceof QueryMistake ? placed(refused, sql, flags.file ?? "query") : refused;
  });
  const names = result.columns.map(({ name }) => name);
  if (flags.json) {
    terminal.line(
      JSON.stringify(result.rows.map((row) => Object.fromEntries(row.map((value, i) => [names[i], value])))),
    );
    return 0;
  }
  terminal.line(formatTable(names, result.rows));
  terminal.line(`${counted(result.rows.length, "row")}${result.truncated ? `, cut at ${maxRows}` : ""}`);
  return 0;
}

async function textOf(sql: string | undefined, file: string | undefined): Promise<string> {
  if ((sql === undefined) === (file === undefined))
    throw new InputError("query.no_sql", 'Say what to ask: lifecycle query "select …", or --file <path>.');
  if (sql !== undefined) return sql;
  return givenText(file!);
}
