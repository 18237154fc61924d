import { loadId, type RunRequest, type TableContract } from "@lifecycle/contracts";
import {
  evaluateExperiments,
  experimentHealthColumns,
  experimentResultColumns,
  experimentVerdictColumns,
} from "@lifecycle/experiments";
import { createClock } from "@lifecycle/runtime";
import type { StageDeps } from "./deps.ts";

/** Judges one list of experiments, lands numbers, checks and verdicts, and loads them. */
export async function evaluateBatch(deps: StageDeps, request: RunRequest, batch: number): Promise<unknown> {
  const transformed = await deps.ledger.readStage(request.runId, "transform");
  const experimentIds = transformed?.experimentBatches?.[batch] ?? [];
  const { results, health, newVerdicts } = await evaluateExperiments({
    warehouse: deps.warehouse,
    experimentIds,
    definitions: deps.definitions,
    runId: request.runId,
    now: createClock(deps.settings).now(),
  });
  const at = deps.now().toISOString();
  const land = (contract: TableContract, resource: string, rows: readonly object[]) =>
    landAndLoad(deps, request, contract, `${resource}-${batch}`, rows, at);
  await land(experimentHealthColumns, "experiment-health", health);
  await land(experimentVerdictColumns, "experiment-verdicts", newVerdicts);
  await land(experimentResultColumns, "experiment-results", results);
  const summary = {
    experiments: experimentIds.length,
    results: results.length,
    verdicts: newVerdicts.length,
  };
  await deps.ledger.writeStage({
    runId: request.runId,
    stage: `evaluate-${batch}`,
    finishedAt: at,
    summary,
  });
  return summary;
}

async function landAndLoad(
  deps: StageDeps,
  request: RunRequest,
  { table, columns }: TableContract,
  resource: string,
  rows: readonly object[],
  at: string,
): Promise<void> {
  const window = request.window === "all" ? undefined : request.window;
  const stamps = {
    window_from: window?.from ?? null,
    window_until: window?.until ?? null,
    pass: request.pass,
    _run_id: request.runId,
    _load_id: loadId(request.runId, resource),
    _extracted_at: at,
  };
  const path = [request.workspace, request.pipeline, "experiment-results", request.runId, resource].join("/");
  const file = await deps.landing.writePart(
    path,
    rows.map((row) => ({ ...row, ...stamps })),
    table,
  );
  await deps.warehouse.load({
    loadId: stamps._load_id,
    table,
    columns,
    files: [{ ...file, uri: deps.landing.locate(file.uri) }],
    disposition: "append",
  });
}
