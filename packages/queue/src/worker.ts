import {
  errorCode,
  errorMessage,
  FatalError,
  type JobName,
  type JobPayload,
  jobSchemas,
} from "@lifecycle/contracts";
import {
  DelayedError,
  type Job,
  MetricsTime,
  Queue,
  RateLimitError,
  UnrecoverableError,
  Worker,
} from "bullmq";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { backoffMs, FULL_JITTER, type QueuePolicy } from "./policy.ts";
import { patientConnection, type QueueConnection } from "./queues.ts";

export interface JobContext {
  /** Aborted on shutdown and on a lost lock: stop soon, the job runs again elsewhere. */
  signal: AbortSignal;
  jobId: string;
  queue: string;
}

/** One row per job name: what it runs. */
export type Handlers = {
  [Name in JobName]?: (payload: JobPayload<Name>, context: JobContext) => Promise<unknown>;
};

/** A job that will not be tried again by itself. */
export interface DeadJob {
  name: JobName;
  payload: JobPayload<JobName>;
  queue: string;
  jobId: string;
  code: string;
  message: string;
}

export interface JobReport {
  job: string;
  jobId: string;
  queue: string;
  outcome: string;
  ms: number;
  code?: string;
  message?: string;
}

export interface WorkerOptions {
  connection: QueueConnection;
  queue: string;
  concurrency: number;
  policy: QueuePolicy;
  handlers: Handlers;
  /** Called, and awaited, before a job is given up: its reason must outlive the queue. */
  onDead: (job: DeadJob) => Promise<void>;
  report: (report: JobReport) => void;
}

export interface RunningWorker {
  queue: string;
  /** Takes no new job, gives running ones `deadlineMs` to finish, then makes them step down. */
  close(deadlineMs: number): Promise<void>;
}

/** BullMQ's own word for a job whose workers kept vanishing. */
const STALLED_TOO_OFTEN = "job stalled more than allowable limit";

export function startWorker(options: WorkerOptions): RunningWorker {
  const { policy, connection } = options;
  const queue = new Queue(options.queue, {
    connection: patientConnection(connection),
    prefix: connection.prefix,
  });
  queue.on("error", () => {});
  const worker = new Worker(
    options.queue,
    (job, token, signal) => runJob(options, queue, job, token ?? "", signal ?? new AbortController().signal),
    {
      connection: patientConnection(connection),
      prefix: connection.prefix,
      concurrency: options.concurrency,
      lockDuration: policy.lockMs,
      stalledInterval: policy.stalledIntervalMs,
      maxStalledCount: policy.maxStalledCount,
      metrics: { maxDataPoints: MetricsTime.ONE_WEEK },
      name: `${options.queue}-${process.pid}`,
      settings: {
        backoffStrategy: (attemptsMade, type) =>
          type === FULL_JITTER ? backoffMs(attemptsMade, policy, Math.random()) : 0,
      },
    },
  );
  listen(worker, options);
  return { queue: options.queue, close: (deadlineMs) => closeWorker(worker, queue, deadlineMs) };
}

/** What a worker says that no handler hears. */
function listen(worker: Worker, options: WorkerOptions): void {
  worker.on("error", (error) =>
    options.report({
      job: "",
      jobId: "",
      queue: options.queue,
      outcome: "worker_error",
      ms: 0,
      message: errorMessage(error),
    }),
  );
  worker.on("lockRenewalFailed", (ids: string[]) => {
    for (const id of ids) worker.cancelJob(id, "lock lost");
  });
  // Given up by the queue itself (stalled too often): no handler saw it, so its reason is recorded here.
  worker.on("failed", (job, error) => {
    if (!job || error.message !== STALLED_TOO_OFTEN) return;
    giveUp(options, job, "queue.stalled", error.message).catch(() => {
      // The producer finds a job that failed without leaving its reason, and records it then.
    });
  });
}

async function closeWorker(worker: Worker, queue: Queue, deadlineMs: number): Promise<void> {
  const stepDown = setTimeout(() => worker.cancelAllJobs("shutdown"), deadlineMs);
  try {
    await worker.close();
  } finally {
    clearTimeout(stepDown);
    await queue.close();
  }
}

async function runJob(
  options: WorkerOptions,
  queue: Queue,
  job: Job,
  token: string,
  signal: AbortSignal,
): Promise<unknown> {
  const startedAt = performance.now();
  const report = (outcome: string, error?: unknown) =>
    options.report({
      job: job.name,
      jobId: job.id!,
      queue: job.queueName,
      outcome,
      ms: Math.round(performance.now() - startedAt),
      ...(error === undefined ? {} : { code: errorCode(error), message: errorMessage(error) }),
    });
  try {
    const result = await callHandler(options.handlers, job, signal);
    report("done");
    return result;
  } catch (error) {
    const facts = {
      waitedMs: Date.now() - (waitingSince(job) ?? Date.now()),
      attemptsMade: job.attemptsMade,
      attempts: job.opts.attempts ?? 1,
      isAborted: signal.aborted,
    };
    const outcome = outcomeOf(error, facts, options.policy);
    report(outcome.kind, error);
    if (outcome.kind === "wait" || outcome.kind === "hold_queue") await rememberWaiting(job);
    if (outcome.kind === "dead") await giveUp(options, job, errorCode(error), errorMessage(error));
    throw await bullmqError(outcome, error, queue, job, token);
  }
}

/** Tells BullMQ what becomes of a job, and returns what it wants thrown for that. */
async function bullmqError(
  outcome: Outcome,
  error: unknown,
  queue: Queue,
  job: Job,
  token: string,
): Promise<Error> {
  switch (outcome.kind) {
    case "step_down":
      await job.moveToDelayed(Date.now(), token);
      return new DelayedError();
    case "wait":
      await job.moveToDelayed(Date.now() + outcome.ms, token);
      return new DelayedError();
    case "hold_queue":
      await queue.rateLimit(outcome.ms);
      return new RateLimitError();
    case "retry":
      return withoutStack(new Error(describe(error)));
    case "dead":
      return withoutStack(new UnrecoverableError(describe(error)));
  }
}

async function callHandler(handlers: Handlers, job: Job, signal: AbortSignal): Promise<unknown> {
  const name = job.name as JobName;
  const handler = handlers[name];
  if (!handler) throw new FatalError("queue.unknown_job", `no handler for the job ${job.name}`);
  const parsed = jobSchemas[name].safeParse(job.data);
  if (!parsed.success)
    throw new FatalError(
      "queue.bad_payload",
      `the payload of ${job.id} is not one of ${job.name}: ${parsed.error.message}`,
    );
  const call = handler as (payload: unknown, context: JobContext) => Promise<unknown>;
  return call(parsed.data, { signal, jobId: job.id!, queue: job.queueName });
}

async function giveUp(options: WorkerOptions, job: Job, code: string, message: string): Promise<void> {
  const name = job.name as JobName;
  const parsed = jobSchemas[name]?.safeParse(job.data);
  if (!parsed?.success) return;
  await options.onDead({ name, payload: parsed.data, queue: job.queueName, jobId: job.id!, code, message });
}

/** Since when a job is only being told to wait; it stands beside the payload, which ignores it. */
function waitingSince(job: Job): number | undefined {
  return typeof job.data.waitingSince === "number" ? job.data.waitingSince : undefined;
}

async function rememberWaiting(job: Job): Promise<void> {
  if (waitingSince(job) === undefined) await job.updateData({ ...job.data, waitingSince: Date.now() });
}

/** The board shows an error's stack to people; where in our code it was thrown is no answer to them. */
function withoutStack(error: Error): Error {
  error.stack = error.message;
  return error;
}

/** What Bull Board shows: the stable code and one line, never a stack of ours. */
function describe(error: unknown): string {
  return `${errorCode(error)}: ${errorMessage(error)}`;
}
