import { ExperimentsConfig, FilePipeline } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { type ArmReader, listExperiments, readArmMetrics } from "./arm-metric.ts";
import { toCsv } from "./csv.ts";
import { definitionsOf } from "./definition.ts";
import { evaluateExperiments, judge } from "./evaluate.ts";
import { lifecycleMetrics, lifecycleMetricsQueries } from "./lifecycle-metrics.ts";
import { experimentResultColumns } from "./result.ts";

const row = (experiment: string, armId: string, control: boolean, n: number, x: unknown) => [
  "main",
  experiment,
  "Mail",
  "file",
  "user_rows",
  "customer",
  armId,
  armId,
  control,
  "declared",
  "visit",
  "proportion",
  "primary",
  n,
  x,
  null,
  null,
  null,
  null,
  "2026-01-01",
  null,
];

function warehouse(rows: unknown[][], truncated = false): ArmReader & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    datasets: { raw: "lc_raw", build: "lc_build", published: "lc" },
    query: async (sql) => {
      asked.push(sql);
      return { columns: [], rows, truncated };
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
    expect(await listExperiments(warehouse([["a"], ["b"]]))).toEqual(["a", "b"]);
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
    const rows = await evaluateExperiments({
      warehouse: warehouse(arms),
      experimentIds: ids,
      definitions: { main__file__mail: { name: "Named", alpha: 0.01 } },
    });
    expect(
      rows.map((result) => [result.experiment_name, result.arm_id, result.status, result.alpha]),
    ).toEqual([
      ["Named", "none", "control", 0.01],
      ["Named", "a", "estimated", 0.01],
      ["Mail", "a", "not_estimable", 0.05],
    ]);
  });

  it.each([0, 1, -0.1, Number.NaN])("refuses alpha %s before it asks anything", async (alpha) => {
    const source = warehouse(arms);
    await expect(evaluateExperiments({ warehouse: source, experimentIds: ids, alpha })).rejects.toMatchObject(
      { code: "experiments.invalid_alpha" },
    );
    expect(source.asked).toEqual([]);
  });

  it("gives rows that fit the raw table, column by column", async () => {
    const [result] = await evaluateExperiments({ warehouse: warehouse(arms), experimentIds: ids });
    const stamped = ["window_from", "window_until", "pass", "_run_id", "_load_id", "_extracted_at"];
    const expected = experimentResultColumns.columns
      .map(({ name }) => name)
      .filter((name) => !stamped.includes(name));
    expect(Object.keys(result!).sort()).toEqual(expected.sort());
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
    expect(definitionsOf(config, [pipeline], ["main", "uk"])).toEqual({
      main__file__mail: {
        name: "Mail",
        control: "none",
        metrics: { visit: { role: "primary", direction: "higher" } },
      },
      uk__file__mail: {
        name: "Mail",
        control: "paper",
        alpha: 0.1,
        metrics: { visit: { role: "primary", direction: "higher" } },
      },
      main__canvas__c: { control: "v", alpha: 0.1 },
    });
  });
});

describe("toCsv", () => {
  it("quotes, leaves nulls empty and disarms formulas, negative numbers excepted", async () => {
    const [first] = await evaluateExperiments({
      warehouse: warehouse([row("main__file__mail", "a", false, 10, 3)]),
      experimentIds: ["main__file__mail"],
    });
    const csv = toCsv([{ ...first!, experiment_name: '=1+1, "x"', effect: -0.5 }]);
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

  it("has no workspace when nothing is published", () => {
    expect(lifecycleMetrics(none, now).workspaces).toEqual({});
  });

  it("asks published tables only", () => {
    for (const sql of Object.values(lifecycleMetricsQueries("lc"))) expect(sql).toContain("FROM lc.");
  });
});

describe("judge of nothing", () => {
  it("is empty", () => {
    expect(judge([], {}, 0.05)).toEqual([]);
  });
});
