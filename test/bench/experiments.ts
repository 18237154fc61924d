import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ArmMetric, judgeExperiment, NO_HISTORY, resolveDefinition } from "@lifecycle/experiments";
import { compileInProcess } from "@lifecycle/transform";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { checkAgainstExact, type Differences } from "./support/exact-path.ts";
import { makeArms, random } from "./support/portfolio.ts";

/** Units, each with five metrics: a rate, three amounts and one with a covariate. */
const UNITS = 10_000_000;
const METRICS = 5;

/**
 * The sums that five metrics of ten million people are judged by (`int_experiment_unit_statistic`), against one plain scan of the same
 * columns, on one thread and with the memory that the product takes by default.
 */
export async function run(): Promise<void> {
  benchVerdicts();
  await benchSums();
}

const EXPERIMENTS = 1000;

/** The default path of every verdict, from sums to words, against the methods one by one; each output to 1e-6. */
function benchVerdicts(): void {
  const next = random(20260101);
  const definition = resolveDefinition({
    looks: { kind: "fixed" },
    ended: true,
    planned_shares: Object.fromEntries([0, 1, 2, 3].map((arm) => [`arm-${arm}`, 1])),
    metrics: { m1: { role: "guardrail", direction: "lower", margin: { kind: "absolute", value: 0.02 } } },
  });
  const portfolio = Array.from({ length: EXPERIMENTS }, (_, id) => makeArms(id, next));
  const judge = (arms: ArmMetric[]) =>
    judgeExperiment({ arms, days: [], activity: [], definition, history: NO_HISTORY, experiments: 1 });
  const fast = measured(() => portfolio.map(judge));
  const worst: Differences = new Map();
  const exact = measured(() =>
    portfolio.reduce((sum, arms, i) => sum + checkAgainstExact(arms, fast.result[i]!, worst), 0),
  );
  const largest = [...worst].map(([name, off]) => `${name} ${off.toExponential(0)}`).join(", ");
  console.log(
    `${EXPERIMENTS} experiments × 4 arms × 10 metrics judged in ${fast.cpu.toFixed(2)} s of one core (limit 10 s), ` +
      `${((1000 * fast.cpu) / EXPERIMENTS).toFixed(2)} ms each; method by method ${exact.cpu.toFixed(2)} s, ratio ${(exact.cpu / fast.cpu).toFixed(1)}.\n` +
      `${exact.result.toLocaleString("en-US")} comparisons, all outputs equal to 1e-6; largest difference: ${largest}`,
  );
  assert(fast.cpu < 10, `verdicts took ${fast.cpu.toFixed(1)} s`);
}

function measured<T>(work: () => T): { cpu: number; result: T } {
  const from = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(from);
  return { cpu: (user + system) / 1e6, result };
}

async function benchSums(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lifecycle-bench-"));
  const warehouse = await openDuckdbWarehouse({
    path: join(folder, "bench.duckdb"),
    memoryLimit: "160MB",
    threads: 1,
  });
  try {
    await warehouse.bootstrap();
    await makeUnits(warehouse);
    const sql = await statisticSql(join(folder, "compiled"));
    const { build } = warehouse.datasets;
    const plain = `SELECT metric, arm_id, min(value), max(value), min(covariate), max(cap_value), max(cap_rule), min(exposed_date), count(*) FROM ${build}.exp_unit_metric GROUP BY metric, arm_id`;
    await seconds(() => warehouse.query(plain));
    const scan = await seconds(() => warehouse.query(plain));
    const statistics = await seconds(() =>
      warehouse.materialise({ table: "int_experiment_unit_statistic", sql, jobId: "statistics" }),
    );
    const { rows } = await warehouse.query(`SELECT count(*) FROM ${build}.int_experiment_unit_statistic`);
    console.log(
      `${UNITS.toLocaleString("en-US")} units × ${METRICS} metrics → ${String(rows[0]![0])} rows: ${statistics.toFixed(1)} s; ` +
        `a plain scan of the same columns ${scan.toFixed(1)} s; ratio ${(statistics / scan).toFixed(2)}`,
    );
  } finally {
    await warehouse.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function statisticSql(cacheDir: string): Promise<string> {
  const sqlDir = join(import.meta.dirname, "../../sql");
  const project = await compileInProcess({ sqlDir, cacheDir, engine: "duckdb", dataset: "lifecycle" });
  return project.models.find(({ name }) => name === "int_experiment_unit_statistic")!.sql;
}

async function makeUnits(warehouse: Warehouse): Promise<void> {
  const amount = (metric: string, kind: string, role: string, value: string, covariate: string) =>
    `SELECT 'main' AS workspace, 'main__file__bench' AS experiment_id, CAST(i AS VARCHAR) AS unit_id,
       CASE i % 3 WHEN 0 THEN 'none' WHEN 1 THEN 'a' ELSE 'b' END AS arm_id, i % 3 = 0 AS is_control,
       '${metric}' AS metric, '${kind}' AS metric_kind, '${role}' AS role,
       CAST(${value} AS DECIMAL(38, 9)) AS value, CAST(${covariate} AS DECIMAL(38, 9)) AS covariate,
       CAST(NULL AS DECIMAL(38, 9)) AS cap_value, CAST(NULL AS VARCHAR) AS cap_rule, DATE '2026-01-01' + CAST(i % 28 AS INTEGER) AS exposed_date,
       CAST(NULL AS VARCHAR) AS segments
     FROM range(${UNITS}) AS t(i)`;
  const spend = "CASE WHEN hash(i) % 20 = 0 THEN (hash(i) % 10000) / 100.0 ELSE 0 END";
  const sql = [
    amount("visit", "proportion", "primary", "hash(i) % 7 = 0", "NULL"),
    amount("orders", "mean", "secondary", "hash(i) % 4", "NULL"),
    amount("spend", "mean", "secondary", spend, "NULL"),
    amount("sessions", "mean", "guardrail", "hash(i) % 30", "NULL"),
    amount("spend_cuped", "cuped", "secondary", spend, "(hash(i) % 5000) / 100.0"),
  ].join(" UNION ALL ");
  await warehouse.materialise({ table: "exp_unit_metric", sql, jobId: "units" });
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}
