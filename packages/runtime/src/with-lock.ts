import { RetryableError } from "@lifecycle/contracts";
import { readLock, tryLock } from "./file-lock.ts";
import { parseMark, pause } from "./processes.ts";

/** Runs `work` while holding a lock file. Throws `runtime.locked` (retryable) when it is not free within `waitMs`. */
export async function withLock<T>(path: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + waitMs;
  let release = tryLock(path);
  while (!release) {
    if (Date.now() > until) {
      const holder = parseMark(readLock(path) ?? "")?.pid ?? "unknown";
      throw new RetryableError("runtime.locked", `${path} is held by process ${holder}`);
    }
    await pause(25);
    release = tryLock(path);
  }
  try {
    return await work();
  } finally {
    release();
  }
}
