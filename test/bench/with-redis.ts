import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findBinary, startOwnRedis } from "@lifecycle/runtime";

/** A Redis for as long as `work` takes, in a folder of its own. */
export async function withRedis(work: (url: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-bench-redis-"));
  const redis = { use_local: false, local_port: 6379, use_installed: true, use_packages: true };
  const root = resolve(import.meta.dirname, "../..");
  const own = await startOwnRedis(folder, () => findBinary({ redis, root }, () => {}));
  if (!own) throw new Error("no Redis for the bench: install redis-server");
  try {
    await work(own.url);
  } finally {
    await own.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
