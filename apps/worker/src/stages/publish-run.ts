import type { RunRequest, TableContract } from "@lifecycle/contracts";
import { ledgerTables } from "@lifecycle/ingest";
import { type CompiledProject, downstreamOf } from "@lifecycle/transform";
import { buildModels } from "./build-models.ts";
import { chosenModels } from "./chosen-models.ts";
import type { StageDeps } from "./deps.ts";
import { exportTables } from "./export-tables.ts";
import { loadLedger } from "./load-ledger.ts";
import { keepFailures, qualityTables } from "./model-outcomes.ts";
import {
  grantTables,
  keepBack,
  keepChanges,
  mustBreakNobody,
  publishables,
  publishTables,
} from "./publish-tables.ts";
import { LATE_SOURCES } from "./transform-run.ts";
import { keepUnknownFields } from "./unknown-fields.ts";
import { writeOutputs } from "./write-outputs.ts";

export type PublishScope = "all" | "ops";

/**
 * Makes what was built visible: loads the ledger as it stands, builds the models that waited for it, then swaps each
 * table by itself, tested before. Done again after a crash, it swaps the same tables to the same content.
 * `ops` leaves everything but the tables about the fleet itself as it is published; so does a run that only asks tests.
 */
export async function publishRun(
  deps: StageDeps,
  request: RunRequest,
  scope: PublishScope,
  signal: AbortSignal,
): Promise<unknown> {
  const { warehouse } = deps;
  await warehouse.bootstrap([...deps.tables, ...qualityTables]);
  const project = await deps.compiledModels();
  const ops = opsModels(project);
  const isAll = scope === "all" && !request.models?.testOnly;
  const chosen = new Set(isAll ? chosenModels(request, namesOf(project.models)) : []);
  const tables = namesOf(
    project.models.filter(({ name, published }) => published && (chosen.has(name) || ops.includes(name))),
  );
  const decide = publishables(deps, request, project.models, tables);
  // Before the ledger is loaded, so that it tells of what this run keeps back.
  await keepBack(deps, request, await decide());
  await loadLedger(deps, request, scope === "all" ? "ledger" : "ledger-ops");
  const late = downstreamOf(project, LATE_SOURCES).filter((name) => chosen.has(name));
  const build = async (select: readonly string[], resultsOf?: string) => {
    const outcomes = await buildModels(deps, request, { project, select, resultsOf }, signal);
    await keepFailures(deps, request, outcomes);
  };
  const { telling, others } = byTelling(project, new Set([...ops, ...late]));
  await build(others, `publish-${scope}`);
  await keepChanges(deps, request, await decide());
  await keepUnknownFields(deps, request);
  await build(telling);
  const decisions = await decide();
  if (scope === "all") mustBreakNobody(decisions);
  await keepBack(deps, request, decisions);
  const swapped = await publishTables(warehouse, request, decisions, signal);
  await grantTables(deps, project.models, tables);
  await exportTables(deps, tables);
  if (isAll) await writeOutputs(deps);
  const stage = scope === "all" ? "publish" : "publish-ops";
  await deps.ledger.writeStage({
    runId: request.runId,
    stage,
    finishedAt: deps.now().toISOString(),
    summary: { tables: swapped },
  });
  return { tables: swapped.length };
}

/** What tells of tests and changes is built last: it tells of the others too. */
function byTelling(project: CompiledProject, names: ReadonlySet<string>) {
  const last = new Set(downstreamOf(project, namesOfTables(qualityTables)));
  const [telling, others] = [
    [...names].filter((name) => last.has(name)),
    [...names].filter((name) => !last.has(name)),
  ];
  return { telling, others };
}

function namesOfTables(tables: readonly TableContract[]): string[] {
  return tables.map(({ table }) => table);
}

function namesOf(models: CompiledProject["models"]): string[] {
  return models.map(({ name }) => name);
}

/** Models made of nothing but the ledger, in building order: they can be had even when no other model was ever built. */
function opsModels(project: CompiledProject): string[] {
  const ledger = new Set([...ledgerTables, ...qualityTables].map(({ table }) => table));
  const found = new Set<string>();
  for (const model of project.models) {
    const inputs = model.dependsOn.length + model.sources.length;
    const isOps =
      model.dependsOn.every((name) => found.has(name)) && model.sources.every((table) => ledger.has(table));
    if (inputs > 0 && isOps) found.add(model.name);
  }
  return [...found];
}
