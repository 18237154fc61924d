import { compileQueryInProcess } from "@lifecycle/transform";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";
import { withWarehouse } from "../warehouse-access.ts";

/** `lifecycle query "<BigQuery SQL>"`: one SELECT over published tables, on whichever engine. Returns the exit code. */
export async function query(session: Session, sql: string, flags: { json?: boolean }): Promise<number> {
  const { settings, terminal } = session;
  const { engine, dataset, bigquery, query: limits } = settings.warehouse;
  const compiled = await compileQueryInProcess(sql, { engine, dataset, project: bigquery.project });
  const { max_rows: maxRows, timeout_ms: timeoutMs } = limits;
  const result = await withWarehouse(session, (warehouse) =>
    warehouse.query(compiled.sql, { maxRows, timeoutMs }),
  );
  const names = result.columns.map(({ name }) => name);
  if (flags.json) {
    terminal.line(
      JSON.stringify(result.rows.map((row) => Object.fromEntries(row.map((value, i) => [names[i], value])))),
    );
    return 0;
  }
  terminal.line(formatTable(names, result.rows));
  terminal.line(`${result.rows.length} rows${result.truncated ? `, cut at ${maxRows}` : ""}`);
  return 0;
}
