import { createHash } from "node:crypto";
import { errorMessage } from "@lifecycle/contracts";
import { Redis } from "ioredis";
import type { Logger } from "./logger.ts";
import { maskSecrets, registerSecret } from "./secret.ts";
import type { Settings } from "./settings.ts";

/** What a server says of itself. `evictionPolicy` is undefined when it does not let us ask. */
export interface RedisFacts {
  version: string;
  evictionPolicy: string | undefined;
  usedMemoryBytes: number;
}

/** What we need (`SET … PXAT`, and what BullMQ recommends). */
export const MIN_REDIS_VERSION = "6.2.0";

/** How a connection is used: a worker waits out an outage; whoever answers a person fails soon. */
export type RedisRole = "worker" | "fail_fast";

/**
 * An ioredis connection. `worker` retries commands for ever (BullMQ insists); `fail_fast` rejects a command within seconds when
 * the server is away. Both reconnect by themselves. The caller closes it with `quit()` or `disconnect()`.
 */
export function connectRedis(
  url: string,
  options: { role: RedisRole; logger?: Logger; name?: string },
): Redis {
  rememberPassword(url);
  const byRole =
    options.role === "worker"
      ? { maxRetriesPerRequest: null }
      : { maxRetriesPerRequest: 2, connectTimeout: 2_000, commandTimeout: 5_000 };
  const all = {
    ...byRole,
    ...(options.name ? { connectionName: options.name } : {}),
    retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
  };
  const redis = new Redis(url, all);
  let lastReason = "";
  redis.on("ready", () => {
    lastReason = "";
  });
  redis.on("error", (error: Error) => {
    const reason = maskSecrets(errorMessage(error)) || (error as NodeJS.ErrnoException).code || "unknown";
    if (reason !== lastReason) options.logger?.warn({ reason }, "redis connection");
    lastReason = reason;
  });
  return redis;
}

/** Asks a server what it is. Throws what the connection gave when it does not answer within `timeoutMs`. */
export async function probeRedis(url: string, timeoutMs = 2_000): Promise<RedisFacts> {
  rememberPassword(url);
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  redis.on("error", (error: Error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    const info = await redis.info();
    const policy = await redis.config("GET", "maxmemory-policy").catch(() => undefined);
    return {
      version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? "0",
      evictionPolicy: Array.isArray(policy) ? String(policy[1]) : undefined,
      usedMemoryBytes: Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0),
    };
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/** What is wrong with a server for us, in words; undefined when nothing is. */
export function objectionTo(
  facts: RedisFacts,
): { code: "redis.too_old" | "redis.evicts"; text: string } | undefined {
  if (facts.version.localeCompare(MIN_REDIS_VERSION, "en", { numeric: true }) < 0) {
    return {
      code: "redis.too_old",
      text: `it is version ${facts.version}; ${MIN_REDIS_VERSION} or newer is needed`,
    };
  }
  if (facts.evictionPolicy !== undefined && facts.evictionPolicy !== "noeviction") {
    const text = `its maxmemory-policy is ${facts.evictionPolicy}, which may drop locks and jobs; set it to noeviction`;
    return { code: "redis.evicts", text };
  }
  return undefined;
}

/**
 * What all our keys begin with. By default it carries a hash of the absolute landing path, so that two installations on one Redis
 * never see each other; installations that share a bucket share a prefix.
 */
export function redisPrefix(settings: Pick<Settings, "redis" | "landing">): string {
  if (settings.redis.prefix) return settings.redis.prefix;
  return `lifecycle-${createHash("sha256").update(settings.landing.path).digest("hex").slice(0, 8)}`;
}

function rememberPassword(url: string): void {
  if (!URL.canParse(url)) return;
  registerSecret(decodeURIComponent(new URL(url).password));
}
