import type { BucketName, Limiter } from "./limits.ts";

/** One request to the API as it was answered. Times are real epoch milliseconds. */
export interface JournalEntry {
  time: number;
  method: string;
  path: string;
  /** The query as it was sent, without `?`. */
  query: string;
  bucket: BucketName | null;
  object_id: string | null;
  /** The HTTP status; 0 when the connection was cut before an answer. */
  status: number;
  /** `accepted` took a request from the pool, `refused` found it empty; others (401, 403, 404) never got there. */
  outcome: "accepted" | "refused" | "rejected";
  /** The injected fault, if any. */
  fault: string | null;
}

interface Counts {
  received: number;
  accepted: number;
  refused: number;
  first_request_at: number | null;
  last_request_at: number | null;
}

interface BucketCounts extends Counts {
  windows: Map<number, { received: number; accepted: number; refused: number }>;
}

const KEPT_ENTRIES = 100_000;
const KEPT_WINDOWS = 10_000;

/** What was asked and how it was answered, since the start or the last reset. */
export interface Journal {
  record(entry: JournalEntry, windowStartMs: number | undefined): void;
  stats(limiter: Limiter): object;
  /** The newest entries in order of answering, at most 100,000, with how many older ones were dropped. */
  log(sinceMs: number, path: string | null): { dropped: number; entries: JournalEntry[] };
  reset(): void;
}

export function createJournal(): Journal {
  let total = newCounts();
  let buckets = new Map<BucketName, BucketCounts>();
  let paths = new Map<string, { count: number; statuses: Record<string, number> }>();
  let faults: Record<string, number> = {};
  let rejected: Record<string, number> = {};
  let entries: JournalEntry[] = [];
  let dropped = 0;

  return {
    record(entry, windowStartMs) {
      entries.push(entry);
      if (entries.length >= KEPT_ENTRIES * 2) {
        dropped += entries.length - KEPT_ENTRIES;
        entries = entries.slice(-KEPT_ENTRIES);
      }
      const path = paths.get(entry.path) ?? { count: 0, statuses: {} };
      paths.set(entry.path, path);
      path.count++;
      path.statuses[entry.status] = (path.statuses[entry.status] ?? 0) + 1;
      if (entry.fault) faults[entry.fault] = (faults[entry.fault] ?? 0) + 1;
      if (entry.outcome === "rejected" || entry.bucket === null) {
        rejected[entry.status] = (rejected[entry.status] ?? 0) + 1;
        return;
      }
      count(total, entry);
      const bucket = buckets.get(entry.bucket) ?? { ...newCounts(), windows: new Map() };
      buckets.set(entry.bucket, bucket);
      count(bucket, entry);
      if (windowStartMs !== undefined) countWindow(bucket, entry, windowStartMs);
    },
    stats: (limiter) => ({
      ...total,
      rejected,
      faults,
      buckets: Object.fromEntries(
        Object.entries(limiter.limits()).map(([name, limit]) => {
          const { windows, ...counts } = buckets.get(name as BucketName) ?? {
            ...newCounts(),
            windows: new Map(),
          };
          const listed = [...windows].map(([start, seen]) => ({ start, ...seen }));
          return [name, { limit: limit.limit, window_ms: limit.windowMs, ...counts, windows: listed }];
        }),
      ),
      paths: Object.fromEntries(paths),
    }),
    log: (sinceMs, path) => ({
      dropped,
      entries: entries.filter((entry) => entry.time >= sinceMs && (path === null || entry.path === path)),
    }),
    reset() {
      total = newCounts();
      buckets = new Map();
      paths = new Map();
      faults = {};
      rejected = {};
      entries = [];
      dropped = 0;
    },
  };
}

function newCounts(): Counts {
  return { received: 0, accepted: 0, refused: 0, first_request_at: null, last_request_at: null };
}

function count(counts: Counts, entry: JournalEntry): void {
  counts.received++;
  counts[entry.outcome === "accepted" ? "accepted" : "refused"]++;
  counts.first_request_at = Math.min(counts.first_request_at ?? entry.time, entry.time);
  counts.last_request_at = Math.max(counts.last_request_at ?? entry.time, entry.time);
}

function countWindow(bucket: BucketCounts, entry: JournalEntry, startMs: number): void {
  const window = bucket.windows.get(startMs) ?? { received: 0, accepted: 0, refused: 0 };
  bucket.windows.set(startMs, window);
  window.received++;
  window[entry.outcome === "accepted" ? "accepted" : "refused"]++;
  if (bucket.windows.size > KEPT_WINDOWS) bucket.windows.delete(bucket.windows.keys().next().value!);
}
