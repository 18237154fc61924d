import { join } from "node:path";
import { brazeTables } from "@lifecycle/braze";
import { rawFileTable, type TableContract } from "@lifecycle/contracts";
import { definitionsOf, experimentResultColumns } from "@lifecycle/experiments";
import { ledgerTables, loadResource, planFileRun, quarantineTable } from "@lifecycle/ingest";
import { diskLanding, diskStore, openLedger } from "@lifecycle/landing";
import { type Handlers, NOTIFY_QUEUE, queuePolicy, startWorker, WAREHOUSE_QUEUE } from "@lifecycle/queue";
import {
  announceReady,
  loadExperimentsConfig,
  loadPipelines,
  type RoleContext,
  type Settings,
} from "@lifecycle/runtime";
import { compileInProcess } from "@lifecycle/transform";
import { openDuckdbWarehouse, serveQueries } from "@lifecycle/warehouse";
import { graceMs } from "./grace.ts";
import { type GuardDeps, inOpenRun, recordDeadJobs } from "./job-guards.ts";
import { reportJob } from "./report-job.ts";
import { filePipelineOf, type StageDeps } from "./stages/deps.ts";
import { evaluateBatch } from "./stages/evaluate-experiments.ts";
import { notifyRun } from "./stages/notify-run.ts";
import { publishRun } from "./stages/publish-run.ts";
import { transformRun } from "./stages/transform-run.ts";

/**
 * The process that reaches the warehouse: with DuckDB the only one, which owns the file and answers everyone else's queries.
 * `queriesOnly` answers queries and takes no jobs.
 */
export async function runWarehouseRole(context: RoleContext, queriesOnly: boolean): Promise<void> {
  const { settings, logger, shutdown } = context;
  const { duckdb, dataset, query } = settings.warehouse;
  const warehouse = await openDuckdbWarehouse({
    path: duckdb.path,
    memoryLimit: duckdb.memory_limit,
    threads: duckdb.threads,
    dataset,
  });
  shutdown.onClose("warehouse", () => warehouse.close());
  const service = await serveQueries(warehouse, {
    stateDir: join(settings.home, ".runtime"),
    maxRows: query.max_rows * 100,
    timeoutMs: query.timeout_ms,
  });
  shutdown.onClose("query service", () => service.close());
  if (!queriesOnly) await takeJobs(context, stageDeps(context, warehouse));
  announceReady({ queries: service.url });
  logger.info({ takes_jobs: !queriesOnly }, "warehouse ready");
}

function stageDeps({ settings, logger }: RoleContext, warehouse: StageDeps["warehouse"]): StageDeps {
  const pipelines = loadPipelines(settings);
  const filePipelines = [...pipelines.values()].filter((pipeline) => pipeline.kind === "file");
  return {
    settings,
    logger,
    warehouse,
    pipelines,
    ledger: openLedger(diskStore(settings.landing.path)),
    landing: diskLanding(settings.landing.path),
    definitions: definitionsOf(
      loadExperimentsConfig(settings),
      filePipelines,
      Object.keys(settings.workspaces),
    ),
    tables: rawTables(filePipelines.map(rawFileTable)),
    compiledModels: () => compileInProcess(compileRequest(settings)),
    now: () => new Date(),
  };
}

function rawTables(fileTables: readonly TableContract[]): TableContract[] {
  return [...brazeTables, quarantineTable, ...fileTables, experimentResultColumns, ...ledgerTables];
}

function compileRequest(settings: Settings) {
  return {
    sqlDir: settings.sql.path,
    ...(settings.transform.overlay ? { overlayDir: settings.transform.overlay } : {}),
    vars: settings.transform.vars,
    engine: settings.warehouse.engine,
    dataset: settings.warehouse.dataset,
    cacheDir: join(settings.home, ".runtime/compiled"),
  };
}

async function takeJobs(
  { settings, logger, shutdown, redisUrl, redisPrefix }: RoleContext,
  deps: StageDeps,
): Promise<void> {
  const guard: GuardDeps = { ledger: deps.ledger, logger };
  const workers = [
    { queue: WAREHOUSE_QUEUE, handlers: warehouseHandlers(deps, guard) },
    {
      queue: NOTIFY_QUEUE,
      handlers: { "notify-run": inOpenRun(guard, "notify-run", (request) => notifyRun(deps, request)) },
    },
  ].map(({ queue, handlers }) =>
    startWorker({
      connection: { redisUrl, prefix: redisPrefix },
      queue,
      concurrency: 1,
      policy: queuePolicy(settings),
      handlers,
      onDead: recordDeadJobs(guard),
      report: reportJob(logger),
    }),
  );
  shutdown.onClose("workers", () => Promise.all(workers.map((worker) => worker.close(graceMs(settings)))));
}

/** What each job of the warehouse queue runs. */
function warehouseHandlers(deps: StageDeps, guard: GuardDeps): Handlers {
  return {
    "plan-run": inOpenRun(guard, "plan-run", (request) => {
      const pipeline = filePipelineOf(deps, request.pipeline);
      if (!pipeline) throw new Error(`${request.pipeline} is no file pipeline`);
      return planFileRun(deps, request, pipeline);
    }),
    "load-resource": inOpenRun(guard, "load-resource", (request, { resource }) =>
      loadResource({ ...deps, filePipeline: filePipelineOf(deps, request.pipeline) }, request, resource),
    ),
    "transform-run": inOpenRun(guard, "transform-run", (request, _, { signal }) =>
      transformRun(deps, request, signal),
    ),
    "evaluate-experiments": inOpenRun(guard, "evaluate-experiments", (request, { batch }) =>
      evaluateBatch(deps, request, batch),
    ),
    "publish-run": inOpenRun(guard, "publish-run", (request, { scope }, { signal }) =>
      publishRun(deps, request, scope, signal),
    ),
  };
}
