import { ExperimentsConfig } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { type Definitions, NO_DEFINITIONS } from "./definition.ts";
import { evaluateExperiments } from "./evaluate.ts";
import type { Reader } from "./rows.ts";

type Row = Record<string, unknown>;
const ID = "main__campaign__x";

const arm = (armId: string, n: unknown, x: unknown, change: Row = {}): Row => ({
  workspace: "main",
  experiment_id: ID,
  experiment_name: "Mail",
  source: "campaign",
  data_grade: "rest_totals",
  unit: "recipient",
  arm_id: armId,
  arm_name: armId,
  is_control: armId === "control",
  control_basis: "reported",
  metric: "conversion",
  metric_kind: "proportion",
  role: "primary",
  segment: "all",
  n,
  x,
  unit_days: 1,
  first_date: "2026-01-01",
  last_date: "2026-01-20",
  as_of_date: "2026-01-20",
  ...change,
});

/** A warehouse that holds these rows of its models and nothing else. */
function holding(tables: Record<string, Row[]>): Reader {
  return {
    datasets: { raw: "lc_raw", build: "lc_build", published: "lc" },
    query: async (sql) => {
      const names = /^SELECT (?:DISTINCT )?(.*?) FROM/.exec(sql)![1]!.split(", ");
      const rows = Object.entries(tables).find(([table]) => sql.includes(table))?.[1] ?? [];
      return {
        columns: [],
        rows: rows.map((row) => names.map((name) => row[name] ?? null)),
        truncated: false,
      };
    },
  };
}

const evaluate = (arms: Row[], own: Definitions["experiments"][string] = {}, activity: Row[] = []) =>
  evaluateExperiments({
    warehouse: holding({ int_experiment_arm_metric: arms, int_experiment_arm_activity: activity }),
    experimentIds: [ID],
    definitions: { ...NO_DEFINITIONS, experiments: { [ID]: own } },
  });

/** No number of any row is NaN or infinite, and nothing that could not be compared has an effect, a p or a win. */
function expectHonest({ results, verdicts, health }: Awaited<ReturnType<typeof evaluate>>): void {
  for (const row of [...results, ...verdicts, ...health]) {
    for (const [name, value] of Object.entries(row))
      if (typeof value === "number") expect(Number.isFinite(value), name).toBe(true);
  }
  expect(JSON.stringify({ results, verdicts, health })).not.toMatch(/NaN|Infinity/);
  for (const row of results.filter(({ status }) => status !== "estimated")) {
    expect([row.effect, row.p_value, row.effect_low, row.chance_to_win]).toEqual([null, null, null, null]);
    expect(row.verdict).not.toBe("win");
  }
}

describe("what cannot be judged says why, by a stable code", () => {
  it.each<[string, Row[], string, string]>([
    ["no control", [arm("a", 900, 90), arm("b", 900, 120)], "no_control", "no_control"],
    [
      "two controls",
      [arm("control", 900, 90), arm("b", 900, 120, { is_control: true })],
      "several_controls",
      "several_controls",
    ],
    ["an empty arm", [arm("control", 900, 90), arm("t", 0, null)], "empty_arm", "missing_arm"],
    ["a negative count", [arm("control", 900, -1), arm("t", 900, 120)], "negative", "negative"],
    ["a negative arm", [arm("control", -900, 1), arm("t", 900, 120)], "negative", "negative"],
    [
      "conversions above recipients",
      [arm("control", 900, 90), arm("t", 900, 901)],
      "successes_exceed_trials",
      "successes_exceed_trials",
    ],
    ["half a person", [arm("control", 900, 90), arm("t", 900.5, 100)], "non_integer", "non_integer"],
    ["NaN", [arm("control", 900, 90), arm("t", 900, Number.NaN)], "non_finite", "non_finite"],
    ["NaN people", [arm("control", Number.NaN, 90), arm("t", 900, 100)], "non_finite", "non_finite"],
    [
      "infinity",
      [arm("control", 900, 90), arm("t", Number.POSITIVE_INFINITY, 100)],
      "non_finite",
      "non_finite",
    ],
    ["text", [arm("control", 900, 90), arm("t", "many", 100)], "non_finite", "non_finite"],
  ])("%s", async (_, arms, reason, problem) => {
    const planned_shares = Object.fromEntries(arms.map(({ arm_id }) => [String(arm_id), 1]));
    const said = await evaluate(arms, { planned_shares });
    expectHonest(said);
    expect(said.verdicts[0]).toMatchObject({
      decision: "invalid",
      reason: /_controls?$/.test(problem) ? problem : "data_error",
      verdict: "insufficient",
    });
    expect(said.verdicts[0]?.problems?.split(",")).toContain(problem);
    expect(
      said.results.filter(({ status }) => status === "not_estimable").map((row) => row.reason),
    ).toContain(reason);
  });

  it("an empty arm nobody planned leaves the others alone", async () => {
    const said = await evaluate([arm("control", 900, 90), arm("t", 900, 120), arm("u", 0, null)]);
    expectHonest(said);
    const by = new Map(said.results.map((row) => [row.arm_id, row]));
    expect(by.get("u")).toMatchObject({ status: "not_estimable", reason: "empty_arm" });
    expect(by.get("t")?.status).toBe("estimated");
  });

  it("a metric whose SQL returns two rows per unit", async () => {
    const activity = ["control", "t"].map((arm_id) => ({ experiment_id: ID, arm_id, duplicate_rows: 3 }));
    const said = await evaluate([arm("control", 900, 90), arm("t", 900, 120)], {}, activity);
    expect(said.verdicts[0]).toMatchObject({ decision: "invalid", problems: "duplicate_unit_rows" });
    expect(said.results.every(({ verdict }) => verdict !== "win")).toBe(true);
  });

  it("an experiment whose campaign was deleted", async () => {
    const said = await evaluate([], { name: "Mail" });
    expectHonest(said);
    expect(said.verdicts).toMatchObject([
      {
        experiment_name: "Mail",
        decision: "invalid",
        problems: "experiment_not_found",
        verdict: "insufficient",
      },
    ]);
  });

  it.each([0, 1, -0.05, 1.5, Number.NaN])("a level of %s", async (alpha) => {
    const arms = [arm("control", 900, 90), arm("t", 900, 120)];
    await expect(evaluate(arms, { alpha })).rejects.toMatchObject({ code: "experiments.invalid_alpha" });
    expect(ExperimentsConfig.safeParse({ alpha }).success).toBe(false);
    expect(ExperimentsConfig.safeParse({ experiments: { [ID]: { alpha } } }).success).toBe(false);
  });

  it.each([
    { a: 0.5, b: 0.6 },
    { a: 30, b: 60 },
    { a: 1, b: 0 },
    { a: 0.5, b: Number.NaN },
    { a: -1, b: 2 },
  ])("planned shares that do not sum: %j", (planned_shares) => {
    const parsed = ExperimentsConfig.safeParse({ experiments: { [ID]: { planned_shares } } });
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.path).toEqual(
      expect.arrayContaining(["experiments", ID, "planned_shares"]),
    );
  });
});
