import { connectRedis, type Logger } from "@lifecycle/runtime";
import { type JobType, Queue } from "bullmq";

/** How old the longest-lasting job of each kind is, in seconds; undefined when there is none. */
export interface QueueAges {
  queue: string;
  oldestWaitingSeconds: number | undefined;
  oldestFailedSeconds: number | undefined;
}

/** The queues as an onlooker sees them: nothing is written unless a person asks for it. */
export interface QueueViews {
  queues: readonly Queue[];
  /** Rejects within seconds when Redis does not answer. */
  ping(): Promise<void>;
  ages(nowMs: number): Promise<QueueAges[]>;
  /** BullMQ's own metrics, one Prometheus text per queue. */
  exportMetrics(): Promise<string[]>;
  close(): Promise<void>;
}

const WAITING: readonly JobType[] = ["wait", "prioritized"];

/** All queues over one connection that fails soon instead of waiting for Redis to come back. */
export function openQueueViews(
  connection: { redisUrl: string; prefix: string; logger: Logger },
  names: readonly string[],
): QueueViews {
  const redis = connectRedis(connection.redisUrl, {
    role: "fail_fast",
    name: "lifecycle-board",
    logger: connection.logger,
  });
  const queues = names.map((name) => {
    const queue = new Queue(name, { connection: redis, prefix: connection.prefix, skipMetasUpdate: true });
    // The connection logs its own errors; without a listener each queue would throw them again.
    queue.on("error", () => {});
    return queue;
  });
  return {
    queues,
    ping: async () => {
      await redis.ping();
    },
    ages: (nowMs) => Promise.all(queues.map((queue) => agesOf(queue, nowMs))),
    exportMetrics: () => Promise.all(queues.map((queue) => queue.exportPrometheusMetrics())),
    close: async () => {
      await Promise.allSettled(queues.map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}

/**
 * Waiting jobs are first in, first out; among those with a priority the head of the most urgent one stands for all. Failed ones
 * are kept by the time they failed.
 */
async function agesOf(queue: Queue, nowMs: number): Promise<QueueAges> {
  const heads = await Promise.all(WAITING.map((state) => queue.getJobs([state], 0, 0, true)));
  const [failed] = await queue.getJobs(["failed"], 0, 0, true);
  const since = (ms: number | undefined) =>
    ms === undefined || !Number.isFinite(ms) ? undefined : Math.max(0, (nowMs - ms) / 1_000);
  const waitingSince = heads.flat().flatMap((job) => (job ? [job.timestamp] : []));
  return {
    queue: queue.name,
    oldestWaitingSeconds: since(Math.min(...waitingSince)),
    oldestFailedSeconds: since(failed?.finishedOn),
  };
}
