import {
  adjustPValues,
  asymptoticSequence,
  compareMetric,
  cupedTest,
  groupSequentialBounds,
  nonInferiorMean,
  proportionZTest,
  ratioTest,
  srmChi2,
  srmSequential,
  welchTest,
} from "@lifecycle/stats";
import { expect, test } from "vitest";
import { clickArm, covariateArm, MEAN_REVENUE, revenueArm } from "./stats-populations.ts";
import {
  binomialSlack,
  countSeeds,
  expectAtMost,
  expectLevel,
  REPETITIONS,
  successes,
} from "./stats-sampling.ts";

test("one treatment, conversions: the default path rejects 5 %", () => {
  const rejections = countSeeds((next) => {
    const [control, treatment] = [3000, 3000].map((n) => ({ n, x: successes(next, n, 0.06) }));
    return (
      compareMetric({ kind: "proportion", control: control!, treatments: [treatment!] }).comparisons[0]!.p! <
      0.05
    );
  });
  expectLevel(rejections, 0.05);
});

test("unequal arms: neither side is favoured", () => {
  let [wins, losses] = [0, 0];
  countSeeds((next) => {
    const counts = { xc: successes(next, 8000, 0.03), nc: 8000, xt: successes(next, 2000, 0.03), nt: 2000 };
    const { z } = proportionZTest(counts);
    if (z! > 1.959964) wins++;
    if (z! < -1.959964) losses++;
    return false;
  });
  expectLevel(wins + losses, 0.05);
  expect(Math.abs(wins - losses) / REPETITIONS).toBeLessThan(0.012);
});

test("few conversions: the exact path never rejects more than 5 %", () => {
  const rejections = countSeeds((next) => {
    const [control, treatment] = [4000, 4000].map((n) => ({ n, x: successes(next, n, 0.0008) }));
    return (
      compareMetric({ kind: "proportion", control: control!, treatments: [treatment!] }).comparisons[0]!.p! <
      0.05
    );
  });
  expectAtMost(rejections, 0.05);
});

test("revenue per user (Welch) and its adjusted form (CUPED) reject 5 %", () => {
  const welch = countSeeds(
    (next) => welchTest({ c: revenueArm(next, 1000), t: revenueArm(next, 1000) }).p! < 0.05,
  );
  expectLevel(welch, 0.05);
  const cuped = countSeeds(
    (next) => cupedTest({ c: covariateArm(next, 300), t: covariateArm(next, 300) }).p! < 0.05,
  );
  expectLevel(cuped, 0.05);
});

test("nine messages per user: users as the unit reject 5 %, messages as the unit far more, allowed for at most 5 %", () => {
  let [messages, bounded] = [0, 0];
  const users = countSeeds((next) => {
    const [c, t] = [clickArm(next, 600), clickArm(next, 600)];
    const counted = { xc: c.sumY, nc: c.sumX, xt: t.sumY, nt: t.sumX };
    if (proportionZTest(counted).p! < 0.05) messages++;
    const [control, treatment] = [c, t].map(({ sumY, sumX }) => ({ n: sumX, x: sumY }));
    // Nobody gets more than 17: the worst case that is assumed where nothing else is known.
    const metric = { kind: "proportion", control: control!, treatments: [treatment!] } as const;
    if (compareMetric(metric, 0.05, 17).comparisons[0]!.p! < 0.05) bounded++;
    return ratioTest({ c, t }).p! < 0.05;
  });
  expectLevel(users, 0.05);
  expect(messages / REPETITIONS).toBeGreaterThan(0.1);
  expectAtMost(bounded, 0.05);
});

test("ten treatments against one control: some adjusted p is below 5 % in 5 % of experiments", () => {
  const rejections = countSeeds((next) => {
    const [control, ...treatments] = Array.from({ length: 11 }, () => ({
      n: 1500,
      x: successes(next, 1500, 0.1),
    }));
    const { comparisons } = compareMetric({ kind: "proportion", control: control!, treatments });
    return comparisons.some(({ adjustedP }) => adjustedP! < 0.05);
  });
  expectLevel(rejections, 0.05);
});

test("ten metrics: Holm and BH call something in at most 5 % of experiments without any effect", () => {
  let discoveries = 0;
  const families = countSeeds((next) => {
    const p = Array.from({ length: 10 }, () => {
      const counts = { xc: successes(next, 1500, 0.1), nc: 1500, xt: successes(next, 1500, 0.1), nt: 1500 };
      return proportionZTest(counts).p;
    });
    const any = (method: "holm" | "bh") =>
      adjustPValues({ p, method }).adjusted.some((value) => value! < 0.05);
    if (any("bh")) discoveries++;
    return any("holm");
  });
  expectAtMost(families, 0.05);
  expectAtMost(discoveries, 0.05);
  expect(families / REPETITIONS).toBeGreaterThan(0.0489 - 2 * binomialSlack(0.05)); // 1 − (1 − 0.005)¹⁰
});

test("twenty looks: the spending boundary rejects 5 %, the confidence sequence at most 5 %, peeking four times as much", () => {
  const looks = 20;
  const perLook = 250;
  const { z } = groupSequentialBounds({ t: Array.from({ length: looks }, (_, i) => (i + 1) / looks) });
  let [spending, sequence, peeking] = [0, 0, 0];
  countSeeds((next) => {
    const total = { xc: 0, nc: 0, xt: 0, nt: 0 };
    let [crossed, excluded, fooled] = [false, false, false];
    for (let look = 0; look < looks; look++) {
      total.nc += perLook;
      total.nt += perLook;
      total.xc += successes(next, perLook, 0.1);
      total.xt += successes(next, perLook, 0.1);
      const score = proportionZTest(total);
      const wald = proportionZTest({ ...total, pooled: false });
      crossed ||= Math.abs(score.z!) >= z![look]!;
      fooled ||= Math.abs(score.z!) >= 1.959964;
      // Burn-in as in the default path: nothing is claimed before 500 units in each arm.
      const running = { estimate: wald.diff!, se: wald.se!, n: total.nc + total.nt, nStar: 5000 };
      excluded ||= total.nc >= 500 && asymptoticSequence(running).p! < 0.05;
    }
    spending += Number(crossed);
    sequence += Number(excluded);
    peeking += Number(fooled);
    return false;
  });
  expectLevel(spending, 0.05);
  expectAtMost(sequence, 0.05);
  expect(peeking / REPETITIONS).toBeGreaterThan(0.2);
});

test("a guardrail that is exactly as bad as its margin passes in 2.5 %", () => {
  const passes = countSeeds((next) => {
    const margin = { kind: "absolute", value: 0.1 * MEAN_REVENUE } as const;
    return nonInferiorMean({ c: revenueArm(next, 1000), t: revenueArm(next, 1000, -0.1), margin })
      .nonInferior!;
  });
  expectLevel(passes, 0.025);
});

test("an honest split: χ² alarms at its threshold, the sequential check over twenty looks at most so often", () => {
  let alarms = 0;
  const ever = countSeeds((next) => {
    const observed = [0, 0];
    let alarmed = false;
    for (let look = 0; look < 20; look++) {
      const treated = successes(next, 1000, 0.3);
      observed[0]! += 1000 - treated;
      observed[1]! += treated;
      alarmed ||= srmSequential({ observed, weights: [70, 30] }).p! < 0.01;
    }
    if (srmChi2({ observed, weights: [70, 30] }).p! < 0.01) alarms++;
    return alarmed;
  });
  expectLevel(alarms, 0.01);
  expectAtMost(ever, 0.01);
});
