import { expect, test } from "vitest";
import {
  compareMetric,
  groupSequentialBounds,
  proportionZTest,
  quantileShares,
  quantileTest,
  srmChi2,
} from "./index.ts";

/** Doty-Humphrey's sfc32: 128 bits of state, so that neighbouring seeds share no stretch. */
function random(seed: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 15; warmUp++) next();
  return next;
}

/** Successes in n trials, by jumping from one to the next. */
function successes(next: () => number, n: number, p: number): number {
  const scale = 1 / Math.log1p(-p);
  let count = 0;
  for (
    let at = Math.floor(Math.log(1 - next()) * scale);
    at < n;
    at += 1 + Math.floor(Math.log(1 - next()) * scale)
  )
    count++;
  return count;
}

/** The share of rejections lies where 99.9 % of honest tests would put it. */
function expectShare(rejections: number, repetitions: number, level: number): void {
  const slack = 3.2905 * Math.sqrt((level * (1 - level)) / repetitions);
  expect(Math.abs(rejections / repetitions - level)).toBeLessThan(slack);
}

const REPETITIONS = 4000;

test("four identical arms: some treatment is called different in 5 % of experiments, not in more", () => {
  let rejections = 0;
  for (let seed = 1; seed <= REPETITIONS; seed++) {
    const next = random(seed);
    const [control, ...treatments] = [2000, 2000, 2000, 2000].map((n) => ({
      n,
      x: successes(next, n, 0.05),
    }));
    const { comparisons } = compareMetric({ kind: "proportion", control: control!, treatments });
    if (comparisons.some(({ adjustedP }) => adjustedP! < 0.05)) rejections++;
  }
  expectShare(rejections, REPETITIONS, 0.05);
});

test("ten looks at two identical arms: the boundary holds 5 %, looking at 1.96 would not", () => {
  const looks = 10;
  const { z } = groupSequentialBounds({ t: Array.from({ length: looks }, (_, i) => (i + 1) / looks) });
  let [held, naive] = [0, 0];
  for (let seed = 1; seed <= REPETITIONS; seed++) {
    const next = random(seed);
    const total = { xc: 0, nc: 0, xt: 0, nt: 0 };
    let [crossed, fooled] = [false, false];
    for (let look = 0; look < looks; look++) {
      total.nc += 300;
      total.nt += 300;
      total.xc += successes(next, 300, 0.1);
      total.xt += successes(next, 300, 0.1);
      const value = Math.abs(proportionZTest(total).z ?? 0);
      crossed ||= value >= z![look]!;
      fooled ||= value >= 1.96;
    }
    held += Number(crossed);
    naive += Number(fooled);
  }
  expectShare(held, REPETITIONS, 0.05);
  expect(naive / REPETITIONS).toBeGreaterThan(0.15);
});

test("an honest split fails the sample-ratio check at its threshold only", () => {
  let alarms = 0;
  for (let seed = 1; seed <= REPETITIONS; seed++) {
    const treated = successes(random(seed), 5000, 0.2);
    if (srmChi2({ observed: [5000 - treated, treated], weights: [80, 20] }).p! < 0.01) alarms++;
  }
  expectShare(alarms, REPETITIONS, 0.01);
});

test("medians of a few prices, 90th percentiles of amounts: identical arms differ in at most 5 %", () => {
  const prices = [4.99, 9.99, 9.99, 9.99, 14.99, 15.99, 19.99, 29.99, 49.99, 99.99];
  const draws = [
    { q: 0.5, draw: (u: number) => prices[Math.floor(10 * u)]! },
    { q: 0.9, draw: (u: number) => (1 - u) ** -0.8 },
  ];
  for (const { q, draw } of draws) {
    let rejections = 0;
    for (let seed = 1; seed <= REPETITIONS; seed++) {
      const next = random(seed);
      const [c, t] = [0, 1].map(() =>
        quantileArm(Array.from({ length: 150 }, () => draw(next())).sort(ascending), q),
      );
      const { p } = quantileTest({ c: c!, t: t! });
      if (p !== null && p < 0.05) rejections++;
    }
    expect(rejections / REPETITIONS).toBeLessThan(0.05 + 3.2905 * Math.sqrt(0.0475 / REPETITIONS));
  }
});

const ascending = (a: number, b: number) => a - b;

/** Values at the ranks that the warehouse's model reads. */
function quantileArm(sorted: readonly number[], q: number) {
  const n = sorted.length;
  const { below, above } = quantileShares(q, n)!;
  const [low, high] = [Math.floor((n - 1) * q), Math.ceil((n - 1) * q)];
  const value = sorted[low]! + ((n - 1) * q - low) * (sorted[high]! - sorted[low]!);
  return { n, value, below: sorted[Math.floor(n * below) - 1]!, above: sorted[Math.floor(n * above)]! };
}
