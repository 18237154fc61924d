import { asObjects, MAX_ROWS, type Reader, toNumber } from "./rows.ts";

/**
 * How many units each earlier evaluation of an experiment saw: the looks that a group-sequential test has used up. Looks of the run
 * `except` are its own first try and do not count.
 */
export async function readLooks(
  warehouse: Reader,
  ids: readonly string[],
  except: string | undefined,
): Promise<Map<string, number[]>> {
  if (ids.length === 0) return new Map();
  const names = ["experiment_id", "units", "_run_id"];
  const sql = `SELECT DISTINCT experiment_id, units, _run_id FROM ${warehouse.datasets.raw}.raw_experiment_verdict WHERE looks = 'group_sequential' AND units > 0 ORDER BY experiment_id, units, _run_id`;
  const rows = asObjects(names, await warehouse.query(sql, { maxRows: MAX_ROWS }));
  const wanted = new Set(ids);
  const looks = new Map<string, number[]>();
  for (const row of rows) {
    const id = String(row.experiment_id);
    if (!wanted.has(id) || (except !== undefined && row._run_id === except)) continue;
    looks.set(id, [...(looks.get(id) ?? []), toNumber(row.units)!]);
  }
  return looks;
}
