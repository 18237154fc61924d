import { createHash } from "node:crypto";
import {
  type Clock,
  type Logger,
  loadPipelines,
  piiSalt,
  type Settings,
  type Workspace,
} from "@lifecycle/runtime";
import type { Redis } from "ioredis";
import { type BucketName, brazeBuckets } from "./buckets.ts";
import { createLimiter, type Limiter } from "./limiter/limiter.ts";
import type { Disabled, RememberedPermissions } from "./permissions.ts";
import type { Resource } from "./resource.ts";
import { type BrazeSource, type Configured, createBrazeSource } from "./source.ts";

/** The key the bundled sandbox accepts; it opens nothing else. */
const SANDBOX_KEY = "sandbox-key";

export interface OpenBrazeSource {
  settings: Pick<Settings, "http" | "sandbox" | "pipelines" | "root" | "pii" | "environment" | "home">;
  workspace: Workspace;
  redis: Redis;
  /** Leads every Redis key of this installation. */
  prefix: string;
  clock: Clock;
  logger: Logger;
  /** Told of every call that a limit refused. */
  onRefused?: ((bucket: BucketName) => void) | undefined;
}

/** The pipeline of which `config/pipelines` says what is read. */
const PIPELINE = "braze";
/** For so long nobody asks again what a key may read; its scopes never change, but a contract may. */
const PERMISSIONS_KEPT_S = 3_600;

/** A workspace's Braze, or the sandbox that stands in for it, paced with everyone else who shares this Redis. */
export function openBrazeSource(from: OpenBrazeSource): BrazeSource {
  const { settings, workspace, redis, prefix, clock, logger, onRefused } = from;
  const { braze } = workspace;
  const limiters = limitersOf(from);
  const { host, port, url } = settings.sandbox;
  const baseUrl = braze.base_url ?? url ?? `http://${host}:${port}`;
  const apiKey = braze.api_key?.reveal() ?? SANDBOX_KEY;
  const pipeline = loadPipelines(settings).get(PIPELINE);
  const source = createBrazeSource({
    workspace: workspace.name,
    baseUrl,
    apiKey,
    resources: pipeline?.kind === "braze" ? pipeline.resources : undefined,
    lookbackDays: pipeline?.kind === "braze" ? pipeline.lookback_days : undefined,
    whyOff: whyOffBySettings(settings),
    configured: configuredOf(braze),
    permissions: rememberIn(redis, `${prefix}:braze:${workspace.name}:permissions`, baseUrl + apiKey),
    isSandbox: workspace.usesSandbox,
    timeZone: workspace.time_zone,
    limiters: limiters.of,
    clock,
    logger,
    onRefused,
    httpOptions: {
      connectTimeoutMs: settings.http.connect_timeout_ms,
      headersTimeoutMs: settings.http.headers_timeout_ms,
      bodyTimeoutMs: settings.http.body_timeout_ms,
      keepAliveMs: settings.http.keep_alive_ms,
      connections: settings.http.connections,
    },
  });
  const close = source.close.bind(source);
  source.close = async () => {
    await close();
    await limiters.close();
  };
  return source;
}

/** One limiter per bucket, opened when the bucket is first asked for. */
function limitersOf({ workspace, redis, prefix, logger }: OpenBrazeSource) {
  const { buckets, share_of_quota: share } = workspace.braze;
  const limiters = new Map<BucketName, Limiter>();
  const open = (name: BucketName): Limiter => {
    const own = buckets[name];
    const bucket = own
      ? { name, limit: own.limit, windowMs: own.window_seconds * 1_000 }
      : brazeBuckets[name];
    const limiter = createLimiter({ redis, prefix, workspace: workspace.name, bucket, share, logger });
    limiters.set(name, limiter);
    return limiter;
  };
  return {
    of: (name: BucketName): Limiter => limiters.get(name) ?? open(name),
    close: () => Promise.all([...limiters.values()].map((limiter) => limiter.close())),
  };
}

/** Personal data that are to be hashed need a salt: without one their resources would fail, one part after the other. */
function whyOffBySettings(settings: OpenBrazeSource["settings"]): (resource: Resource) => string | undefined {
  if (settings.pii.policy !== "hash" || piiSalt(settings) !== undefined) return () => undefined;
  const reason = "it holds personal data that are to be hashed, and there is no salt: set PII_SALT";
  return ({ targets }) =>
    targets.some(({ columns }) => columns.some(({ pii }) => pii)) ? reason : undefined;
}

/** What settings say that Braze has no list of. */
function configuredOf({ slices, sends, exports }: Workspace["braze"]): Configured {
  return {
    slices: slices.map(({ name, app_id, segment_id, resources }) => ({
      name,
      appId: app_id,
      segmentId: segment_id,
      resources,
    })),
    sends,
    exportedSegments: exports.segments,
    exportedFields: exports.fields,
  };
}

/** Kept by a hash of the key, so that another key is asked anew and none is shown. */
function rememberIn(redis: Redis, prefix: string, secret: string): RememberedPermissions {
  const name = `${prefix}:${createHash("sha256").update(secret).digest("hex").slice(0, 16)}`;
  return {
    async read() {
      const text = await redis.get(name).catch(() => null);
      return text === null ? undefined : (JSON.parse(text) as Disabled[]);
    },
    async write(disabled) {
      await redis.set(name, JSON.stringify(disabled), "EX", PERMISSIONS_KEPT_S).catch(() => null);
    },
  };
}
