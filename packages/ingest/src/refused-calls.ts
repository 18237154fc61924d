import { randomUUID } from "node:crypto";
import type { Ledger } from "@lifecycle/landing";

export interface RefusalCounter {
  /** One more call of a bucket was refused now. Never throws. */
  count(bucket: string): void;
  /** Writes what has been counted. Never throws. */
  flush(): Promise<void>;
}

/** Refusals come in bursts: a pool that is used up refuses everything that was under way. */
const WRITE_AFTER_MS = 250;

/**
 * Counts the calls of one workspace that were refused, by bucket and UTC hour, and keeps the counts in the ledger: nothing lands of
 * such a call, so that no manifest could tell. A process that is killed loses what it counted in the last quarter of a second.
 */
export function createRefusalCounter(
  ledger: Pick<Ledger, "writeRefused">,
  workspace: string,
  { now, onError }: { now: () => Date; onError: (error: unknown) => void },
): RefusalCounter {
  const process = `p${randomUUID().slice(0, 8)}`;
  const counts = new Map<string, { bucket: string; hour: string; calls: number }>();
  const unwritten = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    const keys = [...unwritten];
    unwritten.clear();
    for (const key of keys)
      await ledger.writeRefused({ workspace, process, ...counts.get(key)! }).catch((error: unknown) => {
        unwritten.add(key);
        onError(error);
      });
  };
  return {
    count(bucket) {
      const hour = now().toISOString().slice(0, 13);
      const key = `${bucket} ${hour}`;
      counts.set(key, { bucket, hour, calls: (counts.get(key)?.calls ?? 0) + 1 });
      unwritten.add(key);
      timer ??= setTimeout(() => void flush(), WRITE_AFTER_MS);
    },
    flush,
  };
}
