import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findBinary, startOwnRedis } from "@lifecycle/runtime";

export interface TestRedis {
  url: string;
  stop(): Promise<void>;
}

/** A Redis in a folder of its own, for whoever wipes it or measures with it. */
export async function ownRedis(): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-own-redis-"));
  const redis = { use_local: false, local_port: 6379, use_installed: true, use_packages: true };
  const root = resolve(import.meta.dirname, "../../..");
  const own = await startOwnRedis(folder, () => findBinary({ redis, root }, () => {}));
  if (!own) throw new Error("no Redis to be had: install redis-server");
  return {
    url: own.url,
    stop: async () => {
      await own.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A Redis for as long as `work` takes. */
export async function withRedis(work: (url: string) => Promise<void>): Promise<void> {
  const redis = await ownRedis();
  try {
    await work(redis.url);
  } finally {
    await redis.stop();
  }
}
