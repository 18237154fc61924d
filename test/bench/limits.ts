import { install } from "../e2e/support/installation.ts";
import { withRedis } from "../e2e/support/own-redis.ts";
import { windowUse } from "../e2e/support/rate-windows.ts";
import { ask, settled } from "../e2e/support/runs.ts";

const NOW = "2026-06-30T12:00:00Z";
const LIMIT = 200;
const WINDOW_SECONDS = 2;

/** How well 1, 2 and 4 extract workers together use a tight limit, from the sandbox's own log. The baseline is the limit itself. */
export async function run(): Promise<void> {
  await withRedis(async (redisUrl) => {
    const at = await install(redisUrl, {
      LIFECYCLE_NOW: NOW,
      LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__DEFAULT__LIMIT: String(LIMIT),
      LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__DEFAULT__WINDOW_SECONDS: String(WINDOW_SECONDS),
    });
    try {
      const flags = [
        "--campaigns",
        "1",
        "--canvases",
        "45",
        "--days",
        "400",
        "--limits",
        `default=${LIMIT}/${WINDOW_SECONDS}s`,
      ];
      const { url } = await at.sandbox("--now", NOW, ...flags);
      for (const workers of [1, 2, 4]) {
        await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
        const fleet = await at.fleet("--workers", String(workers));
        await settled(at, await ask(at, { from: "2025-06-10", until: "2026-06-10" }, { full: true }));
        await fleet.stop();
        const use = await windowUse(url, "default");
        const share = (part: number) => `${(part * 100).toFixed(1)} %`;
        console.log(
          `${workers} workers: ${share(use.used)} of ${LIMIT} per ${WINDOW_SECONDS} s used over ${use.windows} whole windows, fullest window ${share(use.worstReceived)}, ${use.refused} refused`,
        );
      }
    } finally {
      await at.close();
    }
  });
}
