import { listExperiments } from "./arm-metric.ts";
import type { Definitions } from "./definition.ts";
import { nothingKnown } from "./missing.ts";
import { asObjects, MAX_ROWS, type Reader } from "./rows.ts";

/**
 * What is wrong with the ids that `config/experiments.yaml` names, in words: no campaign, Canvas, file or assignment has one (with the nearest
 * that there is), or its campaign or Canvas was archived or deleted while the test is not said to be over. Nothing is asked when no
 * id is named. Throws what the warehouse throws, also while nothing has been built.
 */
export async function checkDeclared(warehouse: Reader, definitions: Definitions): Promise<string[]> {
  const { declared, experiments } = definitions;
  if (declared.length === 0) return [];
  const known = await listExperiments(warehouse);
  const gone = await goneObjects(warehouse);
  return declared.flatMap((id) => {
    if (!known.includes(id)) return [nothingKnown(id, known)];
    const state = experiments[id]?.ended ? undefined : gone.get(id);
    return state === undefined
      ? []
      : [`What ${id} sends was ${state}: nobody new comes. Say \`ended: true\`, or take it out.`];
  });
}

/** Campaigns and Canvases that send no more, by the id of their experiment. */
async function goneObjects(warehouse: Reader): Promise<Map<string, string>> {
  const { build } = warehouse.datasets;
  const of = (kind: string, table: string, key: string) =>
    `SELECT CONCAT(workspace, '__${kind}__', ${key}) AS experiment_id, state FROM ${build}.${table} WHERE is_current AND state IN ('archived', 'deleted')`;
  const sql = `${of("campaign", "dim_campaign", "campaign_id")} UNION ALL ${of("canvas", "dim_canvas", "canvas_id")}`;
  const rows = asObjects(["experiment_id", "state"], await warehouse.query(sql, { maxRows: MAX_ROWS }));
  return new Map(rows.map(({ experiment_id, state }) => [String(experiment_id), String(state)]));
}
