import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { loadId, type RunRequest } from "@lifecycle/contracts";
import {
  LEDGER_RESOURCE,
  ledgerTables,
  publishedStatus,
  readRunState,
  runOutcome,
  snapshotLedger,
} from "@lifecycle/ingest";
import { type CompiledProject, downstreamOf, runModels } from "@lifecycle/transform";
import type { StageDeps } from "./deps.ts";
import { LATE_SOURCES } from "./transform-run.ts";
import { writeOutputs } from "./write-outputs.ts";

export type PublishScope = "all" | "ops";

/**
 * Makes what was built visible: loads the ledger as it stands, builds the models that waited for it, then swaps one table at a
 * time, each tested before. Done again after a crash, it swaps the same tables to the same content.
 * `ops` leaves everything but the tables about the fleet itself as it is published.
 */
export async function publishRun(
  deps: StageDeps,
  request: RunRequest,
  scope: PublishScope,
  signal: AbortSignal,
): Promise<unknown> {
  const { warehouse, logger } = deps;
  await warehouse.bootstrap(deps.tables);
  await loadLedger(deps, request);
  const project = await deps.compiledModels();
  const late = scope === "all" ? downstreamOf(project, LATE_SOURCES) : opsModels(project);
  await runModels(project, {
    warehouse,
    select: late,
    runId: request.runId,
    logger,
    signal,
  });
  const tables = project.models
    .filter((model) => model.published && (scope === "all" || late.includes(model.name)))
    .map((model) => model.name);
  const folder = join(deps.settings.output.path, "tables");
  await mkdir(folder, { recursive: true });
  for (const table of tables) {
    signal.throwIfAborted();
    await warehouse.publish(table, `publish__${request.runId}__${table}`);
    await warehouse.exportParquet(table, join(folder, `${table}.parquet`));
  }
  if (scope === "all") await writeOutputs(deps);
  const stage = scope === "all" ? "publish" : "publish-ops";
  await deps.ledger.writeStage({
    runId: request.runId,
    stage,
    finishedAt: deps.now().toISOString(),
    summary: { tables },
  });
  return { tables: tables.length };
}

/** Models made of nothing but the ledger, in building order: they can be had even when no other model was ever built. */
function opsModels(project: CompiledProject): string[] {
  const ledger = new Set(ledgerTables.map(({ table }) => table));
  const found = new Set<string>();
  for (const model of project.models) {
    const inputs = model.dependsOn.length + model.sources.length;
    const isOps =
      model.dependsOn.every((name) => found.has(name)) && model.sources.every((table) => ledger.has(table));
    if (inputs > 0 && isOps) found.add(model.name);
  }
  return [...found];
}

async function loadLedger(deps: StageDeps, request: RunRequest): Promise<void> {
  const state = await readRunState(deps.ledger, request.runId);
  const status = runOutcome(state) ?? publishedStatus(state);
  const snapshot = await snapshotLedger(deps.ledger, { runId: request.runId, status }, deps.now());
  for (const { table, columns } of ledgerTables) {
    const path = [request.workspace, request.pipeline, LEDGER_RESOURCE, request.runId, table].join("/");
    const file = await deps.landing.writePart(path, snapshot.get(table) ?? [], table);
    const located = { ...file, uri: deps.landing.locate(file.uri) };
    const id = loadId(request.runId, LEDGER_RESOURCE);
    await deps.warehouse.load({ loadId: id, table, columns, files: [located], disposition: "replace" });
  }
}
