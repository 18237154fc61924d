import { errorCode } from "@lifecycle/contracts";

/** Whether a query failed because a table is not there: as an engine says it, or the process that owns a DuckDB file. */
export function isTableMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === "query.unknown_table" || code === "warehouse.table_missing";
}
