import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { jobId, parseRunId, type RunRequest, type Work, workKey } from "@lifecycle/contracts";
import { isAlive, markOf, markText, parseMark } from "@lifecycle/runtime";
import { type Job, Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { queueOf } from "./names.ts";
import { jobDefaults, type QueuePolicy } from "./policy.ts";

export interface QueueConnection {
  redisUrl: string;
  /** Leads every key, so that two installations on one Redis do not meet. */
  prefix: string;
}

/** Options for connections that wait for Redis as long as it takes. */
export function patientConnection(connection: QueueConnection): { url: string; maxRetriesPerRequest: null } {
  return { url: connection.redisUrl, maxRetriesPerRequest: null };
}

/** What a queue knows of a job it still keeps. */
export interface KnownJob {
  state: string;
  failedReason: string | undefined;
  queue: string;
  jobId: string;
}

/** The producing side of the queues. */
export interface Queues {
  names: readonly string[];
  /** Adds jobs under ids made from what they mean; one that a queue still keeps is not added again. */
  add(request: RunRequest, work: readonly Work[]): Promise<void>;
  /** What became of a piece of work, or undefined when its queue does not know it. */
  find(request: RunRequest, work: Work): Promise<KnownJob | undefined>;
  /** Forgets a finished job, so that it can be added again. */
  forget(request: RunRequest, work: Work): Promise<void>;
  /**
   * A mark that stands in Redis since it last began empty: a new mark means that whatever was queued is gone.
   */
  generation(): Promise<string>;
  /** Says that this process is a live producer, for `ttlMs`. */
  beat(ttlMs: number): Promise<void>;
  /** Whether a producer lives that a run can be handed to. One of this machine that was killed is seen at once. */
  isProducerAlive(): Promise<boolean>;
  /** Jobs by queue and state, for people. */
  counts(): Promise<Record<string, Record<string, number>>>;
  /** Calls back with the run id of every job that ends, wherever it ran. */
  onJobEnd(listener: (runId: string) => void): Promise<void>;
  close(): Promise<void>;
}

export function openQueues(
  connection: QueueConnection,
  names: readonly string[],
  policy: QueuePolicy,
): Queues {
  const options = { connection: patientConnection(connection), prefix: connection.prefix };
  const queues = new Map(
    names.map((name) => [name, new Queue(name, { ...options, defaultJobOptions: jobDefaults(policy) })]),
  );
  const redis = new Redis(connection.redisUrl, { maxRetriesPerRequest: null });
  redis.on("error", () => {});
  const producerKey = `${connection.prefix}:producer`;
  const events: QueueEvents[] = [];
  for (const queue of queues.values()) queue.on("error", () => {});

  const queueFor = (work: Work, request: RunRequest) => {
    const name = queueOf(work, request);
    const queue = queues.get(name);
    if (!queue) throw new Error(`no queue ${name}`);
    return queue;
  };
  const findJob = (request: RunRequest, work: Work): Promise<Job | undefined> =>
    queueFor(work, request).getJob(workJobId(work, request));

  return {
    names,
    add: async (request, work) => {
      for (const [queue, jobs] of Map.groupBy(work, (each) => queueFor(each, request)))
        await queue.addBulk(
          jobs.map((each) => ({
            name: each.name,
            data: each.payload,
            opts: { jobId: workJobId(each, request), priority: request.priority },
          })),
        );
    },
    find: async (request, work) => {
      const job = await findJob(request, work);
      if (!job) return undefined;
      return {
        state: await job.getState(),
        failedReason: job.failedReason,
        queue: job.queueName,
        jobId: job.id!,
      };
    },
    forget: async (request, work) => {
      await (await findJob(request, work))?.remove();
    },
    generation: async () => {
      const key = `${connection.prefix}:generation`;
      await redis.set(key, randomUUID(), "NX");
      return (await redis.get(key)) ?? "";
    },
    beat: async (ttlMs) => {
      await redis.set(producerKey, `${hostname()} ${markText(markOf())}`, "PX", ttlMs);
    },
    isProducerAlive: async () => {
      const [host, mark] = ((await redis.get(producerKey)) ?? "").split(" ");
      const process = host === hostname() && mark ? parseMark(mark) : undefined;
      return process ? isAlive(process) : Boolean(host);
    },
    counts: async () =>
      Object.fromEntries(
        await Promise.all([...queues].map(async ([name, queue]) => [name, await queue.getJobCounts()])),
      ),
    onJobEnd: async (listener) => {
      for (const name of names) {
        const queueEvents = new QueueEvents(name, options);
        queueEvents.on("error", () => {});
        const tell = ({ jobId: id }: { jobId: string }) => {
          const run = runIdOfJob(id);
          if (run) listener(run);
        };
        queueEvents.on("completed", tell);
        queueEvents.on("failed", tell);
        events.push(queueEvents);
      }
      await Promise.all(events.map((each) => each.waitUntilReady()));
    },
    close: async () => {
      await Promise.allSettled([
        ...events.map((each) => each.close()),
        ...[...queues.values()].map((queue) => queue.close()),
      ]);
      redis.disconnect();
    },
  };
}

/**
 * `extract-part__main__braze__20260101-20260411__p1__campaigns-data-series__<id>__…__<request>`. The instant of the request is part
 * of it, so that a queue which still keeps jobs of a ledger that was thrown away does not swallow those of the new one.
 */
export function workJobId(work: Work, request: Pick<RunRequest, "requestedAt">): string {
  const key = workKey(work);
  const detail = key.startsWith("part:") ? key.slice("part:".length) : key.replace(":", "__");
  return jobId(work.name, work.payload.runId, detail, Date.parse(request.requestedAt).toString(36));
}

/** The run a job belongs to, read from its id. */
export function runIdOfJob(id: string): string | undefined {
  const run = id.split("__").slice(1, 5).join("__");
  return parseRunId(run) ? run : undefined;
}
