import type { RunRequest } from "@lifecycle/contracts";
import type { ModelOutcome } from "@lifecycle/transform";
import type { StageDeps } from "./deps.ts";

/** The models of `names` that the run is about: all, unless somebody chose some. */
export function chosenModels(request: RunRequest, names: readonly string[]): string[] {
  const chosen = request.models && new Set(request.models.select);
  return names.filter((name) => chosen?.has(name) ?? true);
}

/** Whoever names models wants them built, also where nothing changed; whoever releases tables wants those that stand. */
export function isRebuild({ models }: RunRequest): boolean {
  return models !== undefined && models.acceptSchema === undefined;
}

/**
 * Leaves a receipt in the ledger for each model of a run that somebody chose models for, so that whoever asked sees them one by one.
 * `done` waits until all are written.
 */
export function modelReceipts({ ledger, now }: Pick<StageDeps, "ledger" | "now">, request: RunRequest) {
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
