import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";

const TABLE = "ops_bench";
/** About what a run of all models writes into `ops_quality_result`. */
const KEYS = 500;
const RUNS = 1_000;
const ROUNDS = 7;

/** What building and publishing of some keys costs on DuckDB, with a history of so many runs and with twice that. */
export async function run(runs = RUNS): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-keys-"));
  const warehouse = await openDuckdbWarehouse({ path: join(folder, "w.duckdb"), memoryLimit: "160MB" });
  try {
    await warehouse.bootstrap();
    const measured: { rows: number; whole: Cost; keys: Cost }[] = [];
    for (const history of [runs, runs * 2]) {
      const whole = await change(warehouse, select(0, history), true);
      const rounds: Cost[] = [];
      for (let round = 0; round < ROUNDS; round++)
        rounds.push(await change(warehouse, select(history + round, history + round + 1), false));
      measured.push({ rows: history * KEYS, whole, keys: middle(rounds) });
    }
    console.log(`${KEYS} keys more: built by key, published`);
    for (const { rows, whole, keys } of measured)
      console.log(
        `  with ${rows.toLocaleString("en-US")} rows of history: ${told(keys)}; baseline, the whole: ${told(whole)}; ratio of publishing ${(whole.publishMs / keys.publishMs).toFixed(1)}`,
      );
  } finally {
    await warehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor time of all threads. */
interface Cost {
  buildMs: number;
  publishMs: number;
}

/** Rows of the runs from one to before another. */
function select(from: number, until: number): string {
  return `SELECT printf('main__braze__2026%06d', n // ${KEYS}) AS run_id, 'stg_model_' || (n % ${KEYS} // 10) AS model_name,
    'check_' || n % 10 AS check_name, 'pass' AS status, hash(n) % 100000 AS row_count, 'main' AS workspace,
    TIMESTAMPTZ '2026-01-01' + to_minutes(CAST(n // ${KEYS} AS INTEGER)) AS checked_at
    FROM range(${from * KEYS}, ${until * KEYS}) AS t(n)`;
}

let builds = 0;

async function change(warehouse: Warehouse, sql: string, isWhole: boolean): Promise<Cost> {
  const jobId = `b${++builds}`;
  const key = ["run_id", "model_name", "check_name"];
  let version = 0;
  const buildMs = await cpuMs(async () => {
    const how = isWhole ? ({ mode: "table" } as const) : ({ mode: "merge", key } as const);
    ({ version } = await warehouse.materialise({ table: TABLE, sql, jobId, how }));
  });
  await warehouse.builds.audit(TABLE, version, "its tests");
  return { buildMs, publishMs: await cpuMs(() => warehouse.publish(TABLE, jobId)) };
}

async function cpuMs(work: () => Promise<void>): Promise<number> {
  const used = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1_000;
}

function middle(costs: readonly Cost[]): Cost {
  const of = (key: keyof Cost) => costs.map((cost) => cost[key]).toSorted((a, b) => a - b)[ROUNDS >> 1]!;
  return { buildMs: of("buildMs"), publishMs: of("publishMs") };
}

const told = ({ buildMs, publishMs }: Cost) =>
  `${buildMs.toFixed(0)} ms of processor time to build, ${publishMs.toFixed(0)} to publish`;
