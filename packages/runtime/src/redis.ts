import { join } from "node:path";
import { errorMessage, InputError } from "@lifecycle/contracts";
import type { Logger } from "./logger.ts";
import { type OwnRedis, shareOwnRedis, startOwnRedis } from "./own-redis.ts";
import { findInstalledRedis, type RedisBinary } from "./redis-binary.ts";
import { objectionTo, probeRedis } from "./redis-connect.ts";
import { redisFromPackages } from "./redis-packages.ts";
import { maskSecrets, maskUrl, registerSecret } from "./secret.ts";
import type { Settings } from "./settings.ts";

/** A Redis to work with. Hand `url` to child processes as REDIS_URL and to nobody else: it may hold a password. */
export interface ProvidedRedis {
  url: string;
  /** Whether it is one of ours rather than one that was found. */
  provided: boolean;
  /** Where it came from, for people; without credentials. */
  origin: string;
  /** Gives it back; a server of ours ends with its last user. Never touches one that was found. */
  stop(): Promise<void>;
}

type RedisSettings = Pick<Settings, "redis" | "environment" | "home" | "root">;

/**
 * Finds or provides Redis, in this order: REDIS_URL (which must answer) · the one this project already runs · one on
 * 127.0.0.1 that suits · a redis-server or valkey-server of this machine · on Debian and Ubuntu the distribution's
 * packages, unpacked into `.runtime`. In `prod` only REDIS_URL counts.
 *
 * Throws `InputError` `redis.unavailable` (exit 69), `redis.too_old` or, in prod, `redis.evicts`.
 */
export async function provideRedis(
  settings: RedisSettings,
  options: { logger: Logger },
): Promise<ProvidedRedis> {
  const { logger } = options;
  const found = await findRedis(settings, options);
  if (found) return found;
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
    logger.info({ step: "redis" }, text);
  };
  const own = await startOwnRedis(redisFolder(settings), () => findBinary(settings, note));
  if (own) return asProvided(own);
  throw new InputError(
    "redis.unavailable",
    [HOW_TO_GET_REDIS, ...notes.map((text) => `  (${text})`)].join("\n"),
  );
}

/** As `provideRedis`, but of those that run already: undefined when one would have to be started. */
export async function findRedis(
  settings: RedisSettings,
  { logger }: { logger: Logger },
): Promise<ProvidedRedis | undefined> {
  const { redis } = settings;
  if (redis.url) return useGiven(redis.url.reveal(), settings, logger);
  if (settings.environment === "prod") {
    throw new InputError(
      "redis.unavailable",
      "REDIS_URL is not set. In the environment prod a Redis must be named.",
    );
  }
  const shared = await shareOwnRedis(redisFolder(settings));
  if (shared) return asProvided(shared);
  return redis.use_local ? useLocal(redis.local_port, logger) : undefined;
}

/** Where the state, the log and the data of a Redis of ours lie. */
function redisFolder(settings: Pick<Settings, "home">): string {
  return join(settings.home, ".runtime/redis");
}

/** The first binary that may be used and runs; the machine's, then the distribution's packages. */
export async function findBinary(
  settings: Pick<Settings, "redis" | "root">,
  note: (text: string) => void,
): Promise<RedisBinary | undefined> {
  const installed = settings.redis.use_installed ? await findInstalledRedis(note) : undefined;
  if (installed || !settings.redis.use_packages) return installed;
  return redisFromPackages({ folder: join(settings.root, ".runtime/redis-packages"), note });
}

const HOW_TO_GET_REDIS = `No Redis was found, and none could be provided. One of these helps:
  Debian, Ubuntu   sudo apt-get install -y redis-server
  macOS            brew install redis
  Docker           docker run -d -p 127.0.0.1:6379:6379 redis:7 redis-server --maxmemory-policy noeviction
  elsewhere        set REDIS_URL=redis://:password@host:6379/0`;

async function useGiven(url: string, settings: RedisSettings, logger: Logger): Promise<ProvidedRedis> {
  const origin = maskUrl(url);
  const facts = await probeRedis(url, 5_000).catch((error: unknown) => {
    const reason = maskSecrets(errorMessage(error)) || (error as NodeJS.ErrnoException).code || "no answer";
    const text = `The Redis of REDIS_URL (${origin}) does not answer: ${reason}. Correct REDIS_URL, or unset it to have one provided.`;
    throw new InputError("redis.unavailable", text);
  });
  const objection = objectionTo(facts);
  if (objection && (objection.code === "redis.too_old" || settings.environment === "prod")) {
    throw new InputError(objection.code, `The Redis of REDIS_URL (${origin}) is not fit: ${objection.text}.`);
  }
  if (objection) logger.warn({ redis: origin }, `Redis: ${objection.text}`);
  return { url, provided: false, origin: `REDIS_URL (${origin})`, stop: async () => {} };
}

async function useLocal(port: number, logger: Logger): Promise<ProvidedRedis | undefined> {
  const url = `redis://127.0.0.1:${port}/0`;
  try {
    const objection = objectionTo(await probeRedis(url));
    if (!objection) return { url, provided: false, origin: `127.0.0.1:${port}`, stop: async () => {} };
    logger.warn({ redis: maskUrl(url) }, `The Redis on 127.0.0.1:${port} is not used: ${objection.text}`);
  } catch (error) {
    const refused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
    const reason = errorMessage(error);
    if (!refused)
      logger.warn({ redis: maskUrl(url) }, `The Redis on 127.0.0.1:${port} is not used: ${reason}`);
  }
  return undefined;
}

function asProvided(own: OwnRedis): ProvidedRedis {
  registerSecret(own.url);
  const origin = `${own.started ? "started" : "already running"} for this project on ${new URL(own.url).host}`;
  return { url: own.url, provided: true, origin, stop: own.stop };
}
