import { createHash } from "node:crypto";
import { type DeadLetter, FatalError, type RunRequest, type TableContract } from "@lifecycle/contracts";
import {
  type CompiledProject,
  type ModelOutcome,
  qualityResultTable,
  qualityRows,
  schemaChangeTable,
} from "@lifecycle/transform";
import type { StageDeps } from "./deps.ts";
import { loadOwnRows, ownStamps } from "./own-rows.ts";

/** Raw tables that hold what building and publishing found. */
export const qualityTables: readonly TableContract[] = [qualityResultTable, schemaChangeTable];

type Deps = Pick<StageDeps, "ledger" | "landing" | "warehouse" | "now">;

/**
 * Lands and loads what the tests of a stage found. Done again with the same models it replaces what the first try said; a second try
 * that found some of them built by the first adds to it.
 */
async function keepResults(
  deps: Deps,
  request: RunRequest,
  stage: string,
  outcomes: readonly ModelOutcome[],
): Promise<void> {
  const rows = qualityRows(outcomes, request.runId, deps.now().toISOString());
  const models = outcomes.filter(({ status }) => status !== "unchanged").map(({ name }) => name);
  const digest = createHash("sha256").update(models.toSorted().join()).digest("hex").slice(0, 8);
  await landRows(deps, request, qualityResultTable, `quality-${stage}-${digest}`, rows);
}

/**
 * Runs models and keeps what their tests found: also when it is stopped in its middle by an error, since a second try finds the models
 * before it built and tested and asks them nothing.
 */
export async function keepingResults(
  deps: Deps,
  request: RunRequest,
  stage: string,
  run: (onModel: (outcome: ModelOutcome) => void) => Promise<ModelOutcome[]>,
): Promise<ModelOutcome[]> {
  const seen: ModelOutcome[] = [];
  const outcomes = await run((outcome) => seen.push(outcome)).catch(async (error) => {
    await keepResults(deps, request, stage, seen).catch(() => undefined); // the first error tells more
    throw error;
  });
  await keepResults(deps, request, stage, outcomes);
  return outcomes;
}

/** Lands rows of our own with the stamps of the run and loads them under its load id. Nothing is loaded where there is nothing. */
export async function landRows(
  deps: Deps,
  request: RunRequest,
  contract: TableContract,
  resource: string,
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return;
  const { workspace, pipeline, runId } = request;
  const stamps = { workspace, data_state: "closed", ...ownStamps(deps, request, resource) };
  const file = await deps.landing.writePart(
    [workspace, pipeline, resource, runId, contract.table].join("/"),
    rows.map((row) => ({ ...row, ...stamps })),
    contract.table,
  );
  await loadOwnRows(deps, request, resource, file, contract);
}

const workOf = (model: string) => `model:${model}`;

/** A model that did not pass is missing work of its run, which then ends `partial`; one that passes now is not any more. */
export async function keepFailures(
  { ledger, now }: Pick<Deps, "ledger" | "now">,
  request: RunRequest,
  outcomes: readonly ModelOutcome[],
): Promise<void> {
  const known = new Set((await ledger.readDeadLetters(request.runId)).map(({ work }) => work));
  for (const { name, status, error } of outcomes) {
    if (status === "failed" && error) await ledger.writeDeadLetter(letterOf(request, name, error, now()));
    else if (status !== "blocked" && known.has(workOf(name)))
      await ledger.removeDeadLetter(request.runId, workOf(name));
  }
}

export function letterOf(
  { runId }: RunRequest,
  model: string,
  { code, message }: { code: string; message: string },
  at: Date,
): DeadLetter {
  const failedAt = at.toISOString();
  return { runId, work: workOf(model), queue: "", jobId: "", objectName: model, code, message, failedAt };
}

/** Throws the first failure when nothing that people read got further: then the run has failed and is not merely incomplete. */
export function mustPublishSomething(project: CompiledProject, outcomes: readonly ModelOutcome[]): void {
  const failed = outcomes.find(({ status }) => status === "failed");
  const published = new Set(project.models.filter((model) => model.published).map(({ name }) => name));
  const isSound = outcomes.some(({ name, status }) => status === "built" && published.has(name));
  if (failed?.error && !isSound) throw new FatalError(failed.error.code, failed.error.message);
}

/** Columns that some raw table holds personal data in: whatever a model calls so is masked in samples. */
export function personalColumns({ tables }: Pick<StageDeps, "tables">): ReadonlySet<string> {
  return new Set(
    tables.flatMap(({ columns }) => columns.filter((column) => column.pii).map(({ name }) => name)),
  );
}
