import type { Clock, Logger, Settings, Workspace } from "@lifecycle/runtime";
import type { Redis } from "ioredis";
import { type BucketName, brazeBuckets } from "./buckets.ts";
import { createLimiter, type Limiter } from "./limiter/limiter.ts";
import { type BrazeSource, createBrazeSource } from "./source.ts";

/** The key the bundled sandbox accepts; it opens nothing else. */
const SANDBOX_KEY = "sandbox-key";

export interface OpenBrazeSource {
  settings: Pick<Settings, "http" | "sandbox">;
  workspace: Workspace;
  redis: Redis;
  /** Leads every Redis key of this installation. */
  prefix: string;
  clock: Clock;
  logger: Logger;
}

/** A workspace's Braze, or the sandbox that stands in for it, paced with everyone else who shares this Redis. */
export function openBrazeSource(from: OpenBrazeSource): BrazeSource {
  const { settings, workspace, redis, prefix, clock, logger } = from;
  const { braze } = workspace;
  const limiters = new Map<BucketName, Limiter>();
  const limiterOf = (name: BucketName): Limiter => {
    const known = limiters.get(name);
    if (known) return known;
    const own = braze.buckets[name];
    const bucket = own
      ? { name, limit: own.limit, windowMs: own.window_seconds * 1_000 }
      : brazeBuckets[name];
    const limiter = createLimiter({
      redis,
      prefix,
      workspace: workspace.name,
      bucket,
      share: braze.share_of_quota,
      logger,
    });
    limiters.set(name, limiter);
    return limiter;
  };
  const source = createBrazeSource({
    workspace: workspace.name,
    baseUrl:
      braze.base_url ?? settings.sandbox.url ?? `http://${settings.sandbox.host}:${settings.sandbox.port}`,
    apiKey: braze.api_key?.reveal() ?? SANDBOX_KEY,
    timeZone: workspace.time_zone,
    limiters: limiterOf,
    clock,
    logger,
    httpOptions: {
      connectTimeoutMs: settings.http.connect_timeout_ms,
      headersTimeoutMs: settings.http.headers_timeout_ms,
      bodyTimeoutMs: settings.http.body_timeout_ms,
      keepAliveMs: settings.http.keep_alive_ms,
      connections: settings.http.connections,
    },
  });
  return {
    resources: source.resources,
    today: () => source.today(),
    extract: (...args) => source.extract(...args),
    probe: (options) => source.probe(options),
    close: async () => {
      await source.close();
      await Promise.all([...limiters.values()].map((limiter) => limiter.close()));
    },
  };
}
