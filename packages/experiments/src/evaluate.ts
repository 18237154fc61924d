import { readArmActivity } from "./arm-activity.ts";
import { readArmDays } from "./arm-day.ts";
import { listExperiments, readArmMetrics } from "./arm-metric.ts";
import { newEffectsByDay, readByDayHashes } from "./by-day.ts";
import { newlyFrozen } from "./cap.ts";
import { readControlGroups } from "./control-group.ts";
import type { ExperimentDailyRow, NoDays } from "./daily-row.ts";
import { type Definitions, definitionOf, NO_DEFINITIONS } from "./definition.ts";
import { NO_HISTORY, newlySaid, readHistory } from "./history.ts";
import { judgeExperiment } from "./judge.ts";
import { missingExperiment } from "./missing.ts";
import type { Evaluation, ExperimentCapRow, ExperimentVerdictRow } from "./result.ts";
import type { Reader } from "./rows.ts";

export interface EvaluateRequest {
  warehouse: Reader;
  experimentIds: readonly string[];
  definitions?: Definitions | undefined;
  /** The run that evaluates: what it said before, if it died, is no look of its own. */
  runId?: string | undefined;
  /** Now, to tell how old the data are; absent: not asked. */
  now?: Date | undefined;
}

/**
 * What is said, and of it what was not said before: that alone belongs in the history, as do caps that are frozen now and effects by day
 * of experiments whose days changed.
 */
export interface Evaluated extends Evaluation {
  readonly newVerdicts: readonly ExperimentVerdictRow[];
  readonly newCaps: readonly ExperimentCapRow[];
  readonly newDaily: readonly (ExperimentDailyRow | NoDays)[];
}

/**
 * Judges every arm of these experiments against its control, metric by metric. An id that the models do not hold is said to be
 * missing (`experiment_not_found`), with the nearest id that they do hold. Throws `experiments.invalid_alpha` and what the warehouse throws; anything wrong with an
 * experiment's numbers becomes a reason in its rows, never an error of the batch.
 */
export async function evaluateExperiments(request: EvaluateRequest): Promise<Evaluated> {
  const { warehouse, experimentIds: ids, definitions = NO_DEFINITIONS } = request;
  for (const id of ids) definitionOf(definitions, id);
  const arms = byExperiment(await readArmMetrics(warehouse, ids));
  const days = byExperiment(await readArmDays(warehouse, ids));
  const activity = byExperiment(await readArmActivity(warehouse, ids));
  const groups = new Map(
    (await readControlGroups(warehouse, ids)).map((group) => [group.experimentId, group]),
  );
  const histories = await readHistory(warehouse, ids, request.runId);
  const hashes = await readByDayHashes(warehouse, ids, request.runId);
  const known = ids.every((id) => arms.has(id)) ? [] : await listExperiments(warehouse);
  const said = [...new Set(ids)].map((id): Evaluated => {
    const definition = definitionOf(definitions, id);
    const history = histories.get(id) ?? NO_HISTORY;
    const own = arms.get(id);
    const ownDays = days.get(id) ?? [];
    const evaluation = own
      ? judgeExperiment({
          arms: own,
          days: ownDays,
          activity: activity.get(id) ?? [],
          group: groups.get(id),
          definition,
          history,
          experiments: ids.length,
          today: request.now?.toISOString().slice(0, 10),
        })
      : missingExperiment(id, definition, known);
    const today = own?.find(({ asOf }) => asOf !== null)?.asOf ?? null;
    return {
      ...evaluation,
      newVerdicts: newlySaid(evaluation.verdicts, history.newest, today),
      newCaps: newlyFrozen(own ?? [], history.caps, evaluation),
      newDaily: newEffectsByDay(
        { arms: own ?? [], days: ownDays, definition, results: evaluation.results },
        hashes.get(id),
      ),
    };
  });
  return {
    results: said.flatMap(({ results }) => results),
    health: said.flatMap(({ health }) => health),
    verdicts: said.flatMap(({ verdicts }) => verdicts),
    newVerdicts: said.flatMap(({ newVerdicts }) => newVerdicts),
    newCaps: said.flatMap(({ newCaps }) => newCaps),
    newDaily: said.flatMap(({ newDaily }) => newDaily),
  };
}

function byExperiment<T extends { experimentId: string }>(rows: readonly T[]): Map<string, T[]> {
  return Map.groupBy(rows, ({ experimentId }) => experimentId);
}
