import { FatalError } from "@lifecycle/contracts";
import type { Warehouse } from "@lifecycle/warehouse";

/** What reading needs of a warehouse. */
export type Reader = Pick<Warehouse, "datasets" | "query">;

/** Ids of this form stand in a SQL literal as they are, on both engines. */
const PLAIN_ID = /^[A-Za-z0-9_.~-]+$/;
export const MAX_ROWS = 1_000_000;

/** A row by column name, read with `text`, `number` and the like. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows of these experiments from a table, in a stable order. Throws `experiments.too_many_rows` rather than judging half of them. */
export async function readRows(
  warehouse: Reader,
  table: string,
  columns: readonly string[],
  ids: readonly string[],
): Promise<Row[]> {
  if (ids.length === 0) return [];
  const wanted = new Set(ids);
  const order = columns.filter((name) => ORDER.has(name));
  const sql = `SELECT ${columns.join(", ")} FROM ${table} WHERE ${idFilter(ids)} ORDER BY ${order.join(", ")}`;
  const rows = asObjects(columns, await warehouse.query(sql, { maxRows: MAX_ROWS }));
  return rows.filter((row) => wanted.has(String(row.experiment_id)));
}

/** A condition that keeps at least the rows of these experiments; odd ids never enter SQL, so that the caller has to filter too. */
export function idFilter(ids: readonly string[]): string {
  if (!ids.every((id) => PLAIN_ID.test(id))) return "TRUE";
  return `experiment_id IN (${[...new Set(ids)].map((id) => `'${id}'`).join(", ")})`;
}

/** A condition that leaves out what a run wrote itself, before it was interrupted; empty without one. */
export function notOf(runId: string | undefined): string {
  return runId === undefined ? "" : ` AND _run_id <> '${runId.replace(/[^A-Za-z0-9_.~-]/g, "")}'`;
}

const ORDER = new Set(["experiment_id", "metric", "segment", "arm_id", "activity_date", "evaluated_at"]);

/** The rows of an answer by the names asked for. Throws `experiments.too_many_rows` when it was cut. */
export function asObjects(
  names: readonly string[],
  result: { rows: unknown[][]; truncated: boolean },
): Row[] {
  if (result.truncated)
    throw new FatalError("experiments.too_many_rows", `more than ${MAX_ROWS} rows in one evaluation`);
  return result.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? null])));
}

/** A number as either engine returns it (NUMERIC and large INT64 come as text); null for none. */
export function toNumber(value: unknown): number | null {
  if (value == null || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export function toText(value: unknown): string | null {
  return value == null ? null : String(value);
}
