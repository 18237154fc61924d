import { openBrazeSource } from "@lifecycle/braze";
import { type BrazePipeline, type RunRequest, runId } from "@lifecycle/contracts";
import { mustBeKept, personalData, planRun, readCoverage } from "@lifecycle/ingest";
import { diskLanding, diskStore, openLedger } from "@lifecycle/landing";
import {
  connectRedis,
  createClock,
  provideRedis,
  redisPrefix,
  withTemporaryFolder,
} from "@lifecycle/runtime";
import { describeQuote, quoteRun } from "../quote.ts";
import { sampleFile } from "../sample-file.ts";
import { findHands, type Session } from "../session.ts";
import { mustFit, mustHaveBegun, windowOf } from "../wanted-days.ts";
import { fileWanted, pipelineOf, type RunFlags, workspaceOf } from "./run.ts";
import { defaultWindow, today } from "./start.ts";

/** `lifecycle plan <pipeline>`: what a run would cost, without running it. Lists and details are asked for; nothing is kept. */
export async function plan(session: Session, pipelineName: string, flags: RunFlags): Promise<number> {
  const pipeline = pipelineOf(session, pipelineName);
  mustFit(pipeline, flags);
  if (pipeline.kind === "braze") return planBraze(session, pipeline, flags);
  const { source } = await fileWanted(pipeline, flags.file ?? (await sampleFile(session, pipeline)));
  session.terminal.line(`${pipelineName} reads ${source!.uri}, ${source!.sizeBytes} bytes; no calls.`);
  return 0;
}

async function planBraze(session: Session, pipeline: BrazePipeline, flags: RunFlags): Promise<number> {
  const { ledger, terminal } = session;
  const workspace = workspaceOf(session, flags.workspace);
  const window = windowOf(flags) ?? defaultWindow(session, workspace, pipeline.window_days);
  mustHaveBegun(window, today(session, workspace));
  mustBeKept(window, session.settings.warehouse.retention_days, today(session, workspace));
  const key = { workspace, pipeline: pipeline.name, window, pass: 1 };
  const request: RunRequest = {
    ...key,
    runId: runId(key),
    trigger: "cli",
    requestedBy: session.user,
    requestedAt: new Date().toISOString(),
    priority: 0,
    ...(flags.full ? { full: true } : {}),
  };
  return withTemporaryFolder("plan", async (aside) => {
    const scratch = openLedger(diskStore(aside));
    const coverage = await readCoverage(ledger, workspace, pipeline.name);
    await scratch.writeCoverage(workspace, pipeline.name, coverage);
    const planned = await withSource(session, workspace, (source) =>
      planRun(
        {
          ledger: scratch,
          landing: diskLanding(aside),
          source,
          personal: personalData("drop", undefined),
          now: () => new Date(),
        },
        request,
        session.shutdown.signal,
      ),
    );
    const quote = await quoteRun(scratch, session.settings.workspaces[workspace]!, request, planned);
    terminal.line(`A run of ${pipeline.name} over ${window.from} until ${window.until} would take`);
    for (const line of describeQuote(quote)) terminal.line(line);
    return 0;
  });
}

/** Braze as one workspace sees it, or the sandbox, which is started when it is needed and not up. */
async function withSource<T>(
  session: Session,
  workspaceName: string,
  use: (source: ReturnType<typeof openBrazeSource>) => Promise<T>,
): Promise<T> {
  const { settings, logger, shutdown } = session;
  const workspace = settings.workspaces[workspaceName]!;
  const hands = workspace.usesSandbox && !settings.sandbox.url ? await findHands(session) : undefined;
  const redis = await provideRedis(settings, { logger });
  shutdown.onClose("redis", () => redis.stop());
  const connection = connectRedis(redis.url, { role: "fail_fast", logger });
  const url = hands?.sandboxUrl ?? settings.sandbox.url;
  const source = openBrazeSource({
    settings: { ...settings, sandbox: { ...settings.sandbox, ...(url ? { url } : {}) } },
    workspace,
    redis: connection,
    prefix: redisPrefix(settings),
    clock: createClock(settings),
    logger,
  });
  try {
    return await use(source);
  } finally {
    await source.close();
    connection.disconnect();
    await hands?.release();
  }
}
