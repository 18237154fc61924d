import { InputError, type RunRequest } from "@lifecycle/contracts";
import { readRunState } from "@lifecycle/ingest";
import { describeOutcome } from "../outcome.ts";
import { progressOf } from "../progress.ts";
import { isAnybodyWorking, type Session } from "../session.ts";
import { describeProgress, formatTable, stageOf, toTheSecond } from "../terminal.ts";

const SHOWN = 20;

/** `lifecycle status [run]`: what the ledger says, with or without a fleet. Returns the exit code. */
export async function status(
  session: Session,
  runId: string | undefined,
  flags: { json?: boolean },
): Promise<number> {
  return runId ? oneRun(session, runId, flags) : latestRuns(session, flags);
}

async function latestRuns(session: Session, flags: { json?: boolean }): Promise<number> {
  const { ledger, terminal } = session;
  const requests = (await Promise.all((await ledger.listRunIds()).map((id) => ledger.readRequest(id))))
    .filter((request): request is RunRequest => request !== undefined)
    .toSorted((a, b) => b.requestedAt.localeCompare(a.requestedAt))
    .slice(0, SHOWN);
  const runs = await Promise.all(
    requests.map(async (request) => {
      const settled = await ledger.readSettled(request.runId);
      const state = settled ? undefined : await readRunState(ledger, request.runId);
      return {
        run: request.runId,
        status: settled?.status ?? stageOf(progressOf(state!)),
        asked: String(toTheSecond(request.requestedAt)),
        by: request.requestedBy,
        rows: settled?.loadedRows ?? null,
        missing: settled?.missing.length ?? null,
      };
    }),
  );
  if (flags.json) {
    terminal.line(JSON.stringify(runs));
    return 0;
  }
  if (runs.length === 0) {
    terminal.line("No run was asked for yet. `npm start` asks for the first.");
    return 0;
  }
  terminal.line(formatTable(["run", "status", "asked", "by", "rows", "missing"], runs.map(Object.values)));
  if (runs.some(({ rows }) => rows === null)) await tellWhoWorks(session);
  return 0;
}

/** Whether runs that have not ended move: their last stage stands in the ledger either way. */
async function tellWhoWorks(session: Session): Promise<void> {
  const isWorking = await isAnybodyWorking(session);
  if (isWorking === false)
    session.terminal.line(
      "Nothing is running now: what has not ended stands still until the same is asked for again, or npm run fleet goes on with it.",
    );
  if (isWorking === undefined)
    session.terminal.line(
      "Redis cannot be asked, so whether anything is running now is not known (lifecycle doctor).",
    );
}

async function oneRun(session: Session, runId: string, flags: { json?: boolean }): Promise<number> {
  const { ledger, terminal } = session;
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
  terminal.line(
    `${runId}, asked by ${request.requestedBy} (${request.trigger}) at ${toTheSecond(request.requestedAt)}`,
  );
  const lines = settled
    ? describeOutcome(settled)
    : [`  ${describeProgress(progressOf(await readRunState(ledger, runId)))}`];
  for (const line of lines) terminal.line(line);
  if (!settled) await tellWhoWorks(session);
  return 0;
}
