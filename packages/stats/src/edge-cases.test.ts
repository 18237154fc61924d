import { expect, test } from "vitest";
import {
  chooseWinner,
  compareMetric,
  dunnett,
  evaluateDecision,
  experimentRuntime,
  groupSequentialBounds,
  isNovelty,
  mantelHaenszel,
  meanLift,
  nonInferiorMean,
  proportionLift,
  proportionSampleSize,
  quantileShares,
  quantileTest,
  reachableUnits,
  sequentialInflation,
  shrinkEffects,
  skewness,
  srmChi2,
  srmSequential,
  welchTest,
  winsorize,
} from "./index.ts";

test("sample-ratio check: too little data, an arm that should be empty, shares that fit nothing", () => {
  expect(srmChi2({ observed: [7, 7], weights: [1, 1] })).toMatchObject({
    p: null,
    status: "not_enough_data",
  });
  expect(srmChi2({ observed: [500, 500, 1], weights: [1, 1, 0] })).toMatchObject({
    p: 0,
    status: "units_in_unplanned_arm",
  });
  expect(srmChi2({ observed: [500, 500], weights: [1] })).toMatchObject({
    p: null,
    status: "invalid_parameter",
  });
  expect(srmChi2({ observed: [500, 500], weights: [1, 0] })).toMatchObject({
    p: null,
    status: "too_few_arms",
  });
  expect(srmSequential({ observed: [0, 0], weights: [1, 1] })).toMatchObject({ p: 1, status: "ok" });
  // mpmath 1.4.1, 50 digits; differences of lnΓ in doubles keep six here
  expect(srmSequential({ observed: [500_000_000, 500_100_000], weights: [1, 1] }).logBF).toBeCloseTo(
    -3.062098267637815,
    12,
  );
});

test("boundaries: information beyond the plan ends testing, a repeated look is skipped, a hopeless look cannot stop", () => {
  const { z } = groupSequentialBounds({ t: [0.0004, 0.5, 0.500001, 1.2, 1.4] });
  expect(z![0]).toBe(Number.POSITIVE_INFINITY);
  expect(z![2]).toBeNull();
  expect(z![4]).toBeNull();
  const plain = groupSequentialBounds({ t: [0.5, 1] }).z!;
  expect(z![1]).toBeCloseTo(plain[0]!, 9);
  expect(z![3]).toBeCloseTo(plain[1]!, 6);
});

test("a sequential design costs more than a fixed one and less than the rule of thumb", () => {
  const t = [0.2, 0.4, 0.6, 0.8, 1];
  const { inflation } = sequentialInflation({ t });
  expect(inflation!).toBeGreaterThan(1);
  expect(inflation!).toBeLessThan((groupSequentialBounds({ t }).z![4]! / 1.959963984540054) ** 2);
  expect(sequentialInflation({ t: [1] }).inflation).toBeCloseTo(1, 4);
  expect(sequentialInflation({ t: [0.5] })).toMatchObject({ inflation: null, status: "invalid_parameter" });
});

test("Dunnett: what cannot be estimated leaves the family, an extreme z keeps its logarithm", () => {
  const result = dunnett({ vc: 1, vt: [1, 1, 1], diffs: [3, null, 80] });
  expect(result.adjustedP[1]).toBeNull();
  expect(result.critical).toBeCloseTo(dunnett({ vc: 1, vt: [1, 1], diffs: [0, 0] }).critical!, 12);
  expect(result.adjustedP[2]).toBe(0);
  expect(result.adjustedLogP[2]).toBeCloseTo(-1603.568, 3);
  expect(dunnett({ vc: 0, vt: [0], diffs: [1] })).toMatchObject({ critical: null, status: "zero_variance" });
});

test("lifts without a baseline say so instead of inventing a number", () => {
  expect(proportionLift({ xc: 0, nc: 20, xt: 0, nt: 30 })).toMatchObject({
    lift: null,
    lower: -1,
    kind: "upper-unbounded",
  });
  const flat = { n: 50, mean: 0, variance: 1 };
  expect(meanLift({ c: flat, t: { ...flat, mean: 2 } })).toMatchObject({
    lift: null,
    lower: null,
    status: "zero_baseline",
  });
});

test("a metric that varies in neither arm has a difference and no p-value", () => {
  const arm = { n: 50, mean: 3, variance: 0 };
  expect(welchTest({ c: arm, t: { ...arm, mean: 4 } })).toMatchObject({
    diff: 1,
    p: null,
    lower: null,
    status: "zero_variance",
  });
});

test("a guardrail passes, fails or stays unresolved", () => {
  const c = { n: 10_000, mean: 10, variance: 100 };
  const state = (mean: number) => {
    return nonInferiorMean({ c, t: { ...c, mean }, margin: { kind: "absolute", value: 0.5 } }).state;
  };
  expect([state(10), state(9.5), state(9)]).toEqual(["pass", "unresolved", "fail"]);
});

test("nothing is decided on numbers that are missing", () => {
  const primary = { lower: null, upper: null, mde: 0.1 };
  expect(evaluateDecision({ primary })).toEqual({
    decision: "keep_running",
    reason: "fixed_horizon_not_reached",
  });
  expect(evaluateDecision({ primary, horizonReached: true })).toEqual({
    decision: "inconclusive",
    reason: "not_estimable",
  });
  expect(evaluateDecision({ primary: null, horizonReached: true }).reason).toBe("not_estimable");
  const guardrails = [{ lower: null, upper: null, margin: 0.1 }];
  expect(evaluateDecision({ primary: { lower: 1, upper: 2 }, guardrails, horizonReached: true })).toEqual({
    decision: "inconclusive",
    reason: "guardrail_unresolved",
  });
  const data = { primary: { lower: 1, upper: 2 }, horizonReached: true };
  expect(evaluateDecision({ ...data, srm: { p: null } }).decision).toBe("ship");
  expect(evaluateDecision({ ...data, srm: { p: 0.001 } }).decision).toBe("ship");
  expect(evaluateDecision({ ...data, dataErrors: ["metric_duplicated"] })).toEqual({
    decision: "invalid",
    reason: "data_error",
  });
});

test("the larger of two shippable treatments wins, unless they cannot be told apart", () => {
  const [a, b] = [
    { id: "a", estimate: 0.05, se: 0.01 },
    { id: "b", estimate: 0.02, se: 0.01 },
  ];
  expect(chooseWinner([b, a], () => 0.01, 1.96)).toEqual({ id: "a", tiedWith: null });
  expect(chooseWinner([b, a], () => 0.02, 1.96)).toEqual({ id: "a", tiedWith: "b" });
  expect(chooseWinner([], () => 1, 1.96)).toBeNull();
});

test("winners shrink towards the portfolio, and to it when nothing but noise differs", () => {
  const noisy = [0.1, -0.1, 0.05, -0.05, 0.02, -0.02].map((estimate) => ({ estimate, se: 0.1 }));
  const same = shrinkEffects(noisy);
  expect(same.priorSd).toBe(0);
  for (const effect of same.effects) expect(effect!.mean).toBeCloseTo(0, 12);
  const spread = shrinkEffects([
    ...noisy.map(({ estimate }) => ({ estimate: estimate * 50, se: 0.1 })),
    { estimate: 3, se: 5 },
    null,
  ]);
  expect(spread.effects[0]!.mean).toBeGreaterThan(4.9);
  expect(spread.effects[6]!.mean).toBeLessThan(1.2);
  expect(spread.effects[7]).toBeNull();
  expect(shrinkEffects(noisy.slice(0, 4)).status).toBe("not_enough_data");
});

test("a novelty effect needs a week and a real decline", () => {
  const decline = [0.052, 0.04, 0.035, 0.02, 0.018, 0.01, 0.012].map((estimate, x) => ({
    x,
    estimate,
    se: 0.01,
  }));
  expect(isNovelty(decline)).toBe(true);
  expect(isNovelty(decline.slice(1))).toBeNull();
  expect(isNovelty(decline.map((point) => ({ ...point, estimate: 0.05 })))).toBe(false);
});

test("strata with an empty arm are dropped, wrong counts are not", () => {
  const good = { xc: 30, nc: 200, xt: 40, nt: 210 };
  const alone = mantelHaenszel({ strata: [good] });
  expect(mantelHaenszel({ strata: [good, { xc: 0, nc: 0, xt: 1, nt: 5 }] }).mhDiff).toBe(alone.mhDiff);
  expect(mantelHaenszel({ strata: [good, { xc: 9, nc: 5, xt: 1, nt: 5 }] }).status).toBe(
    "successes_exceed_trials",
  );
});

test("a fixed audience caps the size; equal rates need infinitely many units", () => {
  expect(reachableUnits(10_000, [80, 10, 10])).toEqual([8000, 1000, 1000]);
  expect(proportionSampleSize({ p1: 0.1, p2: 0.1 })).toMatchObject({ nc: null, status: "unreachable" });
  expect(
    experimentRuntime({
      requiredPerArm: [100, 100],
      allocation: [1, 0],
      enrolmentsPerDay: 0,
      alreadyEnrolled: [100, 100],
    }),
  ).toMatchObject({ enrolDays: 0, totalDays: 0 });
});

test("capping at a quantile of buyers leaves users without revenue alone", () => {
  const values = [...Array.from({ length: 990 }, () => 0), 10, 20, 30, 40, 50, 60, 70, 80, 90, 10_000];
  const capped = winsorize({ values, upperQ: 0.9, ignoreZeros: true });
  expect(capped).toMatchObject({ lower: 0, nCapped: 1, n: 1000 });
  expect(capped.upper).toBeCloseTo(1081, 9);
  expect(winsorize({ values: [0, 0], upperQ: 0.9, ignoreZeros: true })).toMatchObject({
    upper: 0,
    nCapped: 0,
  });
});

test("skewness of an exponential sample's moments is 2", () => {
  expect(skewness({ n: 1e6, sum: 1e6, sumsq: 2e6, sumcubes: 6e6 })).toBeCloseTo(2, 9);
  expect(skewness({ n: 10, sum: 10, sumsq: 10, sumcubes: 10 })).toBeNull();
});

test("a quantile is tested by its rank band; ties say nothing", () => {
  expect(quantileShares(0.5, 10_000)!.below).toBeCloseTo(0.4902, 4);
  expect(quantileShares(0.999, 100)).toBeNull();
  const c = { n: 10_000, value: 20, below: 19, above: 21 };
  const t = { n: 10_000, value: 24, below: 23, above: 25 };
  const result = quantileTest({ c, t });
  expect(result.se).toBeCloseTo(Math.sqrt(8) / (2 * 1.959963984540054), 12);
  expect(result.p!).toBeLessThan(1e-7);
  expect(quantileTest({ c, t: { ...t, below: 24, above: 24 } })).toMatchObject({
    diff: 4,
    p: null,
    status: "zero_variance",
  });
});

test("arms whose values sit on different rungs of the same ladder are not called different", () => {
  // Median orders of two identical arms over a few prices: half of the whole band as error would give z = 2.8.
  const c = { n: 500, value: 14.99, below: 14.99, above: 19.99 };
  const t = { n: 500, value: 19.99, below: 14.99, above: 19.99 };
  const result = quantileTest({ c, t });
  expect(result.p!).toBeGreaterThan(0.16);
  const swapped = quantileTest({ c: t, t: c });
  expect([swapped.diff, swapped.lower, swapped.p]).toEqual([-result.diff!, -result.upper!, result.p]);
  // The bands touch: that is within the interval, and p is no less than the level.
  const touching = quantileTest({ c, t: { ...t, below: 19.99, above: 29.99 } });
  expect(touching.lower!).toBeLessThanOrEqual(0);
  expect(touching.p!).toBeGreaterThanOrEqual(0.05);
  // Nobody lies between them, so that nobody can say how sure it is.
  const apart = quantileTest({
    c: { ...c, below: 9.99, above: 14.99 },
    t: { ...t, below: 19.99, above: 29.99 },
  });
  expect(apart).toMatchObject({ p: null, status: "zero_variance" });
  expect(quantileTest({ c, t: { ...t, value: 30 } }).status).toBe("invalid_parameter");
});

test("the interval of a quantile's lift excludes no effect exactly when that of its difference does", () => {
  const control = { n: 400, value: 20, below: 19, above: 24 };
  const excludes = (lower: number | null, upper: number | null) => lower! > 0 || upper! < 0;
  for (const value of [15, 15.5, 17, 21, 23, 24.1, 24.2, 26]) {
    const treatment = { n: 400, value, below: value - 1, above: value + 3 };
    const [shown] = compareMetric({ kind: "quantile", control, treatments: [treatment] }).comparisons;
    expect(excludes(shown!.liftLower, shown!.liftUpper)).toBe(excludes(shown!.lower, shown!.upper));
    expect(excludes(shown!.lower, shown!.upper)).toBe(shown!.p! < 0.05);
  }
});
