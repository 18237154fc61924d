import { loadId, type RunRequest } from "@lifecycle/contracts";
import { evaluateExperiments, experimentResultColumns } from "@lifecycle/experiments";
import type { StageDeps } from "./deps.ts";

/** Judges one list of experiments, lands the results and loads them. */
export async function evaluateBatch(deps: StageDeps, request: RunRequest, batch: number): Promise<unknown> {
  const transformed = await deps.ledger.readStage(request.runId, "transform");
  const experimentIds = transformed?.experimentBatches?.[batch] ?? [];
  const results = await evaluateExperiments({
    warehouse: deps.warehouse,
    experimentIds,
    definitions: deps.definitions,
  });
  const resource = `experiment-results-${batch}`;
  const window = request.window === "all" ? undefined : request.window;
  const stamps = {
    window_from: window?.from ?? null,
    window_until: window?.until ?? null,
    pass: request.pass,
    _run_id: request.runId,
    _load_id: loadId(request.runId, resource),
    _extracted_at: deps.now().toISOString(),
  };
  const { table, columns } = experimentResultColumns;
  const path = [request.workspace, request.pipeline, "experiment-results", request.runId, resource].join("/");
  const file = await deps.landing.writePart(
    path,
    results.map((row) => ({ ...row, ...stamps })),
    table,
  );
  const located = { ...file, uri: deps.landing.locate(file.uri) };
  await deps.warehouse.load({
    loadId: stamps._load_id,
    table,
    columns,
    files: [located],
    disposition: "append",
  });
  await deps.ledger.writeStage({
    runId: request.runId,
    stage: `evaluate-${batch}`,
    finishedAt: stamps._extracted_at,
    summary: { experiments: experimentIds.length, results: results.length },
  });
  return { experiments: experimentIds.length, results: results.length };
}
