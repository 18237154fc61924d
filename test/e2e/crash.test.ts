import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fleet, type Installation, install, LOST_SOON, until } from "./support/installation.ts";
import { ownRedis, type TestRedis } from "./support/own-redis.ts";
import { ask, landed, publishedTables, settled } from "./support/runs.ts";

const NOW = "2026-06-30T12:00:00Z";
const WINDOW = { from: "2026-06-01", until: "2026-07-01" };
/** Small and slow enough that each blow falls in the middle of what it is meant for. */
const SANDBOX = [
  "--now",
  NOW,
  "--campaigns",
  "24",
  "--canvases",
  "6",
  "--limits",
  "default=60/1s,campaigns_data_series=20/1s",
];
const LIMITS = {
  LIFECYCLE_NOW: NOW,
  LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__DEFAULT__LIMIT: "60",
  LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__DEFAULT__WINDOW_SECONDS: "1",
  LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__CAMPAIGNS_DATA_SERIES__LIMIT: "20",
  LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__CAMPAIGNS_DATA_SERIES__WINDOW_SECONDS: "1",
};

let undisturbed: Record<string, string[]>;
const open: Installation[] = [];
/** Its own, because one of the tests empties it. */
let redis: TestRedis;

async function up(): Promise<{ at: Installation; fleet: Fleet }> {
  const at = await install(redis.url, { ...LIMITS, ...LOST_SOON });
  open.push(at);
  await at.sandbox(...SANDBOX);
  return { at, fleet: await at.fleet("--workers", "2") };
}

async function expectUndisturbed(at: Installation, runId: string): Promise<void> {
  const end = await settled(at, runId);
  expect(end.missing).toEqual([]);
  expect(end.status).toBe("complete");
  expect(await publishedTables(at)).toEqual(undisturbed);
}

describe("whatever dies, the run completes by itself and no cell differs", () => {
  beforeAll(async () => {
    redis = await ownRedis();
    const { at, fleet } = await up();
    const runId = await ask(at, WINDOW);
    expect((await settled(at, runId)).status).toBe("complete");
    undisturbed = await publishedTables(at);
    expect(undisturbed.agg_campaign_daily!.length).toBeGreaterThan(500);
    await fleet.stop();
    await at.close();
  });
  afterAll(async () => {
    await Promise.all(open.map((at) => at.close()));
    await redis.stop();
  });

  it("both extract workers killed while parts are in flight", async () => {
    const { at, fleet } = await up();
    const runId = await ask(at, WINDOW);
    await landed(at, runId, 40);
    await fleet.kill("extract-1");
    await fleet.kill("extract-2");
    await expectUndisturbed(at, runId);
    await fleet.stop();
  });

  it("the producer killed before and after it has planned", async () => {
    const { at, fleet } = await up();
    const runId = await ask(at, WINDOW);
    await fleet.kill("producer");
    await landed(at, runId, 40);
    await fleet.kill("producer");
    await expectUndisturbed(at, runId);
    await fleet.stop();
  });

  it("the warehouse worker killed while it loads, while it models and while it publishes", async () => {
    const { at, fleet } = await up();
    const runId = await ask(at, WINDOW);
    await until(async () => (await at.ledger.listLoaded(runId)).size >= 2, "the first loads");
    await fleet.kill("warehouse");
    await until(async () => (await at.ledger.listLoaded(runId)).size >= 6, "all loads");
    await fleet.kill("warehouse");
    await until(async () => (await at.ledger.listStages(runId)).has("evaluate-0"), "the evaluation");
    await fleet.kill("warehouse");
    await expectUndisturbed(at, runId);
    await fleet.stop();
  });

  it("Redis wiped in the middle of a run, and of a backfill", async () => {
    const { at, fleet } = await up();
    const client = new Redis(redis.url);
    const runId = await ask(at, WINDOW);
    await landed(at, runId, 40);
    await client.flushall();
    await expectUndisturbed(at, runId);

    const backfillId = await ask(
      at,
      { from: "2026-05-25", until: "2026-06-01" },
      { trigger: "backfill", priority: 10 },
    );
    await landed(at, backfillId, 40);
    await client.flushall();
    expect((await settled(at, backfillId)).status).toBe("complete");
    client.disconnect();
    await fleet.stop();
  });
});
