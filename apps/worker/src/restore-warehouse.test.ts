import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ExperimentsConfig, type RunRequest } from "@lifecycle/contracts";
import {
  definitionsOf,
  experimentCapColumns,
  experimentDailyColumns,
  experimentTables,
} from "@lifecycle/experiments";
import { diskLanding, diskStore, openLedger } from "@lifecycle/landing";
import { loadSettings, silentLogger, withTemporaryFolder } from "@lifecycle/runtime";
import { qualityResultTable, schemaChangeTable } from "@lifecycle/transform";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { expect, test } from "vitest";
import { restoreWarehouse } from "./restore-warehouse.ts";
import type { StageDeps } from "./stages/deps.ts";
import { evaluateBatch } from "./stages/evaluate-experiments.ts";
import { landRows } from "./stages/model-outcomes.ts";

const ID = "main__campaign__mail";
const FOUND = [qualityResultTable, schemaChangeTable];

const request = (pass: number): RunRequest => ({
  runId: `main__braze__all__p${pass}`,
  workspace: "main",
  pipeline: "braze",
  window: "all",
  pass,
  trigger: "cli",
  requestedBy: "somebody",
  requestedAt: `2026-03-0${pass}T00:00:00.000Z`,
  priority: 0,
});

const arm = (armId: string, n: number, x: number) => ({
  ...{ workspace: "main", experiment_id: ID, experiment_name: "Mail", source: "campaign" },
  ...{
    data_grade: "rest_totals",
    unit: "recipient",
    arm_id: armId,
    arm_name: armId,
    is_control: armId === "c",
  },
  ...{ control_basis: "reported", metric: "conversion", metric_kind: "proportion", role: "primary" },
  ...{ segment: "all", n, x, first_date: "2026-01-01", last_date: "2026-01-20", as_of: "2026-01-20" },
});

/** What `n` people of an arm spent, cut by a rule. */
const spent = (armId: string, n: number) => ({
  ...arm(armId, n, 0),
  ...{ data_grade: "user_rows", metric: "spend", metric_kind: "mean", role: "secondary", x: null },
  ...{
    value_sum: 2 * n,
    value_sumsq: 9 * n,
    cap_value: "80.5",
    cap_rule: "quantile 0.99",
    nonzero_units: n / 4,
  },
});
const arms = (n: number, c: number, t: number) => [
  ...[arm("c", n, c), arm("t", n, t)],
  ...[spent("c", n), spent("t", n)],
];

const DAYS: Record<string, unknown>[] = ["c", "t"].map((arm_id) => ({
  ...{ experiment_id: ID, metric: "conversion", segment: "all", arm_id },
  ...{ activity_date: "2026-01-20", n: 3_000, x: 300 },
}));

/** A warehouse whose models say of the experiment what a test says. */
function counting(real: Warehouse, counts: { rows: Record<string, unknown>[] }): Warehouse {
  const query: Warehouse["query"] = async (sql, options) => {
    if (!sql.includes(".int_experiment_")) return real.query(sql, options);
    const names = /^SELECT (?:DISTINCT )?(.*) FROM/.exec(sql)?.[1]?.split(", ") ?? [];
    const daily = sql.includes("int_experiment_arm_daily") ? DAYS : [];
    const found = sql.includes("int_experiment_arm_metric") ? counts.rows : daily;
    return {
      columns: [],
      rows: found.map((row) => names.map((name) => row[name] ?? null)),
      truncated: false,
    };
  };
  return new Proxy(real, {
    get: (target, name) => {
      const value = name === "query" ? query : Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("a DuckDB file that was lost gets back what was said and found, and no look is taken twice", async () => {
  await withTemporaryFolder("restore-test", async (home) => {
    const counts = { rows: arms(4_000, 400, 410) };
    const declared = { experiments: { [ID]: { planned_units: 20_000 } } };
    const path = join(home, "warehouse/w.duckdb");
    const open = async () => {
      const real = await openDuckdbWarehouse({ path });
      await real.bootstrap([...experimentTables, ...FOUND]);
      return counting(real, counts);
    };
    const deps = {
      settings: loadSettings({ cwd: home, env: {} }),
      logger: silentLogger,
      warehouse: await open(),
      ledger: openLedger(diskStore(home)),
      landing: diskLanding(home),
      definitions: definitionsOf(ExperimentsConfig.parse(declared), [], ["main"]),
      tables: experimentTables,
      now: () => new Date("2026-03-02T00:00:00Z"),
    } as unknown as StageDeps;
    const evaluate = async (pass: number) => {
      const { runId } = request(pass);
      await deps.ledger.writeRequest(request(pass));
      const stage = { runId, stage: "transform", finishedAt: "2026-03-02T00:00:00.000Z" };
      await deps.ledger.writeStage({ ...stage, experimentBatches: [[ID]] });
      return evaluateBatch(deps, request(pass), 0);
    };
    const rows = async () => {
      const { raw } = deps.warehouse.datasets;
      const tables = [...experimentTables, ...FOUND].map(({ table }) => table);
      const answers = tables.map((table) =>
        deps.warehouse.query(`SELECT * FROM ${raw}.${table} ORDER BY ALL`),
      );
      return (await Promise.all(answers)).map((answer) => answer.rows);
    };

    await evaluate(1);
    counts.rows = arms(6_000, 600, 610);
    const capVersion = () => deps.warehouse.builds.rawVersions([experimentCapColumns.table]);
    const frozen = await capVersion();
    expect(await evaluate(2)).toMatchObject({ verdicts: 1 });
    // What is made from caps is built anew for a new one only.
    expect(await capVersion()).toEqual(frozen);
    const found = { run_id: request(2).runId, checked_at: "2026-03-02T00:00:00Z", status: "pass" };
    const check = { ...found, model_name: "agg_x", check_name: "row_count", row_count: 7 };
    await landRows(deps, request(2), qualityResultTable, "quality-transform-0", [check]);
    const change = { change: "added", is_breaking: false, policy: "hold", outcome: "applied" };
    const about = { run_id: request(2).runId, table_name: "agg_x", column_name: "n" };
    const changed = { ...about, ...change, new_type: "INT64", changed_at: "2026-03-02T00:00:00Z" };
    await landRows(deps, request(2), schemaChangeTable, "schema-agg_x", [changed]);
    const before = await rows();
    expect(before.map(({ length }) => length > 0)).toEqual([...experimentTables, ...FOUND].map(() => true));
    const caps = () => rows().then((tables) => tables[experimentTables.indexOf(experimentCapColumns)]);
    const daily = () => rows().then((tables) => tables[experimentTables.indexOf(experimentDailyColumns)]);
    expect(await caps()).toHaveLength(1);
    // The days are as they were at the first evaluation.
    expect(await daily()).toHaveLength(2);

    await deps.warehouse.close();
    await rm(join(home, "warehouse"), { recursive: true });
    deps.warehouse = await open();
    await restoreWarehouse(deps, async () => {
      throw new Error("no resource was loaded");
    });
    expect(await rows()).toEqual(before);
    expect(await evaluate(3)).toMatchObject({ verdicts: 0 });
    expect(await caps()).toHaveLength(1);
    expect(await daily()).toHaveLength(2);
    await deps.warehouse.close();
  });
});
