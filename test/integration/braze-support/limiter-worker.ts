import { createLimiter } from "@lifecycle/braze";
import { RetryableError } from "@lifecycle/contracts";
import { silentLogger } from "@lifecycle/runtime";
import { Redis } from "ioredis";
import { Agent, request } from "undici";

/** One worker process: asks the quota server as often as the shared limiter lets it, until it is told to stop. */
export interface WorkerOrder {
  redisUrl: string;
  /** Of the fleet it belongs to. */
  prefix: string;
  serverUrl: string;
  limit: number;
  windowMs: number;
  share: number;
  concurrency: number;
  /** Keep each turn for ever, as a process does that is killed in the middle of a request. */
  hang?: boolean;
}

// By message, not as an argument: the address holds a password.
const order = await new Promise<WorkerOrder>((resolve) => process.once("message", resolve));
const redis = new Redis(order.redisUrl, { maxRetriesPerRequest: null });
const agent = new Agent({ connections: 64, pipelining: 1 });
const limiter = createLimiter({
  redis,
  prefix: order.prefix,
  workspace: "main",
  bucket: { name: "tight", limit: order.limit, windowMs: order.windowMs },
  share: order.share,
  logger: silentLogger,
});
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
process.once("disconnect", () => stop.abort());

async function ask(): Promise<void> {
  await limiter.schedule(
    async (_signal, slot) => {
      if (order.hang) {
        process.send?.("holding");
        await new Promise(() => {});
      }
      const { headers, body, statusCode } = await request(order.serverUrl, { dispatcher: agent });
      const resetAt = new Date(Number(headers["x-ratelimit-reset"]) * 1000);
      slot.observe({
        limit: Number(headers["x-ratelimit-limit"]),
        remaining: Number(headers["x-ratelimit-remaining"]),
        resetAt,
      });
      if (statusCode === 429) await limiter.hold(resetAt);
      await body.dump();
    },
    { signal: stop.signal },
  );
}

async function loop(): Promise<void> {
  while (!stop.signal.aborted) {
    try {
      await ask();
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!(error instanceof RetryableError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 100));
    }
  }
}

await Promise.all(Array.from({ length: order.concurrency }, loop));
await limiter.close();
await agent.close();
redis.disconnect();
process.disconnect?.();
