import type { ExperimentOverride } from "@lifecycle/contracts";
import { addDays } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { campaignDay as day } from "./arm-day.fixture.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { newEffectsByDay } from "./by-day.ts";
import { campaignArm } from "./campaign-arm.fixture.ts";
import { type ExperimentDailyRow, experimentDailyColumns } from "./daily-row.ts";
import { resolveDefinition } from "./definition.ts";
import { NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";

const SUMS = ["x", "valueSum", "valueSumsq", "covariateSum", "covariateSumsq", "crossSum"] as const;

/** What is said by day of arms that are the sum of their days. */
function byDay(
  days: readonly ArmDay[],
  own: ExperimentOverride = {},
  change: Partial<ArmMetric> = {},
  known?: string,
) {
  const definition = resolveDefinition(own);
  const arms = [...Map.groupBy(days, ({ armId }) => armId)].map(([armId, of]) => {
    const total = (name: "n" | (typeof SUMS)[number]) =>
      of.some((one) => one[name] === null) ? null : of.reduce((sum, one) => sum + one[name]!, 0);
    const sums = Object.fromEntries(SUMS.map((name) => [name, total(name)]));
    return campaignArm(armId, total("n")!, 0, { ...sums, unitDays: of.length, asOf: null, ...change });
  });
  const { results } = judgeExperiment({
    ...{ arms, days, activity: [], definition, history: NO_HISTORY, experiments: 1 },
  });
  return newEffectsByDay({ arms, days, definition, results }, known);
}

const DAY = "2026-01-05";
const both = (date: string, c: [number, number], t: [number, number]) => [
  day("c", date, ...c),
  day("t", date, ...t),
];
const course = (count: number, from = DAY) =>
  Array.from({ length: count }, (_, i) => both(addDays(from, i), [200, 20], [200, 30])).flat();
const epoch = (from: string) => ({ from, planned_shares: { c: 1, t: 1 } });
const treated = (rows: ReturnType<typeof byDay>) =>
  rows.filter((row): row is ExperimentDailyRow => "arm_id" in row && row.arm_id === "t");

describe("the effect of a day", () => {
  it("of a rate has Miettinen and Nurminen's interval, and no p", () => {
    const days = [...both(DAY, [80, 48], [70, 56]), ...both(addDays(DAY, 1), [500, 50], [500, 40])];
    const [first, second] = treated(byDay(days));
    // Newcombe 1998, table II, contrast (a), method 10: 56/70 against 48/80.
    expect(first).toMatchObject({ activity_date: DAY, n: 70, x: 56, value: 0.8, control_value: 0.6 });
    expect(first!.effect).toBeCloseTo(0.2, 12);
    expect(first!.effect_low).toBeCloseTo(0.0528, 4);
    expect(first!.effect_high).toBeCloseTo(0.3382, 4);
    expect(second).toMatchObject({ method: "score_z", status: "estimated", n: 500, x: 40 });
    expect(Object.keys(first!).filter((name) => /^p_|adjusted|decision|verdict/.test(name))).toEqual([]);
  });

  it("of a mean and of a ratio is that of the people of the day, whatever they are over all", () => {
    const of = { metric: "spend", dataGrade: "user_rows", role: "primary" } as const;
    const sums = { metric: "spend", valueSum: 300, valueSumsq: 2_000, covariateSum: 150 };
    const more = { ...sums, covariateSumsq: 400, crossSum: 700 };
    const days = [0, 1].flatMap((i) => [
      day("c", addDays(DAY, i), 100, null, more),
      day("t", addDays(DAY, i), 120, null, {
        ...more,
        valueSum: 480,
        valueSumsq: 3_600 + 100 * i,
        crossSum: 900,
      }),
    ]);
    const [mean] = treated(byDay(days, {}, { ...of, kind: "mean" }));
    // R: 3 and 4 with variances 1100/99 and 1680/119; se = sqrt(v/100 + v/120), Welch's t.
    expect(mean).toMatchObject({ method: "welch", value: 4, control_value: 3 });
    expect(mean!.effect_se).toBeCloseTo(Math.sqrt(1_100 / 99 / 100 + 1_680 / 119 / 120), 12);
    const [ratio] = treated(byDay(days, {}, { ...of, kind: "ratio" }));
    expect(ratio).toMatchObject({ method: "delta_z", value: 3.2, control_value: 2 });
    // (s_Y² − 2R·s_XY + R²·s_X²) ÷ (n·x̄²), by arm.
    const variance = (n: number, y: number, yy: number, xx: number, xy: number, r: number) => {
      const cov = (sum: number, a: number, b: number) => (sum - (a * b) / n) / (n - 1);
      return (cov(yy, y, y) - 2 * r * cov(xy, 150, y) + r * r * cov(xx, 150, 150)) / (150 / n) ** 2 / n;
    };
    const se = Math.sqrt(variance(100, 300, 2_000, 400, 700, 2) + variance(120, 480, 3_600, 400, 900, 3.2));
    expect(ratio!.effect_se).toBeCloseTo(se, 12);
    expect(ratio!.effect_high! - ratio!.effect!).toBeCloseTo(1.959963984540054 * se, 9);
  });

  it("is not told while its people can still convert, and says how many they are", () => {
    const rows = byDay(course(4), { maturity_days: 2 }, { asOf: addDays(DAY, 3) });
    expect(
      treated(rows).map(({ status, reason, n, units_maturing }) => [status, reason, n, units_maturing]),
    ).toEqual([
      ["estimated", null, 200, 0],
      ["estimated", null, 200, 0],
      ["not_estimable", "maturing", 0, 200],
      ["not_estimable", "maturing", 0, 200],
    ]);
    expect(treated(rows)[3]).toMatchObject({ value: null, effect: null, last_date: null });
  });

  it("is that of the judged epochs", () => {
    const epochs = [epoch("2026-01-01"), epoch(addDays(DAY, 2))];
    expect(treated(byDay(course(4), { epochs }))).toHaveLength(2);
  });

  it.each([
    ["no control", {}, { isControl: false }, "no_control"],
    ["a day on which nobody converted", {}, {}, "degenerate"],
  ] as const)("is none with %s", (_, own, change, reason) => {
    const days = [...both(DAY, [200, 0], [200, 0]), ...course(1, addDays(DAY, 1))];
    const [first] = treated(byDay(days, own, change));
    expect(first).toMatchObject({ status: "not_estimable", reason, effect: null, n: 200 });
  });

  it("has rows that fit the raw table", () => {
    const stamps = ["window_from", "window_until", "pass", "_run_id", "_load_id", "_extracted_at"];
    const names = experimentDailyColumns.columns.map(({ name }) => name);
    const expected = names.filter((name) => !stamps.includes(name)).toSorted();
    for (const row of byDay(course(2))) expect(Object.keys(row).toSorted()).toEqual(expected);
  });
});

describe("many days", () => {
  const periods = (rows: readonly ExperimentDailyRow[]) => new Set(rows.map(({ period }) => period));

  it.each([
    [60, "day", 60],
    [61, "week", 9],
    [60 * 7, "week", 60],
    [61 * 7, "month", 15],
  ])("%i of them are told by %s", (count, period, rows) => {
    const own = treated(byDay(course(count), { repeat_sends: "no" }));
    expect(periods(own)).toEqual(new Set([period]));
    expect(own).toHaveLength(rows);
    expect(own.reduce((sum, { n }) => sum + n, 0)).toBe(200 * count);
  });

  it("are weeks from Monday, of which those who matured count, with errors for people who came on each day", () => {
    const until = addDays(DAY, 69);
    const [bounded, once] = (["unknown", "no"] as const).map((repeat_sends) =>
      treated(byDay(course(70), { repeat_sends, maturity_days: 3 }, { asOf: until })),
    );
    expect(once![0]).toMatchObject({ activity_date: DAY, last_date: addDays(DAY, 6), n: 1_400, x: 210 });
    expect(once!.at(-1)).toMatchObject({ n: 800, units_maturing: 600, last_date: addDays(DAY, 66) });
    expect(bounded![0]!.effect_se! / once![0]!.effect_se!).toBeCloseTo(Math.sqrt(7), 9);
  });

  it("begin anew with each epoch that is pooled: its shares differ", () => {
    const epochs = [epoch(DAY), epoch(addDays(DAY, 10))];
    const starts = treated(byDay(course(70), { epochs, pool_epochs: true })).map((row) => row.activity_date);
    expect(starts.slice(0, 4)).toEqual([DAY, addDays(DAY, 7), addDays(DAY, 10), addDays(DAY, 14)]);
  });
});

describe("what was told before", () => {
  it("is not told again, however old it is, until a count or a rule changes", () => {
    const rows = byDay(course(3));
    const known = rows[0]!.inputs_hash;
    expect(new Set(rows.map(({ inputs_hash }) => inputs_hash))).toEqual(new Set([known]));
    expect(byDay(course(3), {}, { asOf: "2026-03-01" }, known)).toEqual([]);
    expect(byDay(course(3), { alpha: 0.1 }, {}, known)).toHaveLength(6);
    const [first, ...rest] = course(3);
    const restated = byDay([{ ...first!, x: 21 }, ...rest], {}, {}, known);
    expect(restated).toHaveLength(6);
  });

  it("is taken back when no day is left, as when an epoch begins, and once", () => {
    const known = byDay(course(3))[0]!.inputs_hash;
    const epochs = [epoch(addDays(DAY, 3))];
    const gone = byDay(course(3), { epochs }, {}, known);
    expect(gone).toEqual([expect.objectContaining({ experiment_id: gone[0]!.experiment_id })]);
    expect(gone[0]).not.toHaveProperty("activity_date");
    expect(byDay(course(3), { epochs }, {}, gone[0]!.inputs_hash)).toEqual([]);
    expect(byDay(course(3), { epochs })).toEqual([]);
    expect(byDay(course(4), { epochs }, {}, gone[0]!.inputs_hash)).toHaveLength(2);
  });
});
