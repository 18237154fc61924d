import { ExperimentsConfig, FilePipeline } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { type ArmReader, listExperiments, readArmMetrics } from "./arm-metric.ts";
import { toCsv } from "./csv.ts";
import { type Definitions, definitionOf, definitionsOf, NO_DEFINITIONS } from "./definition.ts";
import { evaluateExperiments } from "./evaluate.ts";
import { NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";
import { lifecycleMetrics, lifecycleMetricsQueries } from "./lifecycle-metrics.ts";
import { experimentHealthColumns, experimentResultColumns, experimentVerdictColumns } from "./result.ts";
import { type Said, tallyVerdicts } from "./tally.ts";

const declaring = (experiments: Definitions["experiments"]): Definitions => ({
  ...NO_DEFINITIONS,
  experiments,
});

const row = (experiment: string, armId: string, control: boolean, n: number, x: unknown) => ({
  workspace: "main",
  experiment_id: experiment,
  experiment_name: "Mail",
  source: "file",
  data_grade: "user_rows",
  unit: "customer",
  arm_id: armId,
  arm_name: armId,
  is_control: control,
  control_basis: "declared",
  metric: "visit",
  metric_kind: "proportion",
  role: "primary",
  segment: "all",
  n,
  x,
  first_date: "2026-01-01",
});

/** Answers questions for arms with `rows` and every other question with nothing. */
function warehouse(rows: Record<string, unknown>[], truncated = false): ArmReader & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    datasets: { raw: "lc_raw", build: "lc_build", published: "lc" },
    query: async (sql) => {
      asked.push(sql);
      const names = /^SELECT (?:DISTINCT )?(.*) FROM/.exec(sql)![1]!.split(", ");
      const found = sql.includes("int_experiment_arm_metric") ? rows : [];
      return { columns: [], rows: found.map((of) => names.map((name) => of[name] ?? null)), truncated };
    },
  };
}

describe("reading arms", () => {
  it("asks the build dataset for the experiments wanted and reads text as numbers", async () => {
    const source = warehouse([row("main__file__mail", "a", false, 10, "3")]);
    const [arm] = await readArmMetrics(source, ["main__file__mail", "main__file__mail"]);
    expect(source.asked[0]).toContain(
      "FROM lc_build.int_experiment_arm_metric WHERE experiment_id IN ('main__file__mail')",
    );
    expect(arm).toMatchObject({ n: 10, x: 3, valueSum: null, firstDate: "2026-01-01", isControl: false });
  });

  it("never puts an odd id into SQL", async () => {
    const odd = "main__campaign__x' OR '1'='1";
    const source = warehouse([row(odd, "a", false, 10, 3), row("main__campaign__y", "a", false, 10, 3)]);
    const arms = await readArmMetrics(source, [odd]);
    expect(source.asked[0]).not.toContain("'");
    expect(arms.map(({ experimentId }) => experimentId)).toEqual([odd]);
  });

  it("refuses to judge half of what there is", async () => {
    await expect(readArmMetrics(warehouse([], true), ["a"])).rejects.toMatchObject({
      code: "experiments.too_many_rows",
    });
  });

  it("asks nothing for no experiment", async () => {
    const source = warehouse([]);
    expect(await readArmMetrics(source, [])).toEqual([]);
    expect(source.asked).toEqual([]);
  });

  it("lists ids", async () => {
    const found = [row("a", "x", true, 1, 1), row("b", "x", true, 1, 1)];
    expect(await listExperiments(warehouse(found))).toEqual(["a", "b"]);
  });
});

describe("evaluateExperiments", () => {
  const arms = [
    row("main__file__mail", "none", true, 1000, 100),
    row("main__file__mail", "a", false, 1000, 160),
    row("main__file__other", "a", false, 1000, 160),
  ];
  const ids = ["main__file__mail", "main__file__other"];

  it("keeps experiments apart and uses their own definition", async () => {
    const { results, verdicts } = await evaluateExperiments({
      warehouse: warehouse(arms),
      experimentIds: ids,
      definitions: declaring({ main__file__mail: { name: "Named", alpha: 0.01 } }),
    });
    expect(
      results.map((result) => [result.experiment_name, result.arm_id, result.status, result.alpha]),
    ).toEqual([
      ["Named", "none", "control", 0.01],
      ["Named", "a", "estimated", 0.01],
      ["Mail", "a", "not_estimable", 0.05],
    ]);
    expect(verdicts.map(({ arm_id, problems }) => [arm_id, problems])).toEqual([
      ["a", null],
      ["all", "no_control"],
    ]);
  });

  it("says that an experiment is missing when somebody declared it and nothing tells of it", async () => {
    const { results, health, verdicts } = await evaluateExperiments({
      warehouse: warehouse(arms),
      experimentIds: ["main__file__mial"],
    });
    expect(results).toEqual([]);
    expect(health).toMatchObject([{ status: "fail", code: "experiment_not_found" }]);
    expect(verdicts).toMatchObject([{ decision: "invalid", reason: "data_error" }]);
    expect(verdicts[0]?.explanation).toContain("or the id is wrong. Did you mean main__file__mail?");
  });

  it.each([0, 1, -0.1, Number.NaN])("refuses alpha %s before it asks anything", async (alpha) => {
    const source = warehouse(arms);
    const definitions = declaring({ main__file__other: { alpha } });
    await expect(
      evaluateExperiments({ warehouse: source, experimentIds: ids, definitions }),
    ).rejects.toMatchObject({ code: "experiments.invalid_alpha" });
    expect(source.asked).toEqual([]);
  });

  it("gives rows that fit the raw tables, column by column", async () => {
    const { results, health, verdicts } = await evaluateExperiments({
      warehouse: warehouse(arms),
      experimentIds: ids,
    });
    const stamped = ["window_from", "window_until", "pass", "_run_id", "_load_id", "_extracted_at"];
    const pairs = [
      [experimentResultColumns, results],
      [experimentHealthColumns, health],
      [experimentVerdictColumns, verdicts],
    ] as const;
    for (const [{ columns }, rows] of pairs) {
      const expected = columns.map(({ name }) => name).filter((name) => !stamped.includes(name));
      for (const each of rows) expect(Object.keys(each).sort()).toEqual(expected.sort());
    }
  });
});

describe("definitionsOf", () => {
  const pipeline = FilePipeline.parse({
    name: "mail",
    kind: "file",
    raw_table: "raw_mail",
    columns: [
      { name: "arm", type: "STRING" },
      { name: "visit", type: "INT64" },
    ],
    experiments: [
      {
        id: "mail",
        name: "Mail",
        unit: "customer",
        arm_column: "arm",
        control: "none",
        metrics: [{ name: "visit", kind: "proportion", column: "visit", role: "primary" }],
      },
    ],
  });

  it("takes what pipelines declare, per workspace, with the reviewed file over it", () => {
    const config = ExperimentsConfig.parse({
      alpha: 0.1,
      experiments: { uk__file__mail: { control: "paper" }, main__canvas__c: { control: "v" } },
    });
    const definitions = definitionsOf(config, [pipeline], ["main", "uk"]);
    const metrics = { visit: { role: "primary", direction: "higher" } };
    expect(definitions.experiments).toEqual({
      main__file__mail: { name: "Mail", unit: "customer", control: "none", metrics },
      uk__file__mail: { name: "Mail", unit: "customer", control: "paper", metrics },
      main__canvas__c: { control: "v" },
    });
    expect(definitions.declared).toEqual(["uk__file__mail", "main__canvas__c"]);
    expect(definitionOf(definitions, "main__canvas__c")).toMatchObject({ alpha: 0.1, min_days: 7 });
  });
});

describe("toCsv", () => {
  it("quotes, leaves nulls empty and disarms formulas, negative numbers excepted", async () => {
    const { results } = await evaluateExperiments({
      warehouse: warehouse([row("main__file__mail", "a", false, 10, 3)]),
      experimentIds: ["main__file__mail"],
    });
    const csv = toCsv([{ ...results[0]!, experiment_name: '=1+1, "x"', effect: -0.5 }]);
    const [header, line] = csv.split("\r\n");
    expect(header?.split(",").slice(0, 3)).toEqual(["workspace", "experiment_id", "experiment_name"]);
    expect(line).toContain(`"'=1+1, ""x"""`);
    expect(line).toContain(",-0.5,");
    expect(line).toContain(",,");
  });
});

describe("lifecycleMetrics", () => {
  const none = {
    campaigns: [],
    canvases: [],
    activeUsers: [],
    eventTypes: [],
    experiments: [],
    freshness: [],
  };
  const now = new Date("2026-05-01T00:00:00Z");

  it("keeps unreported counters null and reads money as a number", () => {
    const metrics = lifecycleMetrics(
      {
        ...none,
        campaigns: [
          {
            workspace: "main",
            objects: 2,
            days: 3,
            first_date: "2026-01-01",
            last_date: "2026-01-03",
            sent: 5,
            revenue: "12.5",
            opens: null,
          },
        ],
        eventTypes: [{ workspace: "uk", event_type: "like", event_count: 7 }],
      },
      now,
    );
    expect(metrics.generated_at).toBe("2026-05-01T00:00:00.000Z");
    expect(metrics.workspaces.main?.campaigns?.totals).toMatchObject({ sent: 5, revenue: 12.5, opens: null });
    expect(metrics.workspaces.main?.canvases).toBeNull();
    expect(metrics.workspaces.uk?.events_by_type).toEqual({ like: 7 });
  });

  it("counts each arm by what to do about it, and experiments without a control once", () => {
    const said = (
      experiment_id: string,
      arm_id: string,
      decision: string,
      problems: string | null = null,
    ) => ({
      workspace: "main",
      experiment_id,
      arm_id,
      decision,
      problems,
    });
    const experiments = [
      said("a", "1", "ship"),
      said("a", "2", "stop_harm"),
      said("b", "1", "stop_harm"),
      said("c", "all", "invalid", "no_control,srm"),
      said("d", "1", "invalid", "srm"),
    ];
    expect(lifecycleMetrics({ ...none, experiments }, now).workspaces.main?.experiments).toEqual({
      experiments: 4,
      decisions: { stop_harm: 2, ship: 1, invalid: 2, keep_running: 0, stop_no_effect: 0, inconclusive: 0 },
      without_control: 1,
    });
    expect(tallyVerdicts(experiments as unknown as Said[])).toEqual([
      { decision: "stop_harm", say: "Stop: it does harm", arms: 2, experiments: 2 },
      { decision: "ship", say: "Ship it", arms: 1, experiments: 1 },
      { decision: "invalid", say: "Cannot be judged", arms: 1, experiments: 1 },
      { decision: "invalid", say: "Do not trust these numbers", arms: 1, experiments: 1 },
    ]);
  });

  it("has no workspace when nothing is published", () => {
    expect(lifecycleMetrics(none, now).workspaces).toEqual({});
  });

  it("asks published tables only", () => {
    for (const sql of Object.values(lifecycleMetricsQueries("lc"))) expect(sql).toContain("FROM lc.");
  });
});

describe("judge of nothing", () => {
  it("is empty", () => {
    const definition = definitionOf(NO_DEFINITIONS, "main__file__mail");
    const nothing = { arms: [], days: [], activity: [], definition, history: NO_HISTORY, experiments: 0 };
    expect(judgeExperiment(nothing)).toEqual({ results: [], health: [], verdicts: [] });
  });
});
