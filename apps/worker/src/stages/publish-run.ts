import { brazeBuckets } from "@lifecycle/braze";
import { errorMessage, loadId, type RunRequest, type TableContract } from "@lifecycle/contracts";
import {
  ledgerTables,
  publishedStatus,
  readRunState,
  refusalKey,
  runOutcome,
  snapshotLedger,
} from "@lifecycle/ingest";
import {
  type CompiledProject,
  downstreamOf,
  type ModelOutcome,
  rowHistory,
  runModels,
} from "@lifecycle/transform";
import { chosenModels, isRebuild, modelReceipts } from "./chosen-models.ts";
import type { StageDeps } from "./deps.ts";
import { exportTables } from "./export-tables.ts";
import { keepFailures, keepingResults, personalColumns, qualityTables } from "./model-outcomes.ts";
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

const MAX_RUNS = 10_000_000;

export type PublishScope = "all" | "ops";

/**
 * Makes what was built visible: loads the ledger as it stands, builds the models that waited for it, then swaps one table at a
 * time, each tested before. Done again after a crash, it swaps the same tables to the same content.
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
  await loadLedger(deps, request, scope);
  const late = downstreamOf(project, LATE_SOURCES).filter((name) => chosen.has(name));
  // What tells of tests and changes is built last: it tells of the others too.
  const last = new Set(downstreamOf(project, namesOfTables(qualityTables)));
  const select = [...new Set([...ops, ...late])];
  await buildLate(
    deps,
    request,
    project,
    select.filter((name) => !last.has(name)),
    signal,
    scope,
  );
  await keepChanges(deps, request, await decide());
  await keepUnknownFields(deps, request);
  await buildLate(
    deps,
    request,
    project,
    select.filter((name) => last.has(name)),
    signal,
  );
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

/** Builds models that waited for the ledger; `resultsOf` names the stage under which their tests are kept. */
async function buildLate(
  deps: StageDeps,
  request: RunRequest,
  project: CompiledProject,
  select: readonly string[],
  signal: AbortSignal,
  resultsOf?: string,
): Promise<ModelOutcome[]> {
  const receipts = modelReceipts(deps, request);
  const run = (keep?: (outcome: ModelOutcome) => void) =>
    runModels(project, {
      warehouse: deps.warehouse,
      select,
      runId: request.runId,
      logger: deps.logger,
      signal,
      fullRefresh: request.models?.fullRefresh,
      evenUnchanged: isRebuild(request),
      onFailure: "report",
      history: rowHistory(deps.warehouse, request.runId, deps.now()),
      now: deps.now,
      personalColumns: personalColumns(deps),
      budget: deps.budgetOf?.(request.runId),
      onModel: (outcome) => {
        keep?.(outcome);
        receipts.onModel?.(outcome);
      },
    }).finally(receipts.done);
  const outcomes = await (resultsOf === undefined
    ? run()
    : keepingResults(deps, request, `publish-${resultsOf}`, run));
  await keepFailures(deps, request, outcomes);
  return outcomes;
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

/** Adds what the warehouse does not hold of the ledger yet: the runs that had not ended when they were last described. */
async function loadLedger(deps: StageDeps, request: RunRequest, scope: PublishScope): Promise<void> {
  const { ledger, landing, warehouse, logger } = deps;
  const state = await readRunState(ledger, request.runId);
  const status = runOutcome(state) ?? publishedStatus(state);
  const snapshot = await snapshotLedger(ledger, { runId: request.runId, status }, deps.now(), {
    known: await describedRuns(deps),
    ...(await describedRefusals(deps, request)),
    resource: ledgerResource(scope),
    limitOf: (workspace, bucket) => bucketLimit(deps, workspace, bucket),
    onUnreadable: (name, error) =>
      logger.warn({ name, reason: errorMessage(error) }, "left out of the ops tables"),
  });
  const id = loadId(request.runId, ledgerResource(scope));
  for (const { table, columns } of ledgerTables) {
    const path = [request.workspace, request.pipeline, ledgerResource(scope), request.runId, table].join("/");
    const file = await landing.writePart(path, snapshot.get(table) ?? [], table);
    const located = { ...file, uri: landing.locate(file.uri) };
    await warehouse.load({ loadId: id, table, columns, files: [located], disposition: "append" });
  }
}

/** The documented limit of a bucket, or the contract's own, and the share of it that is ours. */
function bucketLimit({ settings }: StageDeps, workspace: string, bucket: string) {
  const braze = settings.workspaces[workspace]?.braze;
  const documented = Object.values(brazeBuckets).find(({ name }) => name === bucket);
  if (!braze || !documented) return undefined;
  const own = braze.buckets[bucket];
  const { limit, windowMs } = own ? { limit: own.limit, windowMs: own.window_seconds * 1_000 } : documented;
  return { limit, windowMs, share: braze.share_of_quota };
}

/** The resource under which a snapshot is landed and loaded. */
function ledgerResource(scope: PublishScope): string {
  return scope === "all" ? "ledger" : "ledger-ops";
}

/** Runs whose end stands in the warehouse. What a run said of itself while it published was a forecast, so it does not count. */
async function describedRuns({ warehouse }: StageDeps): Promise<Set<string>> {
  const sql = `SELECT DISTINCT run_id FROM ${warehouse.datasets.raw}.raw_run WHERE status <> 'running' AND run_id <> _run_id`;
  const { rows } = await warehouse.query(sql, { maxRows: MAX_RUNS });
  return new Set(rows.map(([runId]) => String(runId)));
}

/** A count of an hour is written within it or soon after: with room for a ledger that could not be written for a while. */
const REFUSALS_SETTLE_MS = 2 * 86_400_000;

/** Counts of refused calls that the warehouse holds, of days that may still bring others; without what this run itself loaded. */
async function describedRefusals({ warehouse }: StageDeps, { runId }: RunRequest) {
  const table = `${warehouse.datasets.raw}.raw_api_refusal`;
  const others = `_run_id <> '${runId}'`;
  const newest = await warehouse.query(`SELECT CAST(MAX(hour) AS STRING) FROM ${table} WHERE ${others}`);
  const lastHour = newest.rows[0]?.[0];
  if (lastHour === null || lastHour === undefined)
    return { knownRefusals: new Set<string>(), refusalsSince: undefined };
  const lastDay = Date.parse(String(lastHour).slice(0, 10));
  const refusalsSince = new Date(lastDay - REFUSALS_SETTLE_MS).toISOString().slice(0, 10);
  const sql = `SELECT workspace, bucket, CAST(hour AS STRING), process, calls FROM ${table} WHERE ${others} AND hour >= CAST('${refusalsSince}T00:00:00Z' AS TIMESTAMP)`;
  const { rows } = await warehouse.query(sql, { maxRows: MAX_RUNS });
  const keys = rows.map(([workspace, bucket, hour, process, calls]) =>
    refusalKey({
      workspace: String(workspace),
      bucket: String(bucket),
      // `2026-06-30 12:00:00+00` on both engines.
      hour: String(hour).slice(0, 13).replace(" ", "T"),
      process: String(process),
      calls: Number(calls),
    }),
  );
  return { knownRefusals: new Set(keys), refusalsSince };
}
