import { readArmActivity } from "./arm-activity.ts";
import { readArmDays } from "./arm-day.ts";
import { readArmMetrics } from "./arm-metric.ts";
import { type Definitions, definitionOf, NO_DEFINITIONS } from "./definition.ts";
import { judgeExperiment } from "./judge.ts";
import { missingExperiment } from "./missing.ts";
import type { Evaluation } from "./result.ts";
import type { Reader } from "./rows.ts";
import { readLooks } from "./verdict-history.ts";

export interface EvaluateRequest {
  warehouse: Reader;
  experimentIds: readonly string[];
  definitions?: Definitions | undefined;
  /** The run that evaluates: what it said before, if it died, is no look of its own. */
  runId?: string | undefined;
}

/**
 * Judges every arm of these experiments against its control, metric by metric. An id that the models do not hold is said to be
 * missing (`experiment_not_found`). Throws `experiments.invalid_alpha` and what the warehouse throws; anything wrong with an
 * experiment's numbers becomes a reason in its rows, never an error of the batch.
 */
export async function evaluateExperiments(request: EvaluateRequest): Promise<Evaluation> {
  const { warehouse, experimentIds: ids, definitions = NO_DEFINITIONS } = request;
  for (const id of ids) definitionOf(definitions, id);
  const arms = byExperiment(await readArmMetrics(warehouse, ids));
  const days = byExperiment(await readArmDays(warehouse, ids));
  const activity = byExperiment(await readArmActivity(warehouse, ids));
  const looks = await readLooks(warehouse, ids, request.runId);
  return merged(
    [...new Set(ids)].map((id) => {
      const definition = definitionOf(definitions, id);
      const own = arms.get(id);
      if (!own) return missingExperiment(id, definition);
      return judgeExperiment({
        arms: own,
        days: days.get(id) ?? [],
        activity: activity.get(id) ?? [],
        definition,
        earlierUnits: looks.get(id) ?? [],
        experiments: ids.length,
      });
    }),
  );
}

function byExperiment<T extends { experimentId: string }>(rows: readonly T[]): Map<string, T[]> {
  return Map.groupBy(rows, ({ experimentId }) => experimentId);
}

function merged(all: readonly Evaluation[]): Evaluation {
  return {
    results: all.flatMap(({ results }) => results),
    health: all.flatMap(({ health }) => health),
    verdicts: all.flatMap(({ verdicts }) => verdicts),
  };
}
