import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createLimiter, type Limiter } from "@lifecycle/braze";
import { errorCode, type RetryableError } from "@lifecycle/contracts";
import { findBinary, silentLogger, startOwnRedis } from "@lifecycle/runtime";
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, it } from "vitest";
import { endWorker, firstMessage, startWorker } from "./braze-support/limiter-fleet.ts";
import { type QuotaServer, startQuotaServer } from "./braze-support/quota-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const newPrefix = () => `lifecycle-test-${randomUUID().slice(0, 8)}`;

function connect(url = inject("redisUrl")): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  cleanups.push(() => redis.disconnect());
  return redis;
}

function limiterOf(
  prefix: string,
  over: { limit?: number; windowMs?: number; maxWaitMs?: number; nowMs?: () => number } = {},
): Limiter {
  const { limit = 1_000, windowMs = 1_000, maxWaitMs, nowMs } = over;
  const limiter = createLimiter({
    redis: connect(),
    prefix,
    workspace: "main",
    bucket: { name: "tight", limit, windowMs },
    share: 1,
    logger: silentLogger,
    maxWaitMs,
    nowMs,
  });
  cleanups.push(() => limiter.close());
  return limiter;
}

async function serverOf(limit: number, windowMs: number): Promise<QuotaServer> {
  const server = await startQuotaServer({ limit, windowMs });
  cleanups.push(() => server.close());
  return server;
}

/** Workers that join one after the other, as they do when a fleet is scaled up. */
async function workers(count: number, server: QuotaServer, limit: number, windowMs: number, more = {}) {
  const order = { redisUrl: inject("redisUrl"), prefix: newPrefix(), serverUrl: server.url, limit, windowMs };
  const fleet = [];
  for (let i = 0; i < count; i++) {
    const worker = startWorker({ ...order, share: 1, concurrency: 16, ...more });
    cleanups.push(() => endWorker(worker, "SIGKILL"));
    fleet.push(worker);
  }
  return { fleet, prefix: order.prefix };
}

async function until(what: () => boolean, timeoutMs = 100_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!what()) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve_) => setTimeout(resolve_, 20));
  }
}

/** The windows between the first and the last one in which something was received. */
const whole = (server: QuotaServer) => server.windows().slice(1, -1);

/**
 * Waits for a whole window that was used well, of those after the first so many. A machine with other work to do may need a few;
 * a limiter that is too slow never gets there. The bench `limits` tells how well a limit is used on average.
 */
const wellUsed = (server: QuotaServer, limit: number, after = 0) =>
  until(() =>
    whole(server)
      .slice(after)
      .some(({ total, foreign }) => {
        const ours = total.received - total.refused - foreign.received + foreign.refused;
        return ours >= 0.8 * (limit - foreign.received);
      }),
  );

describe("the pace of a fleet", () => {
  it.each([1, 2, 4])("of %i processes uses the limit and never passes it", async (count) => {
    const [limit, windowMs] = [30, 1_000];
    const server = await serverOf(limit, windowMs);
    const { fleet } = await workers(count, server, limit, windowMs);
    await until(() => server.windows().length >= 7);
    await wellUsed(server, limit);
    const ends = await Promise.all(fleet.map((worker) => endWorker(worker)));
    expect(ends).toEqual(fleet.map(() => 0));
    const received = server.windows().map(({ total }) => total.received);
    expect(Math.max(...received), `received ${received}`).toBeLessThanOrEqual(limit);
  });

  it("leaves room for a foreign consumer who takes 30 percent", async () => {
    const [limit, windowMs] = [100, 2_000];
    const server = await serverOf(limit, windowMs);
    const { fleet } = await workers(2, server, limit, windowMs);
    await until(() => server.windows().length > 0);
    const timer = setInterval(
      () => void fetch(`${server.url}/foreign`).then((r) => r.text()),
      windowMs / (limit * 0.3),
    );
    cleanups.push(() => clearInterval(timer));
    await until(() => server.windows().length >= 6);
    // The first whole window is where the fleet learns that it is not alone.
    await wellUsed(server, limit, 1);
    clearInterval(timer);
    await Promise.all(fleet.map((worker) => endWorker(worker)));
    const learnt = whole(server).slice(1);
    const sum = (of: (each: (typeof learnt)[number]) => number) =>
      learnt.reduce((all, each) => all + of(each), 0);
    const received = sum(({ total }) => total.received);
    const refused = sum(({ total }) => total.refused);
    expect(refused / received, JSON.stringify(learnt)).toBeLessThanOrEqual(0.005);
  });

  it.each([
    ["too low", 10, 50],
    ["too high", 500, 40],
  ])("follows the headers when the configured limit is %s", async (_what, configured, real) => {
    const server = await serverOf(real, 1_000);
    const { fleet } = await workers(2, server, configured, 1_000);
    await until(() => server.windows().length >= 5);
    await wellUsed(server, real, 1);
    await Promise.all(fleet.map((worker) => endWorker(worker)));
    const settled = whole(server).slice(1);
    const received = settled.map(({ total }) => total.received);
    expect(Math.max(...received), `received ${received}`).toBeLessThanOrEqual(real);
    expect(server.windows().reduce((sum, { total }) => sum + total.refused, 0)).toBeLessThanOrEqual(10);
  });
});

describe("a process that is killed", () => {
  it("takes no slot with it", async () => {
    const server = await serverOf(100, 1_000);
    const { fleet, prefix } = await workers(1, server, 100, 1_000, { hang: true });
    await firstMessage(fleet[0]!);
    await endWorker(fleet[0]!, "SIGKILL");
    const limiter = limiterOf(prefix, { limit: 100 });
    const began = performance.now();
    await Promise.all(Array.from({ length: 150 }, () => limiter.schedule(async () => {})));
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe("a hold", () => {
  it("reaches processes that wait, and those that join later", async () => {
    const prefix = newPrefix();
    const [first, second] = [limiterOf(prefix), limiterOf(prefix)];
    await Promise.all([first.schedule(async () => {}), second.schedule(async () => {})]);
    const end = new Date(Date.now() + 3_000);
    await first.hold(end);
    await until(() => second.heldUntil()?.getTime() === end.getTime());
    const third = limiterOf(prefix);
    await Promise.all(
      [first, second, third].map((each) =>
        each.schedule(async () => expect(Date.now()).toBeGreaterThanOrEqual(end.getTime() - 1)),
      ),
    );
  });

  it("only ever moves to a later instant", async () => {
    const prefix = newPrefix();
    const limiter = limiterOf(prefix);
    const end = Date.now() + 20_000;
    await limiter.hold(new Date(end));
    await limiter.hold(new Date(end - 15_000));
    await limiter.hold(new Date(Date.now() - 1));
    expect(limiter.heldUntil()?.getTime()).toBe(end);
    const late = limiterOf(prefix);
    const error = await late.schedule(async () => {}).catch((thrown: unknown) => thrown);
    expect(errorCode(error)).toBe("braze.rate_limited");
    expect((error as RetryableError).retryAfterMs).toBeGreaterThan(15_000);
    expect((error as RetryableError).retryAfterMs).toBeLessThan(22_000);
  });

  it("that is long sends what waits back at once instead of keeping it", async () => {
    const windowMs = 60_000;
    // No window may end during the test.
    const shiftMs = Math.floor(Date.now() / windowMs) * windowMs + 1_000 - Date.now();
    const nowMs = () => Date.now() + shiftMs;
    const limiter = limiterOf(newPrefix(), { limit: 5, windowMs, maxWaitMs: 200, nowMs });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => limiter.schedule(async () => "done")),
    );
    const codes = outcomes.map((each) => (each.status === "rejected" ? errorCode(each.reason) : each.value));
    expect(codes.filter((code) => code === "done")).toHaveLength(5);
    expect(codes.filter((code) => code === "braze.rate_limited")).toHaveLength(3);
  });
});

describe("an abort", () => {
  it("ends a wait with the caller's reason and frees the line", async () => {
    const limiter = limiterOf(newPrefix(), { limit: 4, windowMs: 1_000 });
    const abort = new AbortController();
    const reason = new Error("shutdown");
    const waiting = Array.from({ length: 10 }, () =>
      limiter.schedule(async () => "ran", { signal: abort.signal }),
    );
    await waiting[0];
    abort.abort(reason);
    const outcomes = await Promise.allSettled(waiting);
    expect(
      outcomes.filter((each) => each.status === "rejected" && each.reason === reason).length,
    ).toBeGreaterThan(0);
    expect(await limiter.schedule(async () => "next")).toBe("next");
  });

  it("reaches the task, whose own failure comes out unchanged", async () => {
    const limiter = limiterOf(newPrefix());
    const failure = new Error("of the task");
    await expect(limiter.schedule(() => Promise.reject(failure))).rejects.toBe(failure);
    const abort = new AbortController();
    const task = limiter.schedule(
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      { signal: abort.signal },
    );
    setTimeout(() => abort.abort(failure), 20);
    await expect(task).rejects.toBe(failure);
  });
});

describe("a wiped Redis", () => {
  it("rejects nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lifecycle-braze-"));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const settings = { use_local: false, local_port: 6379, use_installed: true, use_packages: true };
    const root = resolve(import.meta.dirname, "../..");
    const own = await startOwnRedis(folder, () => findBinary({ redis: settings, root }, () => {}));
    if (!own) throw new Error("no Redis for this test");
    cleanups.push(() => own.stop());
    const redis = connect(own.url);
    const options = { prefix: newPrefix(), workspace: "main", share: 1, logger: silentLogger };
    const limiter = createLimiter({ ...options, redis, bucket: { name: "b", limit: 500, windowMs: 1_000 } });
    cleanups.push(() => limiter.close());
    for (let wipes = 0; wipes < 3; wipes++) {
      const turns = Array.from({ length: 20 }, () => limiter.schedule(async () => {}));
      await turns[3];
      await redis.flushall();
      await Promise.all(turns);
    }
    expect(await limiter.schedule(async () => "still running")).toBe("still running");
  });
});
