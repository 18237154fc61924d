import { expect, test } from "vitest";
import {
  compareMetric,
  cupedTest,
  differenceInterval,
  dunnett,
  fisherTest,
  proportionLift,
  proportionZTest,
  quantileTest,
  ratioTest,
  welchTest,
} from "./index.ts";

const counts = { xc: 500, nc: 10_000, xt: 560, nt: 10_050 };

test("one treatment of a proportion is the score test with its own intervals", () => {
  const { comparisons } = compareMetric({
    kind: "proportion",
    control: { n: counts.nc, x: counts.xc },
    treatments: [{ n: counts.nt, x: counts.xt }],
  });
  const [result] = comparisons;
  const score = proportionZTest(counts);
  const interval = differenceInterval(counts);
  const lift = proportionLift(counts);
  expect(result).toMatchObject({
    test: "score_z",
    status: "ok",
    p: score.p,
    adjustedP: score.p,
    diff: score.diff,
  });
  expect(result!.lower).toBeCloseTo(interval.lower!, 12);
  expect(result!.simultaneousUpper).toBeCloseTo(interval.upper!, 12);
  expect(result!.liftLower).toBeCloseTo(lift.lower!, 12);
  expect(result!.chanceToWin).toBeCloseTo(1 - proportionZTest({ ...counts, pooled: false }).p! / 2, 12);
});

test("several treatments share Dunnett's critical value and their intervals widen", () => {
  const arms = [560, 500, 620].map((x) => ({ n: 10_000, x }));
  const { comparisons, critical } = compareMetric({
    kind: "proportion",
    control: { n: 10_000, x: 500 },
    treatments: arms,
  });
  const family = dunnett({ vc: 1, vt: [1, 1, 1], diffs: [0, 0, 0] });
  expect(critical).toBeCloseTo(family.critical!, 10);
  for (const result of comparisons) {
    expect(result.simultaneousLower!).toBeLessThan(result.lower!);
    expect(result.simultaneousUpper!).toBeGreaterThan(result.upper!);
    expect(result.adjustedP!).toBeGreaterThanOrEqual(result.p!);
    expect(result.simultaneousLower! > 0).toBe(result.adjustedP! < 0.05);
  }
});

test("small counts use the exact mid-p, and nobody converting is no evidence with a finite interval", () => {
  const small = { xc: 1, nc: 3000, xt: 6, nt: 3100 };
  const [rare, none] = compareMetric({
    kind: "proportion",
    control: { n: small.nc, x: small.xc },
    treatments: [
      { n: small.nt, x: small.xt },
      { n: 3000, x: 0 },
    ],
  }).comparisons;
  expect(rare).toMatchObject({ test: "fisher_mid_p", p: fisherTest(small).midP });
  expect(none!.liftLower).toBe(-1);
  const [empty] = compareMetric({
    kind: "proportion",
    control: { n: 50, x: 0 },
    treatments: [{ n: 60, x: 0 }],
  }).comparisons;
  expect(empty).toMatchObject({ diff: 0, p: 1, adjustedP: 1, lift: null, chanceToWin: null, status: "ok" });
  expect(empty!.upper!).toBeGreaterThan(0);
});

test("means, ratios and CUPED are read by their own tests", () => {
  const [c, t] = [
    { n: 4000, sum: 7163.39, sumsq: 360526.8733 },
    { n: 4100, sum: 10940.34, sumsq: 683066.2514 },
  ];
  const [mean] = compareMetric({ kind: "mean", control: c, treatments: [t] }).comparisons;
  const welch = welchTest({ c, t });
  expect(mean).toMatchObject({ test: "welch_t", p: welch.p });
  expect(mean!.lower).toBeCloseTo(welch.lower!, 9);

  const [pc, pt] = [
    { n: 5000, sumY: 4084, sumYY: 8226, sumX: 20046, sumXX: 95670, sumXY: 19332 },
    { n: 5050, sumY: 4233, sumYY: 8851, sumX: 20102, sumXX: 94776, sumXY: 20135 },
  ];
  const [ratio] = compareMetric({ kind: "ratio", control: pc, treatments: [pt] }).comparisons;
  expect(ratio).toMatchObject({ test: "delta_z", p: ratioTest({ c: pc, t: pt }).p });
  const [cuped] = compareMetric({ kind: "cuped", control: pc, treatments: [pt] }).comparisons;
  expect(cuped).toMatchObject({ test: "cuped_z", p: cupedTest({ c: pc, t: pt }).p });
});

test("what cannot be compared says why and leaves the family of the others", () => {
  const treatments = [
    { n: 1000, x: 60 },
    { n: 0, x: 0 },
    { n: 100, x: 101 },
  ];
  const { comparisons, critical } = compareMetric({
    kind: "proportion",
    control: { n: 1000, x: 50 },
    treatments,
  });
  expect(comparisons.map(({ status }) => status)).toEqual(["ok", "empty_arm", "successes_exceed_trials"]);
  expect(comparisons[1]).toMatchObject({ diff: null, p: null, adjustedP: null, chanceToWin: null });
  expect(critical).toBeCloseTo(1.959963984540054, 12);
  const nothing = compareMetric({
    kind: "mean",
    control: { n: 1, mean: 1, variance: 0 },
    treatments: [{ n: 9, mean: 1, variance: 1 }],
  });
  expect(nothing).toMatchObject({ critical: null, comparisons: [{ status: "n_lt_2", p: null }] });
  expect(
    compareMetric({ kind: "proportion", control: { n: 9, x: 1 }, treatments }, 1).comparisons[0]!.status,
  ).toBe("invalid_alpha");
});

test("quantiles enter the family by the values around their ranks, as the test of two arms alone has them", () => {
  const control = { n: 21_306, value: 165.8518, below: 144.22, above: 227.54 };
  const treatments = [
    { n: 21_307, value: 311.40432, below: 237.07, above: 382.78 },
    { n: 21_387, value: 245.18766, below: 195.7, above: 309.08 },
  ];
  const { comparisons, critical } = compareMetric({ kind: "quantile", control, treatments });
  for (const [i, result] of comparisons.entries()) {
    const alone = quantileTest({ c: control, t: treatments[i]! });
    expect(result).toMatchObject({
      test: "quantile_z",
      status: "ok",
      diff: alone.diff,
      se: alone.se,
      p: alone.p,
    });
    expect(result.lower).toBeCloseTo(alone.lower!, 9);
    expect(result.simultaneousLower).toBeCloseTo(alone.diff! - critical! * alone.se!, 9);
    expect(result.lift).toBeCloseTo(treatments[i]!.value / control.value - 1, 12);
  }
  expect(critical).toBeGreaterThan(2.1);
  const tied = { n: 100, value: 0, below: 0, above: 0 };
  expect(compareMetric({ kind: "quantile", control: tied, treatments }).comparisons[0]).toMatchObject({
    status: "zero_variance",
    p: null,
  });
});
