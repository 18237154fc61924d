import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { addDays, ExperimentsConfig } from "@lifecycle/contracts";
import { definitionsOf, evaluateExperiments, listExperiments } from "@lifecycle/experiments";
import { personalData } from "@lifecycle/ingest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { BuiltModels, run } from "./experiments-support/built-models.ts";
import {
  type ActiveDay,
  type Assigned,
  expectedArms,
  MORE_METRICS,
  rounded,
} from "./experiments-support/event-counts.ts";
import { filePipeline, loadFile } from "./experiments-support/file-pipeline.ts";
import { random } from "./transform-googlesql/random-rows.ts";

const FIRST = "2026-02-20";
const LAST = "2026-03-20";
const days = Array.from({ length: 29 }, (_, i) => addDays(FIRST, i));

/** People who come on some days; of the treated more come again on the seventh day after they were assigned, and on no other. */
function planted(): { assigned: Assigned[]; active: ActiveDay[] } {
  const next = random(11);
  const people = Array.from({ length: 4_000 }, (_, i) => ({
    user: `U_${i}`,
    arm: i < 20 ? "late" : next() < 0.5 ? "treatment" : "control",
    on: i < 20 ? LAST : addDays("2026-03-01", i % 18),
  }));
  const active = people.flatMap(({ user, arm, on }) =>
    days.flatMap((date): ActiveDay[] => {
      const chance = date !== addDays(on, 7) ? 0.15 : arm === "treatment" ? 0.35 : 0.2;
      if (next() >= chance) return [];
      const type = next() < 0.5 ? "like" : "share";
      const miles = next() < 0.3 ? Math.floor(next() * 1_000) / 4 - 50 : null;
      return [{ user, date, type, events: 1 + Math.floor(next() * 3), miles }];
    }),
  );
  const main = people.map(({ user, arm, on }): Assigned => ({ experiment: "event__push", user, arm, on }));
  const again = main
    .filter(({ arm }) => arm === "control")
    .slice(0, 10)
    .map((one) => ({ ...one, arm: "treatment", on: addDays(one.on, 1) }));
  const plain = main.slice(1_000, 1_500).map((one) => ({ ...one, experiment: "event__plain" }));
  return { assigned: [...main, ...again, ...plain], active };
}

const { assigned, active } = planted();
const ID = "main__event__push";
const definitions = definitionsOf(
  ExperimentsConfig.parse({
    experiments: {
      [ID]: {
        control: "control",
        planned_shares: { control: 49.75, treatment: 49.75, late: 0.5 },
        metrics: {
          retention_day_7: { role: "primary" },
          active_7d: { role: "secondary" },
          miles_7d: { role: "secondary" },
        },
      },
    },
  }),
  [],
  ["main"],
);

let models: BuiltModels;
beforeAll(async () => {
  models = await BuiltModels.open({ vars: { event_metrics: [...shipped, ...MORE_METRICS] }, select: SELECT });
  await loadEvents(1, [FIRST, "2026-03-15"]);
  await models.build();
});
afterAll(() => models?.close());

/** What evaluation reads, and whatever that is made from. */
const SELECT =
  "+int_experiment_arm_metric +int_experiment_arm_daily +int_experiment_arm_activity +int_rejected_row";

const { event_metrics: shipped } = z
  .object({
    vars: z.object({ event_metrics: z.array(z.record(z.string(), z.union([z.string(), z.number()]))) }),
  })
  .transform(({ vars }) => vars)
  .parse(parse(readFileSync(path.resolve(import.meta.dirname, "../../sql/dbt_project.yml"), "utf8")));

async function loadAssignments(): Promise<void> {
  const rows = assigned.map(({ experiment, user, arm, on }, i) => ({
    experiment,
    unit_id: user,
    arm_id: arm,
    assigned_at: `${on} 1${i % 10}:00:00`,
    _row_number: i + 1,
    _source_sha256: "a",
  }));
  const unknown = { experiment: "event__push", unit_id: "U_nobody", arm_id: "control", assigned_at: null };
  await models.load("raw_assignments", run(1, "all", "assignments"), [
    ...rows,
    { ...unknown, _row_number: 0, _source_sha256: "a" },
  ]);
}

const within = ([from, until]: [string, string]) => active.filter(({ date }) => date >= from && date < until);

/** One row per event; the first of a day carries the miles. */
async function loadEvents(pass: number, window: [string, string]): Promise<void> {
  const rows = within(window).flatMap(({ user, date, type, events, miles }) =>
    Array.from({ length: events }, (_, i) => ({
      event_time: `${date} 0${i}:30:00`,
      user_id: user,
      event_type: type,
      miles_amount: i === 0 && miles !== null ? String(miles) : null,
    })),
  );
  await models.load(
    "raw_event_stream",
    run(pass, window, "event-stream"),
    rows.map((row, i) => ({ ...row, _row_number: i + 1, _source_sha256: `e${pass}` })),
  );
}

async function found(): Promise<unknown[]> {
  const columns =
    "experiment_id, metric, arm_id, source, metric_kind, role, n, x, value_sum, value_sumsq, covariate_sum, quantile_value, as_of_date";
  const rows = await models.rows("int_experiment_arm_metric", columns);
  return rows.map(rounded);
}

const judge = (id: string) =>
  evaluateExperiments({ warehouse: models.warehouse, experimentIds: [id], definitions });

describe("experiments over events", () => {
  it("have nothing built by events while there are none", async () => {
    const version = async (name: string) =>
      (await models.warehouse.builds.list()).find(({ table }) => table === name)!.version;
    const before = [await version("int_event_user_day"), await version("int_event_unit_metric")];
    await loadEvents(2, ["2026-03-18", addDays(LAST, 1)]);
    await models.build();
    expect(await version("int_event_user_day")).not.toBe(before[0]);
    expect(await version("int_event_unit_metric")).toBe(before[1]);
  });

  it("count what a count without SQL does, of everybody whose window is over, before and after a late file", async () => {
    await loadAssignments();
    await models.build();
    const early = [...within([FIRST, "2026-03-15"]), ...within(["2026-03-18", "2026-03-21"])];
    expect(await found()).toEqual(expectedArms(assigned, early));
    await loadEvents(3, ["2026-03-15", "2026-03-18"]);
    await models.build();
    expect(await found()).toEqual(expectedArms(assigned, active));
    const arms = await models.rows("exp_assignment", "unit_id, arm_id, arms_seen", "arms_seen > 1");
    expect(arms).toHaveLength(10);
    expect(new Set(arms.map(({ arm_id }) => arm_id))).toEqual(new Set(["control"]));
    expect(await models.rows("int_rejected_row", "pipeline, column_name, reason")).toEqual([
      { pipeline: "assignments", column_name: "assigned_at", reason: "missing" },
    ]);
  });

  it("add up day by day to what is judged, whatever the kind of metric", async () => {
    const sums = ["x", "value_sum", "value_sumsq", "covariate_sum", "covariate_sumsq", "cross_sum"];
    const columns = ["experiment_id", "metric", "segment", "arm_id"].join(", ");
    const { warehouse } = models;
    const { build } = warehouse.datasets;
    const added = sums.map((name) => `SUM(${name}) AS ${name}`).join(", ");
    const daily = `SELECT ${columns}, SUM(n) AS n, ${added} FROM ${build}.int_experiment_arm_daily GROUP BY ${columns}`;
    // Of a quantile the days have who is in it; where nobody is judged yet there are no days.
    const arms = `SELECT ${columns}, n, ${sums.join(", ")} FROM ${build}.int_experiment_arm_metric WHERE n > 0`;
    const ordered = (sql: string) => warehouse.query(`SELECT * FROM (${sql}) ORDER BY ${columns}`);
    const [byDay, whole] = [await ordered(daily), await ordered(arms)];
    expect(byDay.rows.length).toBeGreaterThan(20);
    expect(byDay.rows.map((row) => row.map(String))).toEqual(whole.rows.map((row) => row.map(String)));
  });

  it("find the planted effect on the seventh day and none on the first", async () => {
    expect(await listExperiments(models.warehouse)).toEqual(["main__event__plain", ID]);
    const { results, verdicts, health } = await judge(ID);
    const of = (metric: string) =>
      results.find((row) => row.metric === metric && row.arm_id === "treatment" && row.segment === "all")!;
    expect(of("retention_day_7")).toMatchObject({ role: "primary", source: "event", verdict: "win" });
    expect(of("retention_day_7").effect_low!).toBeLessThan(0.15);
    expect(of("retention_day_7").effect_high!).toBeGreaterThan(0.15);
    expect(of("retention_day_1")).toMatchObject({ status: "estimated", verdict: "no_win" });
    expect(of("retention_day_1").p_value).toBeGreaterThan(0.05);
    for (const metric of ["active_7d", "events_7d", "events_7d_cuped", "events_per_active_day_7d"])
      expect(of(metric), metric).toMatchObject({ status: "estimated" });
    expect(verdicts.find(({ arm_id }) => arm_id === "treatment")).toMatchObject({
      decision: "ship",
      problems: null,
    });
    // Nobody in it has had the seven days; who was assigned is there all the same.
    expect(results.find((row) => row.arm_id === "late" && row.metric === "retention_day_7")).toMatchObject({
      n: 0,
      units_maturing: 20,
      status: "not_estimable",
      reason: "empty_arm",
    });
    const check = (name: string) => health.find(({ check_name }) => check_name === name);
    for (const name of ["arms", "srm", "contamination"])
      expect(check(name), name).toMatchObject({ status: "pass" });
    const counted = of("retention_day_7").n! + of("retention_day_7").control_n!;
    expect(check("maturity")).toMatchObject({ code: "maturing", value: 4_000 - counted });
  });

  it("are listed without a control, and judged by none", async () => {
    const { verdicts } = await judge("main__event__plain");
    expect(verdicts).toMatchObject([{ decision: "invalid", reason: "no_control" }]);
  });

  it("know a person in both files by the same hash", async () => {
    const personal = personalData("hash", "salt").pads();
    const load = async (name: string, lines: string[]) => {
      const uri = path.join(models.folder, `${name}.csv`);
      await writeFile(uri, `${lines.join("\n")}\n`);
      await loadFile(models, filePipeline(name), 9, uri, personal);
    };
    await load("assignments", ["experiment,unit_id,arm_id,assigned_at", "event__x,Somebody,a,2026-03-01"]);
    const columns = filePipeline("event-stream").columns.map(({ name }) => name);
    await load("event-stream", [columns.join(","), "2026-03-01,Somebody,like,,,,,"]);
    const { raw } = models.warehouse.datasets;
    const { rows } = await models.warehouse.query(
      `SELECT a.unit_id FROM ${raw}.raw_assignments AS a JOIN ${raw}.raw_event_stream AS e ON e.user_id = a.unit_id WHERE a.pass = 9 AND e.pass = 9`,
    );
    expect(rows).toEqual([[personalData("hash", "salt").hash("Somebody")]]);
  });
});
