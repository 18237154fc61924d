import type { RunRequest } from "@lifecycle/contracts";
import {
  controlGroupId,
  experimentDailyColumns,
  experimentHealthColumns,
  experimentResultColumns,
  experimentVerdictColumns,
  listExperiments,
} from "@lifecycle/experiments";
import { ledgerTables } from "@lifecycle/ingest";
import { downstreamOf } from "@lifecycle/transform";
import { applyErasures } from "./apply-erasures.ts";
import { buildModels } from "./build-models.ts";
import { chosenModels } from "./chosen-models.ts";
import { filePipelineOf, type StageDeps } from "./deps.ts";
import { keepFailures, mustPublishSomething, qualityTables } from "./model-outcomes.ts";
import { refuseRejects } from "./refuse-rejects.ts";

/** How many experiments one evaluate job carries: enough work to be worth a job, little enough to share out. */
const EXPERIMENTS_PER_JOB = 200;

/**
 * Raw tables that are filled after the models ran: what reads them is built when the run is published. Caps are not among them: the
 * run that freezes them has cut at them already, the next one reads them.
 */
export const LATE_SOURCES = [
  experimentResultColumns.table,
  experimentDailyColumns.table,
  experimentHealthColumns.table,
  experimentVerdictColumns.table,
  ...ledgerTables.map(({ table }) => table),
  ...qualityTables.map(({ table }) => table),
];

/** Builds every model that does not wait for the evaluation, or those somebody chose, and says which experiments there are to judge. */
export async function transformRun(
  deps: StageDeps,
  request: RunRequest,
  signal: AbortSignal,
): Promise<unknown> {
  await deps.warehouse.bootstrap([...deps.tables, ...qualityTables]);
  await applyErasures(deps, request);
  const project = await deps.compiledModels();
  const late = new Set(downstreamOf(project, LATE_SOURCES));
  const early = project.models.map(({ name }) => name).filter((name) => !late.has(name));
  const isTest = request.models?.testOnly === true;
  const select = isTest ? (request.models?.select ?? []) : chosenModels(request, early);
  const wanted = { project, select, resultsOf: "transform", testOnly: isTest };
  const outcomes = await buildModels(deps, request, wanted, signal);
  if (!isTest) mustPublishSomething(project, outcomes);
  await keepFailures(deps, request, outcomes);
  const built = outcomes.filter(({ status }) => status === "built");
  const pipeline = filePipelineOf(deps, request.pipeline);
  const rejected = pipeline ? await refuseRejects(deps, request, pipeline) : 0;
  // What evaluation reads must have passed its tests; otherwise the verdicts stay as they were published.
  const isJudged =
    !request.models &&
    !outcomes.some(({ name, status }) => status === "failed" && name.startsWith("int_experiment_"));
  const found = isJudged ? await listExperiments(deps.warehouse) : [];
  const declared = isJudged ? [...deps.definitions.declared, ...exportedGroup(deps, request)] : [];
  const ids = [...new Set([...found, ...declared])].toSorted();
  const experimentBatches = Array.from({ length: Math.ceil(ids.length / EXPERIMENTS_PER_JOB) }, (_, i) =>
    ids.slice(i * EXPERIMENTS_PER_JOB, (i + 1) * EXPERIMENTS_PER_JOB),
  );
  await deps.ledger.writeStage({
    runId: request.runId,
    stage: "transform",
    finishedAt: deps.now().toISOString(),
    experimentBatches,
    rejectedRows: rejected,
    summary: { models: built.map(({ name, rows, ms }) => ({ name, rows, ms })) },
  });
  return { models: built.length, experiments: ids.length };
}

/** Whoever has the global control group exported is told of it, also when the export has nobody. */
function exportedGroup({ pipelines }: StageDeps, { pipeline, workspace }: RunRequest): string[] {
  const of = pipelines.get(pipeline);
  const isExported = of?.kind === "braze" && of.resources.includes("users-export-global-control-group");
  return isExported ? [controlGroupId(workspace)] : [];
}
