/** The pools of requests that Braze documents, in requests per fixed window. */
const DOCUMENTED_LIMITS = {
  default: { limit: 250_000, windowMs: 3_600_000 },
  campaigns_data_series: { limit: 50_000, windowMs: 60_000 },
  names_and_products: { limit: 1_000, windowMs: 3_600_000 },
  users_export_ids: { limit: 250, windowMs: 60_000 },
} as const satisfies Record<string, Limit>;

export type BucketName = keyof typeof DOCUMENTED_LIMITS;

export interface Limit {
  limit: number;
  windowMs: number;
}

/** The answer to one request: whether the pool had room, and what the three headers say. */
export interface Grant {
  accepted: boolean;
  limit: number;
  remaining: number;
  /** Epoch seconds at which the window ends, rounded up. */
  resetSeconds: number;
  windowStartMs: number;
}

export interface Limiter {
  /** Takes one request from a pool, or refuses it. */
  take(bucket: BucketName, realMs: number): Grant;
  /** What a request would find now; takes nothing. */
  peek(bucket: BucketName, realMs: number): Grant;
  limits(): Record<BucketName, Limit>;
  /** Replaces limits; the running window keeps its count if its length stays. */
  setLimits(limits: Partial<Record<BucketName, Limit>>): void;
  /** Shares (0 to 1) of pools that somebody else uses up, evenly over each window. */
  setForeign(shares: Partial<Record<BucketName, number>>): void;
}

/** Fixed windows that begin at multiples of their length on the real clock, whatever the world's clock says. */
export function createLimiter(overrides: Partial<Record<BucketName, Limit>> = {}): Limiter {
  let limits: Record<BucketName, Limit> = { ...DOCUMENTED_LIMITS, ...overrides };
  let foreign: Partial<Record<BucketName, number>> = {};
  const windows = new Map<BucketName, { startMs: number; used: number }>();

  const windowOf = (bucket: BucketName, realMs: number) => {
    const { windowMs } = limits[bucket];
    const startMs = Math.floor(realMs / windowMs) * windowMs;
    const current = windows.get(bucket);
    if (current?.startMs === startMs) return current;
    const next = { startMs, used: 0 };
    windows.set(bucket, next);
    return next;
  };
  const grant = (bucket: BucketName, realMs: number, take: boolean): Grant => {
    const { limit, windowMs } = limits[bucket];
    const window = windowOf(bucket, realMs);
    const others = Math.floor((foreign[bucket] ?? 0) * limit * ((realMs - window.startMs) / windowMs));
    const accepted = window.used + others < limit;
    if (accepted && take) window.used++;
    return {
      accepted,
      limit,
      remaining: Math.max(0, limit - window.used - others),
      resetSeconds: Math.ceil((window.startMs + windowMs) / 1000),
      windowStartMs: window.startMs,
    };
  };
  return {
    take: (bucket, realMs) => grant(bucket, realMs, true),
    peek: (bucket, realMs) => grant(bucket, realMs, false),
    limits: () => limits,
    setLimits: (changed) => {
      limits = { ...limits, ...changed };
    },
    setForeign: (shares) => {
      foreign = { ...foreign, ...shares };
    },
  };
}

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/** Reads `campaigns_data_series=500/10s,default=200/m`. Throws a RangeError that names the part it cannot read. */
export function parseLimits(text: string): Partial<Record<BucketName, Limit>> {
  const limits: Partial<Record<BucketName, Limit>> = {};
  for (const part of text.split(",").filter(Boolean)) {
    const match = /^([a-z_]+)=(\d+)\/(\d*)(ms|s|min|m|h)$/.exec(part.trim());
    if (!match) throw new RangeError(`cannot read limit "${part}": expected bucket=500/10s`);
    const windowMs = Number(match[3] || 1) * UNITS[match[4]!]!;
    if (windowMs === 0) throw new RangeError(`limit "${part}" has a window of no length`);
    limits[bucketName(match[1]!)] = { limit: Number(match[2]), windowMs };
  }
  return limits;
}

/** Reads `default=0.3`: the share of each pool that foreign traffic takes. */
export function parseForeign(text: string): Partial<Record<BucketName, number>> {
  const shares: Partial<Record<BucketName, number>> = {};
  for (const part of text.split(",").filter(Boolean)) {
    const [name = "", share = ""] = part.split("=");
    if (!(Number(share) >= 0 && Number(share) <= 1)) throw new RangeError(`cannot read share "${part}"`);
    shares[bucketName(name.trim())] = Number(share);
  }
  return shares;
}

function bucketName(name: string): BucketName {
  if (name in DOCUMENTED_LIMITS) return name as BucketName;
  throw new RangeError(`no bucket "${name}": there are ${Object.keys(DOCUMENTED_LIMITS).join(", ")}`);
}
