import type { RunRequest } from "@lifecycle/contracts";
import {
  type CompiledProject,
  type ModelOutcome,
  rowHistory,
  runModels,
  testModels,
} from "@lifecycle/transform";
import type { StageDeps } from "./deps.ts";
import { keepingResults, personalColumns } from "./model-outcomes.ts";

export interface ModelsWanted {
  readonly project: CompiledProject;
  /** Names of models. */
  readonly select: readonly string[];
  /** The stage under which what their tests find is kept; absent: it is not kept. */
  readonly resultsOf?: string | undefined;
  /** Builds nothing: asks the tests of tables as they stand. */
  readonly testOnly?: boolean;
}

/** Builds and tests models for a run, with a receipt for each where somebody chose them. A model that fails is an outcome, no error. */
export async function buildModels(
  deps: StageDeps,
  request: RunRequest,
  { project, select, resultsOf, testOnly = false }: ModelsWanted,
  signal: AbortSignal,
): Promise<ModelOutcome[]> {
  const receipts = modelReceipts(deps, request);
  const run = (keep?: (outcome: ModelOutcome) => void) => {
    const options = {
      warehouse: deps.warehouse,
      select,
      runId: request.runId,
      logger: deps.logger,
      signal,
      history: rowHistory(deps.warehouse, request.runId, deps.now()),
      now: deps.now,
      personalColumns: personalColumns(deps),
      budget: deps.budgetOf?.(request.runId),
      onModel: (outcome: ModelOutcome) => {
        keep?.(outcome);
        receipts.onModel(outcome);
      },
    };
    if (testOnly) return testModels(project, options);
    const { fullRefresh } = request.models ?? {};
    const evenUnchanged = isRebuild(request);
    return runModels(project, { ...options, fullRefresh, evenUnchanged, onFailure: "report" });
  };
  const outcomes = resultsOf === undefined ? run() : keepingResults(deps, request, resultsOf, run);
  return outcomes.finally(receipts.done);
}

/** Whoever names models wants them built, also where nothing changed; whoever releases tables wants those that stand. */
function isRebuild({ models }: RunRequest): boolean {
  return models !== undefined && models.acceptSchema === undefined;
}

/**
 * Leaves a receipt in the ledger for each model of a run that somebody chose models for, so that whoever asked sees them one by one.
 * `done` waits until all are written.
 */
function modelReceipts({ ledger, now }: Pick<StageDeps, "ledger" | "now">, request: RunRequest) {
  const writing: Promise<unknown>[] = [];
  const keep = (outcome: ModelOutcome) => {
    const receipt = { runId: request.runId, stage: `model-${outcome.name}`, summary: { ...outcome } };
    writing.push(ledger.writeStage({ ...receipt, finishedAt: now().toISOString() }).catch(() => undefined));
  };
  return {
    onModel: request.models ? keep : () => undefined,
    done: () => Promise.all(writing),
  };
}
