import type { QueryTarget } from "@lifecycle/warehouse";
import type { ExperimentDailyRow } from "./daily-row.ts";
import type { ExperimentHealthRow, ExperimentResultRow, ExperimentVerdictRow } from "./result.ts";
import { idFilter, MAX_ROWS } from "./rows.ts";

/** A verdict as it was recorded. */
export interface RecordedVerdict extends ExperimentVerdictRow {
  readonly is_newest: boolean;
  readonly evaluated_at: string;
  readonly run_id: string;
}

/** Everything published about experiments. */
export interface Published {
  readonly results: readonly ExperimentResultRow[];
  readonly health: readonly ExperimentHealthRow[];
  readonly verdicts: readonly RecordedVerdict[];
}

/** A row of `exp_result_daily`. */
export type PublishedDaily = Omit<ExperimentDailyRow, "inputs_hash">;

/** Where published tables lie, and something to ask. */
export interface PublishedReader extends Pick<QueryTarget, "query"> {
  readonly datasets: { readonly published: string; readonly build: string };
}

/** Results, checks and verdicts of one experiment, or of all, in a stable order. */
export async function readPublished(warehouse: PublishedReader, id?: string): Promise<Published> {
  const dataset = warehouse.datasets.published;
  const only = id === undefined ? "" : `WHERE experiment_id = '${escaped(id)}'`;
  return {
    results: await objects(
      warehouse,
      `SELECT * FROM ${dataset}.exp_result ${only} ORDER BY workspace, experiment_id, metric, segment, arm_id, method`,
    ),
    health: await objects(
      warehouse,
      `SELECT * FROM ${dataset}.exp_health ${only} ORDER BY workspace, experiment_id, check_name`,
    ),
    verdicts: await objects(
      warehouse,
      `SELECT * FROM ${dataset}.exp_verdict_history ${only} ORDER BY workspace, experiment_id, arm_id, evaluated_at, _load_id`,
    ),
  };
}

/** Effects by day of these experiments, the oldest first within an arm. */
export async function readPublishedDaily(
  warehouse: PublishedReader,
  ids: readonly string[],
): Promise<PublishedDaily[]> {
  if (ids.length === 0) return [];
  const sql = `SELECT * FROM ${warehouse.datasets.published}.exp_result_daily WHERE ${idFilter(ids)} ORDER BY workspace, experiment_id, metric, arm_id, activity_date`;
  return objects(warehouse, sql);
}

async function objects<T>(warehouse: Pick<QueryTarget, "query">, sql: string): Promise<T[]> {
  const { columns, rows } = await warehouse.query(sql, { maxRows: MAX_ROWS });
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])) as T);
}

/** Both engines read a quote within a text as they would read it doubled or escaped; ids have neither. */
function escaped(id: string): string {
  return id.replace(/[^A-Za-z0-9_.~ -]/g, "");
}
