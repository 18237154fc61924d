import { describe, expect, it } from "vitest";
import { campaignDay } from "./arm-day.fixture.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { resolveDefinition } from "./definition.ts";
import { arm as fileArm } from "./file-arm.fixture.ts";
import { NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";
import { onlyMatured } from "./matured.ts";

const DATES = ["2026-01-01", "2026-01-02", "2026-01-08"];
const definition = resolveDefinition({
  maturity_days: 3,
  looks: { kind: "confidence_sequence", expected_units: 500 },
});

/** What 100 people of a day add up to; those of the last day can still do more. */
const SUMS = {
  proportion: { x: 20 },
  mean: { valueSum: 300, valueSumsq: 2_000, valueSumcubes: 9_000, cappedUnits: 2 },
  ratio: { valueSum: 300, valueSumsq: 2_000, covariateSum: 150, covariateSumsq: 400, crossSum: 700 },
  cuped: { valueSum: 300, valueSumsq: 2_000, covariateSum: 250, covariateSumsq: 1_500, crossSum: 1_200 },
  quantile: {},
} as const;
type Kind = keyof typeof SUMS;

const SCALE: Record<string, number> = { control: 1, a: 1.1 };

/** The days of an arm, and the arm over all of them. */
function rows(kind: Kind, armId: string, segment = "all"): { arm: ArmMetric; days: ArmDay[] } {
  const ofDay = (date: string) => {
    const part = date === DATES[2] ? 0.1 : SCALE[armId]!;
    const sums = Object.entries(SUMS[kind]).map(([name, value]) => [name, Math.round(value * part)]);
    return Object.fromEntries(sums);
  };
  const of = { experimentId: "main__file__mail", metric: kind, segment };
  const days = DATES.map((date) => campaignDay(armId, date, 100, null, { ...of, ...ofDay(date) }));
  const names = Object.keys(SUMS[kind]) as (keyof ArmDay)[];
  const sums = names.map((name) => [name, days.reduce((sum, day) => sum + Number(day[name]), 0)]);
  const quantile = { level: 0.5, value: 3, below: 2.9, above: 3.1 };
  const arm = fileArm({
    armId,
    isControl: armId === "control",
    metric: kind,
    kind,
    role: kind === "proportion" ? "primary" : "secondary",
    segment,
    n: 300,
    x: null,
    asOf: DATES[2]!,
    ...(kind === "quantile" ? { quantile } : {}),
    ...Object.fromEntries(sums),
  });
  return { arm, days };
}

function judged(kind: Kind, segment = "all") {
  const all = ["control", "a"].map((armId) => rows(kind, armId));
  const groups = segment === "all" ? [] : ["control", "a"].map((armId) => rows(kind, armId, segment));
  const arms = [...all, ...groups].map(({ arm }) => arm);
  const days = [...all, ...groups].flatMap((row) => row.days);
  const input = { arms, days, activity: [], definition, history: NO_HISTORY, experiments: 1 };
  const { results } = judgeExperiment(input);
  return results.find((row) => row.arm_id === "a" && row.segment === segment)!;
}

describe("whoever can still convert is left out", () => {
  it.each([
    ["a rate", "proportion", "all", 0.22, 0.2],
    ["a rate of a group", "proportion", "device=web", 0.22, 0.2],
    ["a mean", "mean", "all", 3.3, 3],
    ["a ratio", "ratio", "all", 2, 2],
    ["a mean adjusted by what was before", "cuped", "all", 3.3, 3],
  ] as const)("of %s", (_, kind, segment, value, control) => {
    const row = judged(kind, segment);
    expect(row).toMatchObject({ status: "estimated", n: 200, control_n: 200, units_maturing: 100 });
    expect(row.value).toBeCloseTo(value, 12);
    expect(row.control_value).toBeCloseTo(control, 12);
    expect(row.last_date).toBe(DATES[1]);
  });

  it("of an adjusted mean in every sum, and of what was cut", () => {
    const [of, cut] = (["cuped", "mean"] as const).map(
      (kind) => onlyMatured([rows(kind, "control").arm], rows(kind, "control").days, definition).arms[0]!,
    );
    expect(of).toMatchObject({
      covariateSum: 500,
      covariateSumsq: 3_000,
      crossSum: 2_400,
      cappedUnits: null,
    });
    expect(cut).toMatchObject({ valueSumcubes: 18_000, cappedUnits: 4, covariateSum: null });
  });

  it("and a quantile, which days do not add up to, is not told until nobody can", () => {
    expect(judged("quantile")).toMatchObject({
      status: "not_estimable",
      reason: "quantile_not_by_day",
      value: null,
      n: 200,
      units_maturing: 100,
    });
    const { arm, days } = rows("quantile", "a");
    const later = onlyMatured([{ ...arm, asOf: "2026-01-11" }], days, definition);
    expect(later.arms[0]).toMatchObject({ n: 300, quantile: { value: 3 } });
  });
});

it("the split of a group is that of everybody who was assigned to it, also of those who can still convert", () => {
  const skewed = (armId: string) => {
    const { arm, days } = rows("proportion", armId, "device=web");
    const more = armId === "a" ? 900 : 0;
    const grown = days.map((day) => (day.date === DATES[2] ? { ...day, n: day.n + more } : day));
    return { arm: { ...arm, n: arm.n! + more }, days: grown };
  };
  const all = ["control", "a"].flatMap((armId) => [rows("proportion", armId), skewed(armId)]);
  const { health } = judgeExperiment({
    arms: all.map(({ arm }) => arm),
    days: all.flatMap(({ days }) => days),
    activity: [],
    definition: { ...definition, planned_shares: { control: 1, a: 1 } },
    history: NO_HISTORY,
    experiments: 1,
  });
  // Of those who had their time there are as many in each arm.
  expect(health.find(({ check_name }) => check_name === "groups")).toMatchObject({ code: "group_srm" });
  expect(health.find(({ check_name }) => check_name === "srm")).toMatchObject({ status: "pass" });
});
