import { type Coverage, daysBetween, type PlannedPart } from "@lifecycle/contracts";

/** A bucket as it may be used: `limit` calls per window, `share` of them ours. */
export interface BucketLimit {
  limit: number;
  windowMs: number;
  share: number;
}

export interface BucketQuote extends BucketLimit {
  bucket: string;
  calls: number;
  /** How long these calls take at the pace we may keep. */
  seconds: number;
}

/** What a plan will cost before it starts. Calls are exact unless something has to be asked twice, but for `guessed`; the rest is an estimate. */
export interface Quote {
  calls: number;
  /** Of the calls, those of reads whose pages nobody knows before the last of them, and the resources they are of. */
  guessed: { calls: number; resources: string[] };
  buckets: BucketQuote[];
  /** Buckets are used side by side: the slowest decides. */
  seconds: number;
  /** Objects × days that will be read. */
  days: number;
  rows: number;
  /** As landed: compressed. */
  bytes: number;
}

/** What the limiter leaves of a bucket, so that a late request never goes over. */
const USED_SHARE = 0.97;
/** A call there and back, and how many are under way at once, where no limit slows them down. */
const CALL_SECONDS = 0.15;
const CALLS_AT_ONCE = 32;
/** Before anything has landed: about what a campaign with a few variants gives. */
const GUESS = { rowsPerDay: 4, rowsPerCall: 6, bytesPerRow: 60 };

/**
 * Calls per bucket, time, rows and bytes of planned parts. `landed` are the parts that planning has landed already: their calls count,
 * as taken. Rows, bytes, and the calls of resources that give as many pages as there are (`paged`), follow what each brought so far.
 */
export function quotePlan(plan: {
  parts: readonly PlannedPart[];
  landed: ReadonlyMap<string, { calls: number; rows: number; bytes: number }>;
  limits: Readonly<Record<string, BucketLimit>>;
  volume: Coverage["volume"];
  paged: ReadonlySet<string>;
}): Quote {
  const callsBy = new Map<string, number>();
  const total = { calls: 0, days: 0, rows: 0, bytes: 0 };
  const guessed = { calls: 0, resources: new Set<string>() };
  for (const part of plan.parts) {
    const days = part.window && part.window !== "all" ? daysBetween(part.window.from, part.window.until) : 0;
    const landed = plan.landed.get(part.part);
    const isGuess = !landed && plan.paged.has(part.resource);
    const expected = landed ?? expectedOf(part.resource, days, plan.volume, isGuess);
    if (isGuess) {
      guessed.calls += expected.calls;
      guessed.resources.add(part.resource);
    }
    callsBy.set(part.bucket, (callsBy.get(part.bucket) ?? 0) + expected.calls);
    total.calls += expected.calls;
    total.days += days;
    total.rows += expected.rows;
    total.bytes += expected.bytes;
  }
  const buckets = [...callsBy].map(([bucket, calls]) => bucketQuote(bucket, calls, plan.limits[bucket]));
  return {
    ...total,
    guessed: { calls: guessed.calls, resources: [...guessed.resources] },
    rows: Math.round(total.rows),
    bytes: Math.round(total.bytes),
    buckets,
    seconds: Math.max(0, ...buckets.map((bucket) => bucket.seconds)),
  };
}

function bucketQuote(bucket: string, calls: number, limit: BucketLimit | undefined): BucketQuote {
  const { limit: perWindow, windowMs, share } = limit ?? { limit: 1, windowMs: 0, share: 1 };
  const paced = (calls / (perWindow * share * USED_SHARE)) * (windowMs / 1_000);
  return {
    bucket,
    calls,
    limit: perWindow,
    windowMs,
    share,
    seconds: Math.max(paced, (calls * CALL_SECONDS) / CALLS_AT_ONCE),
  };
}

function expectedOf(resource: string, days: number, volume: Coverage["volume"], isPaged: boolean) {
  const known = volume[resource];
  if (!known || known.calls === 0) {
    const rows = days > 0 ? days * GUESS.rowsPerDay : GUESS.rowsPerCall;
    return { calls: 1, rows, bytes: rows * GUESS.bytesPerRow };
  }
  const share = days > 0 && known.days > 0 ? days / known.days : 1 / known.calls;
  const calls = isPaged ? Math.max(1, Math.ceil(known.calls * share - 1e-9)) : 1;
  return { calls, rows: known.rows * share, bytes: known.bytes * share };
}
