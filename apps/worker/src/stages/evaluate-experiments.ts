import type { RunRequest, TableContract } from "@lifecycle/contracts";
import {
  evaluateExperiments,
  experimentCapColumns,
  experimentDailyColumns,
  experimentHealthColumns,
  experimentResultColumns,
  experimentVerdictColumns,
} from "@lifecycle/experiments";
import { createClock } from "@lifecycle/runtime";
import type { StageDeps } from "./deps.ts";
import { loadOwnRows, ownStamps } from "./own-rows.ts";

/** Judges one list of experiments, lands numbers, effects by day, checks and verdicts, and loads them. */
export async function evaluateBatch(deps: StageDeps, request: RunRequest, batch: number): Promise<unknown> {
  const transformed = await deps.ledger.readStage(request.runId, "transform");
  const experimentIds = transformed?.experimentBatches?.[batch] ?? [];
  const { results, health, newVerdicts, newCaps, newDaily } = await evaluateExperiments({
    warehouse: deps.warehouse,
    experimentIds,
    definitions: deps.definitions,
    runId: request.runId,
    now: createClock(deps.settings).now(),
  });
  for (const { code, detail } of health)
    if (code === "experiment_not_found") deps.logger.warn({ code }, `config/experiments.yaml: ${detail}`);
  const at = deps.now();
  const land = (contract: TableContract, resource: string, rows: readonly object[]) =>
    landAndLoad(deps, request, contract, `${resource}-${batch}`, rows, at);
  await land(experimentHealthColumns, "experiment-health", health);
  await land(experimentVerdictColumns, "experiment-verdicts", newVerdicts);
  // Models read the caps: loading none would have them built anew for nothing.
  if (newCaps.length > 0) await land(experimentCapColumns, "experiment-caps", newCaps);
  await land(experimentDailyColumns, "experiment-daily", newDaily);
  await land(experimentResultColumns, "experiment-results", results);
  const summary = {
    experiments: experimentIds.length,
    results: results.length,
    verdicts: newVerdicts.length,
  };
  await deps.ledger.writeStage({
    runId: request.runId,
    stage: `evaluate-${batch}`,
    finishedAt: at.toISOString(),
    summary,
  });
  return summary;
}

async function landAndLoad(
  deps: StageDeps,
  request: RunRequest,
  contract: TableContract,
  resource: string,
  rows: readonly object[],
  at: Date,
): Promise<void> {
  const stamps = ownStamps({ now: () => at }, request, resource);
  const path = [request.workspace, request.pipeline, "experiment-results", request.runId, resource].join("/");
  const file = await deps.landing.writePart(
    path,
    rows.map((row) => ({ ...row, ...stamps })),
    contract.table,
  );
  await loadOwnRows(deps, request, resource, file, contract);
}
