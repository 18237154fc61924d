import { join } from "node:path";
import { brazeTables } from "@lifecycle/braze";
import { type JobName, type RunRequest, rawFileTable, type TableContract } from "@lifecycle/contracts";
import { definitionsOf, experimentTables } from "@lifecycle/experiments";
import { ledgerTables, loadResource, personalData, planFileRun, quarantineTable } from "@lifecycle/ingest";
import { openLanding } from "@lifecycle/landing";
import { type Handlers, NOTIFY_QUEUE, queuePolicy, startWorker, WAREHOUSE_QUEUE } from "@lifecycle/queue";
import {
  announceReady,
  loadExperimentsConfig,
  loadPipelines,
  piiSalt,
  type RoleContext,
  type Settings,
  sweepLeftovers,
} from "@lifecycle/runtime";
import { compileInProcess } from "@lifecycle/transform";
import { graceMs } from "./grace.ts";
import { type GuardDeps, inOpenRun, recordDeadJobs } from "./job-guards.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { openWarehouse } from "./open-warehouse.ts";
import { reportJob } from "./report-job.ts";
import { restoreWarehouse } from "./restore-warehouse.ts";
import { runBudgets } from "./stages/budgets.ts";
import { filePipelineOf, type StageDeps } from "./stages/deps.ts";
import { evaluateBatch } from "./stages/evaluate-experiments.ts";
import { notifyRun } from "./stages/notify-run.ts";
import { publishRun } from "./stages/publish-run.ts";
import { transformRun } from "./stages/transform-run.ts";

/**
 * A process that reaches the warehouse: with DuckDB the only one, which owns the file and answers everyone else's queries; with
 * BigQuery one of any number.
 * `queriesOnly` answers queries and takes no jobs.
 */
export async function runWarehouseRole(context: RoleContext, queriesOnly: boolean): Promise<void> {
  const { warehouse, queriesUrl } = await openWarehouse(context, queriesOnly);
  void sweepLeftovers(placesWrittenTo(context.settings));
  if (!queriesOnly) await takeJobs(context, stageDeps(context, warehouse));
  announceReady({ queries: queriesUrl });
  context.logger.info({ engine: warehouse.engine, takes_jobs: !queriesOnly }, "warehouse ready");
}

/** Where this role writes aside and may be killed over it. */
function placesWrittenTo({ output, warehouse, home }: Settings): string[] {
  const below = ["", "experiments", "tables", "tables/.aside"].map((folder) => join(output.path, folder));
  return [...below, `${warehouse.duckdb.path}.tmp`, join(home, ".runtime"), join(home, ".runtime/compiled")];
}

function stageDeps({ settings, logger }: RoleContext, warehouse: StageDeps["warehouse"]): StageDeps {
  const pipelines = loadPipelines(settings);
  const filePipelines = [...pipelines.values()].filter((pipeline) => pipeline.kind === "file");
  return {
    settings,
    logger,
    warehouse,
    pipelines,
    ...openLanding(settings),
    definitions: definitionsOf(
      loadExperimentsConfig(settings),
      filePipelines,
      Object.keys(settings.workspaces),
    ),
    tables: rawTables(filePipelines.map(rawFileTable)),
    compiledModels: () => compileInProcess(compileRequest(settings)),
    budgetOf: runBudgets(settings.warehouse.bigquery.max_bytes_billed_per_run),
    now: () => new Date(),
  };
}

function rawTables(fileTables: readonly TableContract[]): TableContract[] {
  return [...brazeTables, quarantineTable, ...fileTables, ...experimentTables, ...ledgerTables];
}

function compileRequest(settings: Settings) {
  return {
    sqlDir: settings.sql.path,
    ...(settings.transform.overlay ? { overlayDir: settings.transform.overlay } : {}),
    vars: settings.transform.vars,
    engine: settings.warehouse.engine,
    dataset: settings.warehouse.dataset,
    project: settings.warehouse.bigquery.project,
    retentionDays: settings.warehouse.retention_days,
    cacheDir: join(settings.home, ".runtime/compiled"),
  };
}

async function takeJobs(
  { settings, logger, shutdown, redisUrl, redisPrefix }: RoleContext,
  deps: StageDeps,
): Promise<void> {
  const guard: GuardDeps = { ledger: deps.ledger, logger };
  const workers = [
    {
      queue: WAREHOUSE_QUEUE,
      concurrency: warehouseConcurrency(settings),
      handlers: warehouseHandlers(deps, guard),
    },
    {
      queue: NOTIFY_QUEUE,
      concurrency: settings.queues.concurrency.notify,
      handlers: { "notify-run": inOpenRun(guard, "notify-run", (request) => notifyRun(deps, request)) },
    },
  ].map(({ queue, concurrency, handlers }) =>
    startWorker({
      connection: { redisUrl, prefix: redisPrefix },
      queue,
      concurrency,
      policy: queuePolicy(settings),
      handlers,
      onDead: recordDeadJobs(guard),
      report: reportJob(logger),
    }),
  );
  shutdown.onClose("workers", () => Promise.all(workers.map((worker) => worker.close(graceMs(settings)))));
}

/** DuckDB does one thing at a time; BigQuery has room. */
function warehouseConcurrency({ warehouse, queues }: Settings): number {
  return warehouse.engine === "duckdb" ? 1 : Math.max(queues.concurrency.load, queues.concurrency.evaluate);
}

/** What each job of the warehouse queue runs. Two runs never build or publish at once: they would build the same tables. */
function warehouseHandlers(deps: StageDeps, guard: GuardDeps): Handlers {
  const inTurn = oneAtATime();
  const load = (request: RunRequest, resource: string, signal?: AbortSignal) =>
    loadResource(
      { ...deps, filePipeline: filePipelineOf(deps, request.pipeline), personal: personalOf(deps) },
      request,
      resource,
      signal,
    );
  const restored = restoreWarehouse(deps, load);
  // Whoever comes first waits for it, and fails with it: also an evaluation must find the looks that were taken.
  restored.catch(() => {});
  const guarded = <Name extends JobName>(name: Name, handle: Parameters<typeof inOpenRun<Name>>[2]) =>
    inOpenRun(guard, name, async (request, payload, context) => {
      await restored;
      return handle(request, payload, context);
    });
  return {
    "plan-run": inOpenRun(guard, "plan-run", (request) => {
      const pipeline = filePipelineOf(deps, request.pipeline);
      if (!pipeline) throw new Error(`${request.pipeline} is no file pipeline`);
      return planFileRun(deps, request, pipeline);
    }),
    "load-resource": guarded("load-resource", (request, { resource }, { signal }) =>
      load(request, resource, signal),
    ),
    "transform-run": guarded("transform-run", (request, _, { signal }) =>
      inTurn(() => transformRun(deps, request, signal)),
    ),
    "evaluate-experiments": guarded("evaluate-experiments", (request, { batch }) =>
      evaluateBatch(deps, request, batch),
    ),
    "publish-run": guarded("publish-run", (request, { scope }, { signal }) =>
      inTurn(() => publishRun(deps, request, scope, signal)),
    ),
  };
}

function personalOf({ settings }: Pick<StageDeps, "settings">) {
  return personalData(settings.pii.policy, piiSalt(settings));
}
