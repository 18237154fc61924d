import { availableParallelism, loadavg } from "node:os";
import { addDays, daysBetween } from "@lifecycle/contracts";
import { type Installation, install } from "../e2e/support/installation.ts";
import { withRedis } from "../e2e/support/own-redis.ts";
import { windowUse } from "../e2e/support/rate-windows.ts";
import { ask, settled } from "../e2e/support/runs.ts";

/**
 * Two years of 750 campaigns and 12 Canvases, cold: an empty ledger and landing, two extract workers and the rest of the
 * fleet as processes of their own, against the sandbox on the real clock, share 100 %.
 *
 * Limits: the documented ones divided by 10, with windows of 60 s: `default` 25,000 and `campaigns_data_series` 5,000 per
 * 60 s. The hourly pool at the pace it has per minute would be 417 per 60 s: the second part takes that, because only then is
 * there work for whole windows of it, and because it is the harder one.
 */
const NOW = "2026-06-30T12:00:00Z";
const UNTIL = "2026-07-01";
const DAYS = 730;
const CAMPAIGNS = 750;
const CANVASES = 12;
const WORKERS = 2;
const WINDOW_S = 60;
const SERIES_PER_WINDOW = 5_000;
const WORLD = [
  ...["--now", NOW, "--time-zone", "UTC", "--users", "40000", "--days", String(DAYS)],
  ...["--campaigns", String(CAMPAIGNS), "--canvases", String(CANVASES)],
];
/** Braze's answers take about so long over the internet; the sandbox's do not. */
const NETWORK_MS = 150;
const SAMPLE = 60;

interface Bucket {
  limit: number;
  windows: { start: number; accepted: number }[];
  received: number;
  refused: number;
  first_request_at: number;
  last_request_at: number;
}

export async function run(): Promise<void> {
  const [load = 0] = loadavg();
  console.log(`on ${availableParallelism()} cores with a load of ${load.toFixed(1)} before it began`);
  await withRedis(async (redisUrl) => {
    await pull(redisUrl, "alone", 25_000);
    await pull(redisUrl, "with 30 % of the default pool taken by others", 417, 0.3);
  });
}

async function pull(redisUrl: string, title: string, defaultLimit: number, foreign = 0): Promise<void> {
  const limits = { default: defaultLimit, campaigns_data_series: SERIES_PER_WINDOW };
  const at = await install(redisUrl, {
    LIFECYCLE_NOW: NOW,
    // As in production, where tests want a crash to be noticed within seconds.
    LIFECYCLE__QUEUES__LOCK_MS: "60000",
    LIFECYCLE__QUEUES__STALLED_INTERVAL_MS: "60000",
    LIFECYCLE__QUEUES__RECONCILE_INTERVAL_MS: "1000",
    // Enough in hand that waiting for a turn, asking and landing overlap.
    LIFECYCLE__QUEUES__CONCURRENCY__EXTRACT: "64",
    ...Object.fromEntries(
      Object.entries(limits).flatMap(([bucket, limit]) => {
        const name = `LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__${bucket.toUpperCase()}`;
        return [
          [`${name}__LIMIT`, String(limit)],
          [`${name}__WINDOW_SECONDS`, String(WINDOW_S)],
        ];
      }),
    ),
  });
  try {
    const list = Object.entries(limits).map(([bucket, limit]) => `${bucket}=${limit}/${WINDOW_S}s`);
    const { url } = await at.sandbox(...WORLD, "--limits", list.join(","));
    const serialMs = await serialCallMs(url);
    if (foreign > 0) await control(url, "limits", { foreign: `default=${foreign}` });
    await control(url, "stats/reset", {});
    await fleetPull(at);
    await report(url, title, limits, foreign, serialMs);
  } finally {
    await at.close();
  }
}

async function fleetPull(at: Installation): Promise<void> {
  const fleet = await at.fleet("--workers", String(WORKERS));
  const window = { from: addDays(UNTIL, -DAYS), until: UNTIL };
  const runId = await ask(at, window, { trigger: "backfill", priority: 10, full: true });
  // What is measured ends with the last request; models and publishing follow.
  await landedAll(at, runId);
  await fleet.stop("SIGKILL");
}

async function landedAll(at: Installation, runId: string): Promise<void> {
  for (;;) {
    const plan = await at.ledger.readPlan(runId);
    if (plan && (await at.ledger.listLanded(runId)).size >= plan.parts.length) return;
    if (await at.ledger.readSettled(runId)) {
      const { status, missing } = await settled(at, runId);
      throw new Error(`the run ended ${status} without ${missing.length} parts: ${missing[0]?.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function report(
  url: string,
  title: string,
  limits: Readonly<Record<string, number>>,
  foreign: number,
  serialMs: number,
): Promise<void> {
  const { buckets } = (await (await fetch(`${url}/__sandbox/stats`)).json()) as {
    buckets: Record<string, Bucket>;
  };
  const used = Object.entries(buckets).filter(([name, { received }]) => name in limits && received > 0);
  const first = Math.min(...used.map(([, bucket]) => bucket.first_request_at));
  const last = Math.max(...used.map(([, bucket]) => bucket.last_request_at));
  const seconds = (last - first) / 1_000;
  const calls = used.reduce((sum, [, { received }]) => sum + received, 0);
  const refused = used.reduce((sum, [, bucket]) => sum + bucket.refused, 0);
  const bounds = used.map(([name, { received }]) => {
    const share = name === "default" ? 1 - foreign : 1;
    return { name, received, seconds: (received / (limits[name]! * share)) * WINDOW_S };
  });
  const least = Math.max(...bounds.map((bound) => bound.seconds));
  console.log(
    `${title}: ${CAMPAIGNS} campaigns × ${daysBetween(addDays(UNTIL, -DAYS), UNTIL)} days, ${WORKERS} extract workers`,
  );
  for (const bound of bounds)
    console.log(
      `  ${bound.name}: ${bound.received} calls, at ${limits[bound.name]} per ${WINDOW_S} s at least ${bound.seconds.toFixed(1)} s`,
    );
  console.log(
    `  T = ${seconds.toFixed(1)} s from first to last request = ${(seconds / least).toFixed(3)} × the least (at most 1.15); refused ${refused} of ${calls} (${((refused / calls) * 100).toFixed(2)} %)`,
  );
  if (foreign > 0) {
    const use = await windowUse(url, "default");
    const left = limits.default! * (1 - foreign);
    const perWindow = buckets.default!.windows.map(
      ({ accepted }) => `${Math.round((accepted / left) * 100)} %`,
    );
    console.log(`  default by window, the first and the last cut: ${perWindow.join(", ")}`);
    console.log(
      `  over ${use.windows} whole windows ${((use.used / (1 - foreign)) * 100).toFixed(1)} % of what was left of the default pool was used (at least 95 %)`,
    );
  }
  const here = (calls * serialMs) / 1_000;
  const there = (calls * (serialMs + NETWORK_MS)) / 1_000;
  console.log(
    `  one serial client, from ${SAMPLE} calls sampled beforehand (${serialMs.toFixed(1)} ms each): ${here.toFixed(0)} s on loopback, no less than the limits allow; ${there.toFixed(0)} s with ${NETWORK_MS} ms of network per call`,
  );
  console.log(
    `  ratio ${(Math.max(here, least) / seconds).toFixed(2)} on loopback, ${(there / seconds).toFixed(1)} over a network`,
  );
}

/** Milliseconds per call of a client that asks one thing after another; the sandbox makes its world at the first. */
async function serialCallMs(url: string): Promise<number> {
  const get = async (path: string) =>
    (await (await fetch(`${url}${path}`, { headers: { authorization: "Bearer sandbox-key" } })).json()) as {
      campaigns?: { id: string }[];
    };
  const { campaigns = [] } = await get("/campaigns/list?page=0&include_archived=true");
  const series = (id: string) =>
    get(`/campaigns/data_series?campaign_id=${id}&length=100&ending_at=2026-06-30T23:59:59Z`);
  for (const { id } of campaigns.slice(0, 5)) await series(id);
  const startedAt = performance.now();
  for (const { id } of campaigns.slice(5, 5 + SAMPLE)) await series(id);
  return (performance.now() - startedAt) / SAMPLE;
}

async function control(url: string, path: string, body: object): Promise<void> {
  const response = await fetch(`${url}/__sandbox/${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`sandbox ${path}: ${response.status}`);
}
