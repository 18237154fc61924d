import { readFileSync } from "node:fs";
import { install } from "../e2e/support/installation.ts";
import { withRedis } from "../e2e/support/own-redis.ts";
import { ask, settled } from "../e2e/support/runs.ts";

const NOW = "2026-06-30T12:00:00Z";
const DAYS = 90;
const CAMPAIGNS = 60;
const ROLES = ["producer", "warehouse", "extract-1", "extract-2", "board"];

/** The main job with the default sandbox: time from request to published tables, and the most memory each process took. */
export async function run(): Promise<void> {
  await withRedis(async (redisUrl) => {
    const at = await install(redisUrl, { LIFECYCLE_NOW: NOW });
    try {
      const { url } = await at.sandbox("--now", NOW);
      await serialPull(url); // Once uncounted: the sandbox makes its world at the first look.
      const serialMs = await timed(() => serialPull(url));
      const fleet = await at.fleet("--workers", "2");
      const pids = new Map(
        await Promise.all(ROLES.map(async (role) => [role, await fleet.pid(role)] as const)),
      );
      let runId = "";
      const fleetMs = await timed(async () => {
        runId = await ask(at, { from: "2026-04-02", until: "2026-07-01" });
        await settled(at, runId);
      });
      const rate = Math.round((CAMPAIGNS * DAYS) / (fleetMs / 1_000));
      console.log(
        `main job: ${(fleetMs / 1_000).toFixed(1)} s from request to published tables, ${rate} campaigns × days per second`,
      );
      console.log(
        `  baseline: one serial client asks for the same in ${(serialMs / 1_000).toFixed(1)} s and stores nothing; ratio ${(serialMs / fleetMs).toFixed(2)}`,
      );
      for (const [role, pid] of pids)
        console.log(`  peak memory ${role.padEnd(10)} ${peakMegabytes(pid)} MB`);
      await fleet.stop();
    } finally {
      await at.close();
    }
  });
}

/** The same calls, one after another, answers thrown away. */
async function serialPull(url: string): Promise<void> {
  const get = async (path: string) =>
    (await (
      await fetch(`${url}${path}`, { headers: { authorization: "Bearer sandbox-key" } })
    ).json()) as Record<string, { id: string }[]>;
  const { campaigns } = await get("/campaigns/list?page=0&include_archived=true");
  for (const { id } of campaigns!) {
    await get(`/campaigns/details?campaign_id=${id}`);
    await get(`/campaigns/data_series?campaign_id=${id}&length=90&ending_at=2026-06-30T23:59:59Z`);
  }
  const { canvases } = await get("/canvas/list?page=0&include_archived=true");
  for (const { id } of canvases!) {
    await get(`/canvas/details?canvas_id=${id}`);
    for (let back = 0; back < DAYS; back += 14) {
      const ending = new Date(Date.parse("2026-06-30T23:59:59Z") - back * 86_400_000)
        .toISOString()
        .slice(0, 19);
      await get(
        `/canvas/data_series?canvas_id=${id}&length=14&ending_at=${ending}Z&include_variant_breakdown=true&include_step_breakdown=true`,
      );
    }
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The high-water mark of resident memory, as the kernel keeps it (Linux). */
function peakMegabytes(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return Math.round(Number(kilobytes) / 1_024);
}
