import { type BrazeSource, type OpenBrazeSource, openBrazeSource } from "@lifecycle/braze";
import { FatalError, type RunRequest, rateLimitBuckets } from "@lifecycle/contracts";
import {
  createRefusalCounter,
  type ExtractDeps,
  extractPart,
  personalData,
  planRun,
} from "@lifecycle/ingest";
import { type Ledger, openLanding } from "@lifecycle/landing";
import { extractQueue, type Handlers, queuePolicy, type RunningWorker, startWorker } from "@lifecycle/queue";
import {
  announceReady,
  connectRedis,
  createClock,
  piiSalt,
  type RoleContext,
  type Workspace,
} from "@lifecycle/runtime";
import { graceMs } from "./grace.ts";
import { type GuardDeps, inOpenRun, recordDeadJobs } from "./job-guards.ts";
import { reportJob } from "./report-job.ts";

/** A process that reads Braze: takes jobs of every workspace's extract queues, paced together with all its like. */
export async function runExtractRole(context: RoleContext, concurrency: number | undefined): Promise<void> {
  const { settings, logger, shutdown, redisUrl } = context;
  const { ledger, landing } = openLanding(settings);
  const redis = connectRedis(redisUrl, { role: "worker", logger });
  shutdown.onClose("redis", () => redis.disconnect());
  const personal = personalData(settings.pii.policy, piiSalt(settings));
  const workers = Object.values(settings.workspaces).flatMap((workspace) => {
    const source = openSource(context, workspace, ledger, redis);
    const deps = { ledger, landing, source, personal, now: () => new Date() };
    return startWorkers(context, workspace, deps, source, concurrency ?? settings.queues.concurrency.extract);
  });
  shutdown.onClose("workers", () => Promise.all(workers.map((worker) => worker.close(graceMs(settings)))));
  announceReady();
  logger.info({ workspaces: Object.keys(settings.workspaces).length }, "extract worker ready");
}

/** A workspace's Braze, whose refused calls are counted. */
function openSource(
  { settings, logger, shutdown, redisPrefix }: RoleContext,
  workspace: Workspace,
  ledger: Ledger,
  redis: OpenBrazeSource["redis"],
): BrazeSource {
  const refusals = createRefusalCounter(ledger, workspace.name, {
    now: () => new Date(),
    onError: (err) => logger.warn({ err, workspace: workspace.name }, "refused calls could not be counted"),
  });
  const source = openBrazeSource({
    settings,
    workspace,
    redis,
    prefix: redisPrefix,
    clock: createClock(settings),
    logger,
    onRefused: refusals.count,
  });
  shutdown.onClose(`braze ${workspace.name}`, async () => {
    await source.close();
    await refusals.flush();
  });
  return source;
}

/** One worker per rate limit of a workspace. */
function startWorkers(
  { settings, logger, redisUrl, redisPrefix }: RoleContext,
  workspace: Workspace,
  deps: ExtractDeps,
  source: BrazeSource,
  concurrency: number,
): RunningWorker[] {
  const guard: GuardDeps = { ledger: deps.ledger, logger };
  const handlers = extractHandlers(deps, guard, (signal) => source.checkPermissions({ signal }));
  return rateLimitBuckets.map((bucket) =>
    startWorker({
      connection: { redisUrl, prefix: redisPrefix },
      queue: extractQueue(workspace.name, bucket),
      concurrency,
      policy: queuePolicy(settings),
      handlers,
      onDead: recordDeadJobs(guard),
      report: reportJob(logger),
    }),
  );
}

/** `checkPermissions` comes before planning, so that nothing is planned which the key may not read. */
function extractHandlers(
  deps: ExtractDeps,
  guard: GuardDeps,
  checkPermissions: (signal: AbortSignal) => Promise<unknown>,
): Handlers {
  return {
    "plan-run": inOpenRun(guard, "plan-run", async (request, _, { signal }) => {
      await checkPermissions(signal);
      const plan = await planRun(deps, brazeRequest(request), signal);
      return { parts: plan.parts.length };
    }),
    "extract-part": inOpenRun(guard, "extract-part", async (request, { part }, { signal }) => {
      const { rows, rejected } = await extractPart(deps, request, part, signal);
      return { rows, rejected };
    }),
  };
}

function brazeRequest(request: RunRequest): RunRequest {
  if (request.pipeline !== "braze")
    throw new FatalError(
      "plan.unknown_pipeline",
      `${request.pipeline} is neither braze nor a run over a file.`,
    );
  return request;
}
