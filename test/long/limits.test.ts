import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install } from "../e2e/support/installation.ts";
import { windowUse } from "../e2e/support/rate-windows.ts";
import { ask, settled } from "../e2e/support/runs.ts";

const NOW = "2026-06-30T12:00:00Z";
const LIMIT = 200;
const WINDOW_SECONDS = 2;
const WINDOW = { from: "2025-12-10", until: "2026-06-10" };

describe("one rate limit for the whole fleet", () => {
  let at: Installation;
  let url: string;
  beforeAll(async () => {
    at = await install(inject("redisUrl"), {
      LIFECYCLE_NOW: NOW,
      LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__DEFAULT__LIMIT: String(LIMIT),
      LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__DEFAULT__WINDOW_SECONDS: String(WINDOW_SECONDS),
    });
    const flags = [
      "--campaigns",
      "1",
      "--canvases",
      "50",
      "--days",
      "400",
      "--limits",
      `default=${LIMIT}/${WINDOW_SECONDS}s`,
    ];
    ({ url } = await at.sandbox("--now", NOW, ...flags));
  });
  afterAll(() => at.close());

  it.each([4])(
    "with %i extract workers it is never passed and not left lying (the bench `limits` tells how well it is used)",
    async (workers) => {
      await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
      const fleet = await at.fleet("--workers", String(workers));
      const runId = await ask(at, WINDOW, { full: true });
      expect((await settled(at, runId)).status).toBe("complete");
      await fleet.stop();
      const use = await windowUse(url, "default");
      expect(use.windows).toBeGreaterThanOrEqual(3);
      expect(use.worstReceived).toBeLessThanOrEqual(1.005);
      expect(use.used).toBeGreaterThanOrEqual(0.5);
    },
  );
});
