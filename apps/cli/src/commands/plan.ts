import { type BrazePipeline, type RunRequest, runId } from "@lifecycle/contracts";
import { mustBeKept, personalData, planRun, readCoverage } from "@lifecycle/ingest";
import { diskLanding, diskStore, openLedger } from "@lifecycle/landing";
import { withTemporaryFolder } from "@lifecycle/runtime";
import { withBraze } from "../braze-access.ts";
import { fileWanted } from "../file-wanted.ts";
import { describeQuote, quoteRun } from "../quote.ts";
import { describeResources } from "../resources.ts";
import { sampleFile } from "../sample-file.ts";
import type { Session } from "../session.ts";
import { mustFit, mustHaveBegun, windowOf } from "../wanted-days.ts";
import { pipelineOf, type RunFlags, workspaceOf } from "./run.ts";
import { defaultWindow, today } from "./start.ts";

/** `lifecycle plan <pipeline>`: what a run would cost, without running it. Lists and details are asked for; nothing is kept. */
export async function plan(session: Session, pipelineName: string, flags: RunFlags): Promise<number> {
  const pipeline = pipelineOf(session, pipelineName);
  mustFit(pipeline, flags);
  if (pipeline.kind === "braze") return planBraze(session, pipeline, flags);
  const { source } = await fileWanted(session, pipeline, flags.file ?? (await sampleFile(session, pipeline)));
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
    const planned = await withBraze(session, workspace, async (source) => {
      await source.checkPermissions({ signal: session.shutdown.signal });
      for (const line of describeResources(source.states())) terminal.line(`  ${line}`);
      return await planRun(
        {
          ledger: scratch,
          landing: diskLanding(aside),
          source,
          personal: personalData("drop", undefined),
          now: () => new Date(),
        },
        request,
        session.shutdown.signal,
      );
    });
    const quote = await quoteRun(scratch, session.settings.workspaces[workspace]!, request, planned);
    terminal.line(`A run of ${pipeline.name} over ${window.from} until ${window.until} would take`);
    for (const line of describeQuote(quote)) terminal.line(line);
    return 0;
  });
}
