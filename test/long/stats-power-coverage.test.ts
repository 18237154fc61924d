import {
  asymptoticSequence,
  compareMetric,
  cupedTest,
  differenceInterval,
  dunnett,
  groupSequentialBounds,
  meanLift,
  meanMde,
  meanSampleSize,
  proportionLift,
  proportionMde,
  proportionSampleSize,
  proportionZTest,
  ratioLift,
  ratioTest,
  sequentialInflation,
  welchTest,
} from "@lifecycle/stats";
import { expect, test } from "vitest";
import {
  clickArm,
  covariateArm,
  MEAN_REVENUE,
  revenueArm,
  SD_REVENUE,
  TRUE_CLICK_RATE,
} from "./stats-populations.ts";
import { countSeeds, REPETITIONS, successes, tell } from "./stats-sampling.ts";

const share = (count: number) => count / REPETITIONS;

/** The power that was promised, to two points. */
const expectPower = (count: number, promised = 0.8) => {
  tell(count);
  expect(Math.abs(share(count) - promised)).toBeLessThan(0.02);
};

/** 95 ± 1 %. */
const expectCoverage = (count: number) => {
  tell(count);
  expect(Math.abs(share(count) - 0.95)).toBeLessThan(0.01);
};

const covers = (interval: { lower: number | null; upper: number | null }, truth: number) =>
  interval.lower! <= truth && truth <= interval.upper!;

test("conversions: the planned size and the smallest detectable rate give the promised power", () => {
  const { ncCeil, ntCeil } = proportionSampleSize({ p1: 0.1, p2: 0.13, ratio: 2 });
  const detected = countSeeds((next) => {
    const counts = {
      xc: successes(next, ncCeil!, 0.1),
      nc: ncCeil!,
      xt: successes(next, ntCeil!, 0.13),
      nt: ntCeil!,
    };
    return proportionZTest(counts).p! < 0.05;
  });
  expectPower(detected);
  const { p2 } = proportionMde({ p1: 0.05, nc: 3000, nt: 3000, power: 0.9 });
  const found = countSeeds((next) => {
    const counts = { xc: successes(next, 3000, 0.05), nc: 3000, xt: successes(next, 3000, p2!), nt: 3000 };
    return proportionZTest(counts).p! < 0.05;
  });
  expectPower(found, 0.9);
});

test("revenue: the planned size and the smallest detectable difference give the promised power", () => {
  const lift = 0.25;
  const [sdC, sdT, delta] = [SD_REVENUE, SD_REVENUE * (1 + lift), MEAN_REVENUE * lift];
  const { ncCeil } = meanSampleSize({ sdC, sdT, delta });
  expectPower(
    countSeeds(
      (next) => welchTest({ c: revenueArm(next, ncCeil!), t: revenueArm(next, ncCeil!, lift) }).p! < 0.05,
    ),
  );
  const adjustedSd = 3 * Math.sqrt(1 - 0.49);
  const { absolute } = meanMde({ sdC: adjustedSd, sdT: adjustedSd, nc: 300, nt: 300 });
  expectPower(
    countSeeds(
      (next) => cupedTest({ c: covariateArm(next, 300), t: covariateArm(next, 300, absolute!) }).p! < 0.05,
    ),
  );
});

test("several treatments: a size planned with Dunnett's critical value keeps each comparison's power", () => {
  const { critical } = dunnett({ vc: 1, vt: [1, 1, 1], diffs: [0, 0, 0] });
  const { ncCeil } = proportionSampleSize({ p1: 0.1, p2: 0.13, critical: critical! });
  const detected = countSeeds((next) => {
    const arm = (p: number) => ({ n: ncCeil!, x: successes(next, ncCeil!, p) });
    const metric = {
      kind: "proportion",
      control: arm(0.1),
      treatments: [arm(0.13), arm(0.1), arm(0.1)],
    } as const;
    return compareMetric(metric).comparisons[0]!.adjustedP! < 0.05;
  });
  expectPower(detected);
});

test("five looks: a size inflated for the looks keeps the promised power", () => {
  const looks = 5;
  const t = Array.from({ length: looks }, (_, i) => (i + 1) / looks);
  const { z } = groupSequentialBounds({ t });
  const fixed = proportionSampleSize({ p1: 0.1, p2: 0.13 }).nc!;
  const perLook = Math.ceil((fixed * sequentialInflation({ t }).inflation!) / looks);
  const detected = countSeeds((next) => {
    const total = { xc: 0, nc: 0, xt: 0, nt: 0 };
    for (let look = 0; look < looks; look++) {
      total.nc += perLook;
      total.nt += perLook;
      total.xc += successes(next, perLook, 0.1);
      total.xt += successes(next, perLook, 0.13);
      if (Math.abs(proportionZTest(total).z!) >= z![look]!) return true;
    }
    return false;
  });
  expectPower(detected);
});

test("intervals of a proportion's difference and lift cover the truth in 95 %", () => {
  const [pc, pt] = [0.05, 0.065];
  const counts = [0, 0, 0];
  countSeeds((next) => {
    const data = { xc: successes(next, 1500, pc), nc: 1500, xt: successes(next, 1000, pt), nt: 1000 };
    if (covers(differenceInterval(data), pt - pc)) counts[0]!++;
    if (covers(differenceInterval({ ...data, method: "newcombe" }), pt - pc)) counts[1]!++;
    if (covers(proportionLift(data), pt / pc - 1)) counts[2]!++;
    return false;
  });
  for (const count of counts) expectCoverage(count);
});

test("intervals of means, ratios and adjusted means cover the truth in 95 %", () => {
  const lift = 0.1;
  const counts = { welch: 0, fieller: 0, ratio: 0, ratioLift: 0, cuped: 0 };
  countSeeds((next) => {
    const [c, t] = [revenueArm(next, 1000), revenueArm(next, 1000, lift)];
    if (covers(welchTest({ c, t }), lift * MEAN_REVENUE)) counts.welch++;
    if (covers(meanLift({ c, t }), lift)) counts.fieller++;
    const [rc, rt] = [clickArm(next, 500), clickArm(next, 500)];
    if (covers(ratioTest({ c: rc, t: rt }), 0)) counts.ratio++;
    if (covers(ratioLift({ c: rc, t: rt }), 0)) counts.ratioLift++;
    if (covers(cupedTest({ c: covariateArm(next, 250), t: covariateArm(next, 250, 0.4) }), 0.4))
      counts.cuped++;
    return false;
  });
  expect(TRUE_CLICK_RATE).toBeCloseTo(0.1, 12);
  for (const count of Object.values(counts)) expectCoverage(count);
});

test("Dunnett's intervals cover all effects together in 95 %", () => {
  const rates = [0.1, 0.12, 0.11, 0.1, 0.09];
  const together = countSeeds((next) => {
    const arms = rates.map((p) => ({ n: 2000, x: successes(next, 2000, p) }));
    const { comparisons } = compareMetric({
      kind: "proportion",
      control: arms[0]!,
      treatments: arms.slice(1),
    });
    return comparisons.every((result, i) =>
      covers({ lower: result.simultaneousLower, upper: result.simultaneousUpper }, rates[i + 1]! - rates[0]!),
    );
  });
  expectCoverage(together);
});

test("a confidence sequence covers the truth at twenty looks at once in at least 95 %", () => {
  const always = countSeeds((next) => {
    const total = { xc: 0, nc: 0, xt: 0, nt: 0 };
    for (let look = 0; look < 20; look++) {
      total.nc += 500;
      total.nt += 500;
      total.xc += successes(next, 500, 0.1);
      total.xt += successes(next, 500, 0.12);
      const { diff, se } = proportionZTest({ ...total, pooled: false });
      const sequence = asymptoticSequence({
        estimate: diff!,
        se: se!,
        n: total.nc + total.nt,
        nStar: 10_000,
      });
      if (!covers(sequence, 0.02)) return false;
    }
    return true;
  });
  tell(always);
  expect(share(always)).toBeGreaterThan(0.94);
});
