import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brazeTables } from "@lifecycle/braze";
import { type CompiledProject, loadCompiler, runModels, selectModels } from "@lifecycle/transform";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { contractOf } from "./support/campaign-days.ts";
import { writeLanded } from "./support/landed-rows.ts";

const HISTORY = 180;
/** Days that a daily increment brings: yesterday and the two before, read again. */
const REREAD = 3;
const ROUNDS = 5;

interface Bench {
  folder: string;
  warehouse: Warehouse;
  project: CompiledProject;
  campaigns: number;
}

/** Processor time of all threads, and time on the clock of each model that was built. */
interface Cost {
  cpuMs: number;
  models: ReadonlyMap<string, { action: string; ms: number }>;
}

/** What one more day of campaigns that are tests costs, up to the days of their arms, with a history of half a year and with twice that. */
export async function run(campaigns = 1_000): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-arms-"));
  const warehouse = await openDuckdbWarehouse({ path: join(folder, "w.duckdb"), memoryLimit: "160MB" });
  try {
    await warehouse.bootstrap(brazeTables);
    const { compileProject, loadProject } = await loadCompiler();
    const tree = await loadProject({ sqlDir: join(import.meta.dirname, "../../sql") });
    const project = compileProject(tree, { engine: "duckdb", dataset: "lifecycle" });
    const bench = { folder, warehouse, project, campaigns };
    await load(bench, HISTORY, HISTORY);
    const whole = await build(bench);
    const single = await increments(bench, HISTORY * 2);
    await load(bench, 0, HISTORY - REREAD);
    await build(bench);
    const double = await increments(bench, HISTORY * 2 + ROUNDS);
    const rows = campaigns * HISTORY * 2;
    console.log(`${REREAD} days of ${campaigns} campaigns × 2 variations, up to the days of their arms`);
    console.log(`  with ${rows.toLocaleString("en-US")} rows of history: ${told(single)}`);
    console.log(`  with twice that: ${told(double)}; ratio ${(double.cpuMs / single.cpuMs).toFixed(2)}`);
    console.log(
      `  baseline: building everything takes ${told(whole)}; ratio ${(whole.cpuMs / single.cpuMs).toFixed(1)}`,
    );
    for (const [name, { action, ms }] of double.models) console.log(`  ${name}: ${action}, ${ms} ms`);
  } finally {
    await warehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const told = ({ cpuMs }: Cost) => `${cpuMs.toFixed(0)} ms of processor time`;

/** The median of some daily increments, each after the one before. */
async function increments(bench: Bench, day: number): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await load(bench, day + round - REREAD + 1, REREAD);
    costs.push(await build(bench));
  }
  return costs.toSorted((a, b) => a.cpuMs - b.cpuMs)[ROUNDS >> 1]!;
}

let loads = 0;

/** These days of every variation of every campaign, from 2024-01-01 on, read after those before. */
async function load({ folder, warehouse, campaigns }: Bench, from: number, days: number): Promise<void> {
  const loadId = `load${++loads}`;
  const campaign = `n // 2 // ${days}`;
  const values: Record<string, string> = {
    campaign_id: `printf('c%08d', ${campaign})`,
    variation_id: `printf('v%08d-%d', ${campaign}, n % 2)`,
    activity_date: `DATE '2024-01-01' + CAST(${from} + n // 2 % ${days} AS INTEGER)`,
    channel: "'email'",
    enrolled: "NULL",
    workspace: "'main'",
    pass: "1",
    data_state: "'closed'",
    _run_id: `'${loadId}'`,
    _load_id: `'${loadId}'`,
    _extracted_at: `strftime(TIMESTAMP '2026-06-01' + INTERVAL ${loads} MINUTE, '%Y-%m-%dT%H:%M:%SZ')`,
  };
  const contract = contractOf("raw_campaign_variant_daily");
  const files = await writeLanded(folder, contract, {
    name: loadId,
    rows: campaigns * days * 2,
    value: ({ name, type }) =>
      values[name] ?? (type === "INT64" ? `hash(n + ${name.length}) % 5000` : "NULL"),
  });
  const { table, columns } = contract;
  await warehouse.load({ loadId, table, columns, files, disposition: "append" });
}

async function build({ warehouse, project }: Bench): Promise<Cost> {
  const select = selectModels(project, "+int_experiment_braze_daily");
  const used = process.cpuUsage();
  const outcomes = await runModels(project, { warehouse, select, runId: `run${loads}` });
  const { user, system } = process.cpuUsage(used);
  const built = outcomes.filter(({ status }) => status === "built");
  return {
    cpuMs: (user + system) / 1_000,
    models: new Map(built.map(({ name, action, ms }) => [name, { action, ms }])),
  };
}
