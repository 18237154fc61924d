import type { QuotaHeaders } from "../limiter/bucket.ts";

/** What the rate-limit headers of an answer said, in this machine's time. */
export interface Quota extends QuotaHeaders {
  /** 429 only: how long to wait, jitter included. */
  retryAfterMs?: number;
  /** 429 because the pool is used up: the instant until which nobody should ask. */
  holdUntil?: Date;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Clocks closer than this are taken to agree: the Date header has whole seconds. */
const AGREE_MS = 2_000;
/** A reset farther away than this is no reset. */
const FARTHEST_MS = 25 * 3_600_000;
const LONGEST_WAIT_MS = 2 * 3_600_000;
const SHORT_WAIT_MS = 1_000;

/**
 * Reads the three headers, whose reset is an instant of the server's clock: when its Date header shows that the clocks
 * differ, the instant is moved into ours. Undefined when an answer has no limit header and is no 429.
 */
export function createQuotaReader(nowMs: () => number = Date.now) {
  let skewMs = 0;
  return (headers: Headers, status: number): Quota | undefined => {
    const read = (name: string) => wholeHeader(headers, name);
    const date = Date.parse(String(headers.date ?? ""));
    const seenSkewMs = Number.isNaN(date) ? 0 : date - nowMs();
    if (Math.abs(seenSkewMs - skewMs) > AGREE_MS) skewMs = Math.abs(seenSkewMs) > AGREE_MS ? seenSkewMs : 0;
    const limit = read("x-ratelimit-limit");
    const remaining = read("x-ratelimit-remaining");
    const reset = read("x-ratelimit-reset");
    const resetMs = (reset ?? 0) * 1000 - skewMs;
    const resetAt = Math.abs(resetMs - nowMs()) < FARTHEST_MS ? new Date(resetMs) : undefined;
    if (limit === undefined && status !== 429) return undefined;
    const quota: Quota = { limit: limit ?? 0, remaining: remaining ?? 0, resetAt };
    if (status !== 429) return quota;
    // With requests left the pool is not what refused us: another rule did, and it names no time.
    const isUsedUp = remaining === undefined || remaining <= 0;
    const untilMs = isUsedUp && resetAt ? resetAt.getTime() : nowMs() + SHORT_WAIT_MS;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(50, untilMs - nowMs()));
    quota.retryAfterMs = Math.ceil(waitMs + Math.random() * Math.min(1_000, waitMs / 4 + 50));
    if (isUsedUp) quota.holdUntil = new Date(nowMs() + waitMs);
    return quota;
  };
}

function wholeHeader(headers: Headers, name: string): number | undefined {
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const text = Array.isArray(value) ? value[0] : value;
  return text !== undefined && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}
