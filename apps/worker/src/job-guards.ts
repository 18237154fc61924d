import {
  type DeadLetter,
  type JobName,
  type JobPayload,
  type RunRequest,
  type Work,
  workKey,
} from "@lifecycle/contracts";
import { CAME_TOO_LATE, reopenRun } from "@lifecycle/ingest";
import type { Ledger } from "@lifecycle/landing";
import type { DeadJob, JobContext } from "@lifecycle/queue";
import type { Logger } from "@lifecycle/runtime";

export interface GuardDeps {
  ledger: Ledger;
  logger: Logger;
}

type Handle<Name extends JobName> = (
  request: RunRequest,
  payload: JobPayload<Name>,
  context: JobContext,
) => Promise<unknown>;

/**
 * What holds for every job: it belongs to a run that was asked for and has not settled. A job that comes back after its run
 * has settled, because somebody pressed retry, asks for the next pass instead, which does everything the run still lacks.
 */
export function inOpenRun<Name extends JobName>(
  { ledger, logger }: GuardDeps,
  name: Name,
  handle: Handle<Name>,
) {
  return async (payload: JobPayload<Name>, context: JobContext): Promise<unknown> => {
    const { runId } = payload;
    const key = workKey({ name, payload } as Work);
    const reopen = async (why: string) => {
      const next = await reopenRun(ledger, runId, new Date());
      logger.info({ run_id: runId, work: key, next_run_id: next?.runId ?? null }, why);
      return { reopenedAs: next?.runId ?? null };
    };
    const settled = await ledger.readSettled(runId);
    if (settled) {
      const isMissing = settled.missing.some((letter) => letter.work === key);
      return isMissing ? reopen("retried after its run had settled") : { skipped: "its run has settled" };
    }
    const request = await ledger.readRequest(runId);
    if (!request) return { skipped: "the ledger does not know this run" };
    const letter = name === "load-resource" ? await letterOf(ledger, runId, key) : undefined;
    const result = await handle(request, payload, context);
    if (letter) await keepAsLate(ledger, letter);
    else await ledger.removeDeadLetter(runId, key);
    if (await ledger.readSettled(runId)) await reopen("ended after its run had settled");
    return result;
  };
}

async function letterOf(ledger: Ledger, runId: string, key: string): Promise<DeadLetter | undefined> {
  return (await ledger.readDeadLetters(runId)).find(({ work }) => work === key);
}

/**
 * A load that was given up let its run go on to the models, so what it brings in the end may not be in them. Its letter stays, and
 * when the run settles the next pass builds them again.
 */
function keepAsLate(ledger: Ledger, letter: DeadLetter): Promise<void> {
  const message = "it was loaded in the end, after the run had gone on without it; the next pass has it";
  return ledger.writeDeadLetter({ ...letter, code: CAME_TOO_LATE, message });
}

/** Keeps the reason of a job that was given up where no queue can lose it. */
export function recordDeadJobs({ ledger, logger }: GuardDeps): (job: DeadJob) => Promise<void> {
  return async (job) => {
    const part = "part" in job.payload ? job.payload.part : undefined;
    const letter: DeadLetter = {
      runId: job.payload.runId,
      work: workKey({ name: job.name, payload: job.payload } as Work),
      queue: job.queue,
      jobId: job.jobId,
      resource: part?.resource ?? ("resource" in job.payload ? job.payload.resource : undefined),
      objectId: part?.objectId,
      objectName: part?.objectName,
      code: job.code,
      message: job.message,
      failedAt: new Date().toISOString(),
    };
    if (!(await ledger.readSettled(letter.runId))) await ledger.writeDeadLetter(letter);
    logger.error(
      {
        run_id: letter.runId,
        work: letter.work,
        object: part?.objectName,
        code: job.code,
        reason: job.message,
      },
      "gave up",
    );
  };
}
