import { readFile } from "node:fs/promises";
import { type Installation, install, until } from "../e2e/support/installation.ts";
import { withRedis } from "../e2e/support/own-redis.ts";
import { ask } from "../e2e/support/runs.ts";
import { sandboxLog } from "../e2e/support/sandbox-log.ts";

const NOW = "2026-06-30T12:00:00Z";
const WORLD = ["--now", NOW, "--campaigns", "150", "--canvases", "12", "--days", "730", "--users", "20000"];
const WINDOW = { from: "2024-07-01", until: "2026-07-01" };
/** The kernel counts a process's time in ticks (sysconf(_SC_CLK_TCK), 100 wherever this runs). */
const TICK_MS = 10;

/**
 * What one extract worker's processor time per part is, with limits that hold nobody. The baseline: the same calls by a client that asks
 * one after another, parses the answer and keeps nothing.
 */
export async function run(): Promise<void> {
  await withRedis(async (redisUrl) => {
    const at = await install(redisUrl, {
      LIFECYCLE_NOW: NOW,
      LIFECYCLE__QUEUES__LOCK_MS: "60000",
      LIFECYCLE__QUEUES__STALLED_INTERVAL_MS: "60000",
      LIFECYCLE__QUEUES__RECONCILE_INTERVAL_MS: "2000",
      ...(process.env.NODE_OPTIONS ? { NODE_OPTIONS: process.env.NODE_OPTIONS } : {}),
    });
    try {
      const { url } = await at.sandbox(...WORLD);
      const fleet = await at.fleet("--workers", "1");
      const pid = await fleet.pid("extract-1");
      const before = await cpuMs(pid);
      const parts = await landedParts(at, await ask(at, WINDOW));
      const spent = (await cpuMs(pid)) - before;
      await fleet.stop();
      const paths = (await sandboxLog(url)).filter(({ status }) => status === 200);
      const serial = await serialCpuMs(
        url,
        paths.map(({ path, query }) => `${path}?${query}`),
      );
      console.log(
        `one extract worker: ${parts} parts, ${(spent / parts).toFixed(2)} ms of processor time each (${(spent / 1_000).toFixed(1)} s)`,
      );
      console.log(
        `  baseline: a client that asks and parses and keeps nothing: ${serial.toFixed(2)} ms per call; ratio ${(spent / parts / serial).toFixed(1)}`,
      );
    } finally {
      await at.close();
    }
  });
}

/** User and system time of a process: fields 14 and 15 of /proc/<pid>/stat (proc(5)). */
async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function landedParts(at: Installation, runId: string): Promise<number> {
  const plan = await until(() => at.ledger.readPlan(runId), "the plan", 120_000);
  const all = plan.parts.length;
  await until(async () => (await at.ledger.listLanded(runId)).size >= all, `${all} parts`, 240_000);
  return all;
}

async function serialCpuMs(url: string, paths: readonly string[]): Promise<number> {
  const before = process.cpuUsage();
  for (const path of paths)
    await (await fetch(url + path, { headers: { authorization: "Bearer sandbox-key" } })).json();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / paths.length;
}
