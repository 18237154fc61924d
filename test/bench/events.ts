import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rawFileTable, type TableContract } from "@lifecycle/contracts";
import { loadPipelines } from "@lifecycle/runtime";
import { type CompiledProject, loadCompiler, runModels, selectModels } from "@lifecycle/transform";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { writeLanded } from "./support/landed-rows.ts";

const EVENTS_A_DAY = 5_000;
const USERS = 20_000;
const HISTORY = 180;
const ROUNDS = 9;
const ROOT = join(import.meta.dirname, "../..");
/** Whole by nature: a user counts once over all time. */
const WHOLE = "agg_event_type";

interface Bench {
  folder: string;
  warehouse: Warehouse;
  contract: TableContract;
  project: CompiledProject;
}

/** What one build cost: processor time of all threads and time on the clock, and of the latter what `WHOLE` took. */
interface Cost {
  cpuMs: number;
  ms: number;
  wholeMs: number;
}

/** What one more day of events costs with a history of half a year and with twice that, and what a late event rebuilds. */
export async function run(eventsADay = EVENTS_A_DAY): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-events-"));
  const warehouse = await openDuckdbWarehouse({ path: join(folder, "w.duckdb"), memoryLimit: "160MB" });
  try {
    const pipelines = loadPipelines({ pipelines: { path: join(ROOT, "config/pipelines") }, root: ROOT });
    const pipeline = pipelines.get("event-stream");
    if (pipeline?.kind !== "file") throw new Error("event-stream is no pipeline of files");
    const contract = rawFileTable(pipeline);
    await warehouse.bootstrap([contract]);
    const { compileProject, loadProject } = await loadCompiler();
    const project = compileProject(await loadProject({ sqlDir: join(ROOT, "sql") }), {
      engine: "duckdb",
      dataset: "lifecycle",
    });
    const bench = { folder, warehouse, contract, project };
    const add = (from: number, days: number) => load(bench, { from, days, rows: days * eventsADay });
    await add(HISTORY, HISTORY);
    const whole = await build(bench);
    let next = HISTORY * 2;
    const increment = async () => {
      await add(next++, 1);
      return (await build(bench)).cost;
    };
    const single = await median(increment);
    await add(0, HISTORY);
    await build(bench);
    const double = await median(increment);
    const rows = eventsADay * HISTORY;
    console.log(`one more day of ${eventsADay} events: staging, marts and tests`);
    console.log(`  with ${rows.toLocaleString("en-US")} events of history: ${told(single)}`);
    console.log(
      `  with twice that: ${told(double)}; daily models ${more(single, double)} (wanted: less than 10 %)`,
    );
    console.log(
      `  baseline: building everything takes ${told(whole.cost)}; ratio ${(whole.cost.ms / single.ms).toFixed(1)}`,
    );
    await load(bench, { from: next - 20, days: 1, rows: 1 });
    for (const { name, action, partitions } of (await build(bench)).built)
      console.log(`  a late event of 20 days ago: ${name} builds ${partitions?.length ?? action}`);
  } finally {
    await warehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

let loads = 0;

/** A file of events: `rows` of them over these days from 2024-01-01 on, read after those before it. */
async function load(
  { folder, warehouse, contract }: Bench,
  { from, days, rows }: { from: number; days: number; rows: number },
): Promise<void> {
  const loadId = `load${++loads}`;
  const day = (n: number) => `CAST(DATE '2024-01-01' + ${n} AS VARCHAR)`;
  const values: Record<string, string> = {
    event_time: `CAST(DATE '2024-01-01' + CAST(${from} + n % ${days} AS INTEGER) AS VARCHAR) || ' 10:20:30'`,
    user_id: `printf('u%06d', hash(n + ${from}) % ${USERS})`,
    event_type: "'type_' || n % 5",
    miles_amount: "CAST(n % 900 AS VARCHAR)",
    platform: "'ios'",
    country: "'US'",
    _row_number: "n + 1",
    _source_sha256: `'${loadId}'`,
    workspace: "'main'",
    window_from: day(from),
    window_until: day(from + days),
    pass: "1",
    data_state: "'closed'",
    _run_id: `'run-${loadId}'`,
    _load_id: `'${loadId}'`,
    _extracted_at: `strftime(TIMESTAMP '2026-06-01' + INTERVAL ${loads} HOUR, '%Y-%m-%dT%H:%M:%SZ')`,
  };
  const files = await writeLanded(folder, contract, {
    name: loadId,
    rows,
    value: ({ name }) => values[name] ?? "NULL",
  });
  const { table, columns } = contract;
  await warehouse.load({ loadId, table, columns, files, disposition: "append" });
}

/** Brings the models up to date; answers what it cost and what was built. */
async function build({ warehouse, project }: Bench) {
  const [started, used] = [performance.now(), process.cpuUsage()];
  const select = selectModels(project, `+agg_active_users_daily +${WHOLE}`);
  const outcomes = await runModels(project, { warehouse, select, runId: `run${loads}` });
  const { user, system } = process.cpuUsage(used);
  const wholeMs = outcomes.find(({ name }) => name === WHOLE)?.ms ?? 0;
  const cost: Cost = { cpuMs: (user + system) / 1_000, ms: performance.now() - started, wholeMs };
  return { cost, built: outcomes.filter(({ status }) => status === "built") };
}

async function median(once: () => Promise<Cost>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) costs.push(await once());
  const of = (key: keyof Cost) => costs.map((cost) => cost[key]).toSorted((a, b) => a - b)[ROUNDS >> 1]!;
  return { cpuMs: of("cpuMs"), ms: of("ms"), wholeMs: of("wholeMs") };
}

function told({ cpuMs, ms, wholeMs }: Cost): string {
  return `${ms.toFixed(0)} ms (${cpuMs.toFixed(0)} ms of processor time), ${WHOLE} ${wholeMs} ms of it`;
}

function more(before: Cost, after: Cost): string {
  const daily = (cost: Cost) => cost.ms - cost.wholeMs;
  return `${((daily(after) / daily(before) - 1) * 100).toFixed(1)} % more`;
}
