import { setTimeout as delay } from "node:timers/promises";
import type { Job, JobMetadata } from "@google-cloud/bigquery";
import { RetryableError } from "@lifecycle/contracts";
import { type Connection, orUndefined, retryPause } from "./client.ts";
import { type ApiProblem, isAmbiguous, mayPass, problemOf, toLifecycleError } from "./errors.ts";

export interface JobSpec {
  /** Made from meaning: whoever submits it again finds the first. */
  id: string;
  /** What it does, for messages. */
  doing: string;
  /** Submits the job under this id; a rejection with 409 means that it exists. */
  submit(id: string): Promise<unknown>;
}

/** New jobs that one call may submit for one piece of work, after failures that BigQuery says may pass. */
const SUBMISSIONS = 3;
/** Attempts looked through, those of earlier calls included. */
const ATTEMPTS = 100;

/**
 * Carries a job through exactly once and returns its metadata when it is done.
 *
 * The id decides (warehouse.md C.3): it exists → wait for it; no answer → look for it, and submit the same id again if it is not there; it failed
 * for a passing reason, or in an earlier call → the next attempt's id: what was wrong then, a right or a quota, may have been mended since,
 * and a job that failed has had no effect. A new id is never used while the fate of the old one is unknown.
 */
export async function runJob(connection: Connection, spec: JobSpec): Promise<JobMetadata> {
  let submissions = 0;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const id = attemptId(spec, attempt);
    const earlier = await find(connection, spec, id);
    let found = earlier;
    if (!found) {
      if (++submissions > SUBMISSIONS) break;
      // What stood in the way, another change of the table or a limit, takes a while to be over.
      if (submissions > 1) await delay(retryPause(connection.settings, submissions));
      found = await submit(connection, spec, id);
    }
    const done = await wait(connection, spec, found);
    const problem = failure(done);
    if (!problem) return done;
    if (!earlier && !mayPass(problem)) throw toLifecycleError(problem, spec.doing);
  }
  throw new RetryableError(
    "warehouse.job_failed",
    `${spec.doing}: failed ${SUBMISSIONS} times for reasons that may pass`,
  );
}

/** What became of a job that some process may have submitted under this id, attempts included. */
export type Fate =
  | { state: "done"; metadata: JobMetadata }
  | { state: "running" }
  /** It failed, without effect, for a reason that does not pass. */
  | { state: "failed"; metadata: JobMetadata }
  | { state: "absent" };

/** Looks for the job without submitting it; `wait` stays until it has ended. */
export async function fateOf(
  connection: Connection,
  spec: Omit<JobSpec, "submit">,
  options: { wait: boolean },
): Promise<Fate> {
  let last: Fate = { state: "absent" };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const job = await find(connection, spec, attemptId(spec, attempt));
    if (!job) return last;
    const metadata = options.wait ? await wait(connection, spec, job) : (job.metadata as JobMetadata);
    if (metadata.status?.state !== "DONE") return { state: "running" };
    const problem = failure(metadata);
    if (!problem) return { state: "done", metadata };
    last = mayPass(problem) ? { state: "absent" } : { state: "failed", metadata };
  }
  return last;
}

function attemptId({ id }: Omit<JobSpec, "submit">, attempt: number): string {
  return attempt === 1 ? id : `${id}__a${attempt}`;
}

function jobOf(connection: Connection, id: string): Job {
  return connection.bigquery.job(id, { location: connection.settings.location });
}

async function find(
  connection: Connection,
  spec: Omit<JobSpec, "submit">,
  id: string,
): Promise<Job | undefined> {
  const job = jobOf(connection, id);
  const answer = await orUndefined(connection.call(spec.doing, () => job.getMetadata()));
  return answer && job;
}

async function submit(connection: Connection, spec: JobSpec, id: string): Promise<Job> {
  return connection.call(spec.doing, async () => {
    try {
      await spec.submit(id);
    } catch (error) {
      const problem = problemOf(error);
      const exists = problem.status === 409 || (isAmbiguous(problem) && (await find(connection, spec, id)));
      if (!exists) throw error;
    }
    return jobOf(connection, id);
  });
}

async function wait(connection: Connection, spec: Omit<JobSpec, "submit">, job: Job): Promise<JobMetadata> {
  const first = connection.settings.pollDelayMs ?? 250;
  for (let pause = first; ; pause = Math.min(pause * 1.5, first * 20)) {
    const [metadata] = (await connection.call(spec.doing, () => job.getMetadata())) as [JobMetadata, unknown];
    if (metadata.status?.state === "DONE") return metadata;
    await delay(pause);
  }
}

function failure(job: JobMetadata): ApiProblem | undefined {
  const result = job.status?.errorResult;
  if (!result) return undefined;
  return {
    status: 200,
    reason: result.reason ?? "",
    message: result.message ?? "the job failed",
    cause: result,
  };
}
