import { InputError, type RunRequest } from "@lifecycle/contracts";
import { readRunState } from "@lifecycle/ingest";
import { describeOutcome } from "../outcome.ts";
import { progressOf } from "../progress.ts";
import type { Session } from "../session.ts";
import { describeProgress, formatTable } from "../terminal.ts";

const SHOWN = 20;

/** `lifecycle status [run]`: what the ledger says, with or without a fleet. Returns the exit code. */
export async function status(
  session: Session,
  runId: string | undefined,
  flags: { json?: boolean },
): Promise<number> {
  return runId ? oneRun(session, runId, flags) : latestRuns(session, flags);
}

async function latestRuns({ ledger, terminal }: Session, flags: { json?: boolean }): Promise<number> {
  const requests = (await Promise.all((await ledger.listRunIds()).map((id) => ledger.readRequest(id))))
    .filter((request): request is RunRequest => request !== undefined)
    .toSorted((a, b) => b.requestedAt.localeCompare(a.requestedAt))
    .slice(0, SHOWN);
  const runs = await Promise.all(
    requests.map(async (request) => {
      const settled = await ledger.readSettled(request.runId);
      const stage = settled
        ? settled.status
        : describeProgress(progressOf(await readRunState(ledger, request.runId)));
      return {
        run: request.runId,
        status: stage,
        asked: request.requestedAt,
        by: request.requestedBy,
        rows: settled?.loadedRows ?? null,
        missing: settled?.missing.length ?? null,
      };
    }),
  );
  if (flags.json) terminal.line(JSON.stringify(runs));
  else if (runs.length === 0) terminal.line("No run was asked for yet. `npm start` asks for the first.");
  else
    terminal.line(formatTable(["run", "status", "asked", "by", "rows", "missing"], runs.map(Object.values)));
  return 0;
}

async function oneRun(
  { ledger, terminal }: Session,
  runId: string,
  flags: { json?: boolean },
): Promise<number> {
  const request = await ledger.readRequest(runId);
  if (!request)
    throw new InputError(
      "status.unknown_run",
      `The ledger knows no run ${runId}. \`lifecycle status\` lists the latest.`,
    );
  const settled = await ledger.readSettled(runId);
  if (flags.json) {
    terminal.line(JSON.stringify({ request, settled: settled ?? null }));
    return 0;
  }
  terminal.line(`${runId}, asked by ${request.requestedBy} (${request.trigger}) at ${request.requestedAt}`);
  const lines = settled
    ? describeOutcome(settled)
    : [`  ${describeProgress(progressOf(await readRunState(ledger, runId)))}`];
  for (const line of lines) terminal.line(line);
  return 0;
}
