/** What the fleet knows of a bucket's current window after a request was let in or answered. Instants in epoch ms. */
export interface WindowView {
  limit: number;
  resetAt: number;
  windowMs: number;
  /** Requests we may still send in this window; head-room for foreign traffic is already taken off. */
  free: number;
  /** Requests of this window that were not ours. */
  foreign: number;
}

export interface Pace {
  /** Between two turns. */
  minTimeMs: number;
  /** Requests that one turn may start: more than one only where single turns would come every few milliseconds. */
  starts: number;
  /** How many turns bottleneck may give out ahead of time, fleet-wide. */
  maxConcurrent: number;
}

/** A little below the permitted rate, so that the window's ceiling is a guard that is seldom reached. */
const PACE_FACTOR = 0.97;
/** Buckets of a few requests per hour need no even spreading: their ceiling is counted. A list of ten pages is not worth a minute. */
const SLOWEST_MS = 100;
/** Turns that come faster than this cost more in Redis than they smooth. */
const TURN_MS = 8;

/** The even pace of a bucket: `limit × share` requests per window, a little less. */
export function basePace(limit: number, windowMs: number, share: number): Pace {
  const startMs = windowMs / (Math.max(1, limit * share) * PACE_FACTOR);
  const starts = Math.max(1, Math.min(16, Math.floor(TURN_MS / startMs)));
  const minTimeMs = Math.min(SLOWEST_MS, startMs * starts);
  const aheadMs = Math.min(2_000, Math.max(250, windowMs / 8));
  return { minTimeMs, starts, maxConcurrent: Math.min(64, Math.max(3, Math.ceil(aheadMs / minTimeMs))) };
}

/**
 * The pace that uses what is left of the window up to its end: between half and twenty times the even one, and never so
 * slow that starts already given out would reach into the next window. Close to the end it is the even pace again, because
 * the next window begins with it.
 */
export function adaptedPace(view: WindowView, share: number, nowMs: number): Pace {
  const base = basePace(view.limit, view.windowMs, share);
  const leftMs = view.resetAt - nowMs;
  if (leftMs < view.windowMs * 0.15 || leftMs > view.windowMs * 1.05) return base;
  const wanted = (leftMs / Math.max(1, view.free)) * base.starts;
  const slowest = Math.max(base.minTimeMs, leftMs / base.maxConcurrent);
  const minTimeMs = Math.min(wanted, base.minTimeMs * 20, slowest, SLOWEST_MS);
  return { ...base, minTimeMs: Math.max(minTimeMs, base.minTimeMs * 0.5) };
}
