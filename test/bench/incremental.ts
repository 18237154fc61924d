import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brazeTables } from "@lifecycle/braze";
import { type CompiledProject, loadCompiler, runModels, selectModels } from "@lifecycle/transform";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { type CampaignDays, contractOf, writeCampaignDays } from "./support/campaign-days.ts";

const CAMPAIGNS = 1_000;
const HISTORY = 180;
/** Days that a daily increment brings: yesterday and the two before, read again. */
const REREAD = 3;
const ROUNDS = 7;
const SQL = join(import.meta.dirname, "../../sql");

interface Bench {
  folder: string;
  warehouse: Warehouse;
  project: CompiledProject;
  select: string[];
  /** Time that publishing took of all builds so far. */
  publishMs: number;
}

/** What one more day costs with a history of half a year and with twice that, and what a late row rebuilds. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-incremental-"));
  const warehouse = await openDuckdbWarehouse({ path: join(folder, "w.duckdb"), memoryLimit: "160MB" });
  try {
    await warehouse.bootstrap(brazeTables);
    const { compileProject, loadProject } = await loadCompiler();
    const project = compileProject(await loadProject({ sqlDir: SQL }), {
      engine: "duckdb",
      dataset: "lifecycle",
    });
    const bench = {
      folder,
      warehouse,
      project,
      select: selectModels(project, "+agg_campaign_daily"),
      publishMs: 0,
    };
    let nextDay = HISTORY * 2;
    await load(bench, { loadId: "half", firstDay: HISTORY, days: HISTORY, minute: 0 });
    const wholeMs = await timed(() => build(bench, "half"));
    const single = await increments(bench, nextDay, "single");
    nextDay += ROUNDS;
    await load(bench, { loadId: "double", firstDay: 0, days: HISTORY - REREAD, minute: 1 });
    await build(bench, "double");
    const double = await increments(bench, nextDay, "double");
    nextDay += ROUNDS;
    const rows = CAMPAIGNS * HISTORY;
    console.log(
      `daily increment of ${CAMPAIGNS} campaigns × ${REREAD} days: load, staging, marts, gates, publishing`,
    );
    console.log(`  with ${rows.toLocaleString("en-US")} rows of history: ${told(single)}`);
    console.log(
      `  with twice that: ${told(double)}; ${percent(double.ms / single.ms - 1)} more (wanted: less than 10 %)`,
    );
    console.log(
      `  baseline: building everything takes ${wholeMs.toFixed(0)} ms; ratio ${(wholeMs / single.ms).toFixed(1)}`,
    );
    await load(bench, { loadId: "late", firstDay: nextDay - 20, days: 1, minute: 900, campaigns: 1 });
    const built = await build(bench, "late");
    for (const { name, action, partitions } of built)
      console.log(`  a late row of 20 days ago: ${name} builds ${partitions?.length ?? action} partition`);
  } finally {
    await warehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The median time of a day's increment, each after the one before. */
async function increments(
  bench: Bench,
  day: number,
  name: string,
): Promise<{ ms: number; publishMs: number }> {
  const times: { ms: number; publishMs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const loadId = `${name}-${round}`;
    const given = { loadId, firstDay: day + round - REREAD + 1, days: REREAD, minute: 10 + day + round };
    const files = await writeCampaignDays(bench.folder, { campaigns: CAMPAIGNS, ...given });
    bench.publishMs = 0;
    const ms = await timed(async () => {
      await loadFiles(bench, loadId, files);
      await build(bench, loadId);
    });
    times.push({ ms, publishMs: bench.publishMs });
  }
  return times.toSorted((a, b) => a.ms - b.ms)[Math.floor(ROUNDS / 2)]!;
}

async function load(
  bench: Bench,
  given: Omit<CampaignDays, "campaigns"> & { campaigns?: number },
): Promise<void> {
  await loadFiles(
    bench,
    given.loadId,
    await writeCampaignDays(bench.folder, { campaigns: CAMPAIGNS, ...given }),
  );
}

async function loadFiles(
  { warehouse }: Bench,
  loadId: string,
  files: Awaited<ReturnType<typeof writeCampaignDays>>,
): Promise<void> {
  const { table, columns } = contractOf("raw_campaign_daily");
  const id = `load__main__braze__${loadId}`;
  await warehouse.load({ loadId: id, table, columns, files, disposition: "append" });
}

/** Brings the models up to date and makes them visible; answers those that were built. */
async function build(bench: Bench, runId: string) {
  const { warehouse, project, select } = bench;
  const outcomes = await runModels(project, { warehouse, select, runId });
  const built = outcomes.filter(({ status }) => status === "built");
  const published = new Set(project.models.filter((model) => model.published).map(({ name }) => name));
  bench.publishMs += await timed(async () => {
    for (const { name } of built) if (published.has(name)) await warehouse.publish(name, `publish__${runId}`);
  });
  return built;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const told = ({ ms, publishMs }: { ms: number; publishMs: number }) =>
  `${ms.toFixed(0)} ms, of which ${publishMs.toFixed(0)} for publishing`;
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
