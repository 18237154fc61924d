import fc from "fast-check";
import { expect, test } from "vitest";
import {
  adjustPValues,
  alphaSpending,
  asymptoticSequence,
  betaBinomial,
  compareMetric,
  cupedTest,
  type DifferenceMethod,
  differenceInterval,
  dunnett,
  fisherTest,
  gaussianPosterior,
  groupSequentialBounds,
  meanLift,
  mergeMoments,
  proportionLift,
  proportionScoreTest,
  proportionZTest,
  ratioTest,
  type TwoProportions,
  welchTest,
} from "./index.ts";

// The same cases every time: a rare one that fails belongs into a test of its own, not into somebody's afternoon.
fc.configureGlobal({ seed: 20260101 });

const size = fc.oneof(
  fc.integer({ min: 2, max: 50 }),
  fc.integer({ min: 50, max: 100_000 }),
  fc.integer({ min: 1e6, max: 1e9 }),
);
const arm = size.chain((n) =>
  fc.tuple(fc.oneof(fc.integer({ min: 0, max: n }), fc.constantFrom(0, 1, n)), fc.constant(n)),
);
const counts: fc.Arbitrary<TwoProportions> = fc
  .tuple(arm, arm)
  .map(([[xc, nc], [xt, nt]]) => ({ xc, nc, xt, nt }));
const swap = ({ xc, nc, xt, nt }: TwoProportions) => ({ xc: xt, nc: nt, xt: xc, nt: nc });
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
const meanArm = fc.record({
  n: fc.integer({ min: 2, max: 1e9 }),
  mean: real(-1000, 1000),
  variance: real(0.001, 1e6),
});
const meanPair = fc.record({ c: meanArm, t: meanArm });

/** Equal to a part in 10^digits of the larger of the value and `scale`. */
function close(got: number | null, want: number | null, scale = 1e-300, digits = 9): void {
  if (got === null || want === null || !Number.isFinite(want)) expect(got).toBe(want);
  else expect(Math.abs(got - want)).toBeLessThanOrEqual(10 ** -digits * Math.max(Math.abs(want), scale));
}

test("swapping the arms turns every proportion result around", () => {
  fc.assert(
    fc.property(counts, (c) => {
      const [a, b] = [proportionZTest(c), proportionZTest(swap(c))];
      close(a.diff, -b.diff!, 1);
      close(a.logp, b.logp, 1e-6);
      const [fa, fb] = [differenceInterval(c), differenceInterval(swap(c))];
      close(fa.lower, -fb.upper!, 1);
      close(fa.upper, -fb.lower!, 1);
    }),
  );
});

test("swapping successes and failures turns the difference around", () => {
  const flip = ({ xc, nc, xt, nt }: TwoProportions) => ({ xc: nc - xc, nc, xt: nt - xt, nt });
  fc.assert(
    fc.property(counts, (c) => {
      const [a, b] = [differenceInterval(c), differenceInterval(flip(c))];
      close(a.lower, -b.upper!, 1);
      close(a.upper, -b.lower!, 1);
      if (c.nc + c.nt < 1e5) close(fisherTest(c).midP, fisherTest(flip(c)).midP, 1e-9);
    }),
  );
});

test("swapping the arms turns Welch around, scaling scales it, shifting leaves it", () => {
  fc.assert(
    fc.property(meanPair, real(0.01, 100), ({ c, t }, k) => {
      const plain = welchTest({ c, t });
      const swapped = welchTest({ c: t, t: c });
      close(plain.diff, -swapped.diff!, 1e-9);
      close(plain.logp, swapped.logp, 1e-9);
      const scale = (a: typeof c) => ({ n: a.n, mean: a.mean * k, variance: a.variance * k * k });
      const scaled = welchTest({ c: scale(c), t: scale(t) });
      close(scaled.lower, plain.lower! * k, 1000 * k);
      close(scaled.t, plain.t, 1, 6);
      const shifted = welchTest({ c: { ...c, mean: c.mean + 512 }, t: { ...t, mean: t.mean + 512 } });
      close(shifted.diff, plain.diff, 1000, 12);
      close(meanLift({ c: scale(c), t: scale(t) }).lower, meanLift({ c, t }).lower, 1, 6);
    }),
  );
});

test("shards merge to the same moments in any order", () => {
  const shard = fc.record({ n: fc.integer({ min: 0, max: 1e6 }), mean: real(-1e4, 1e4), m2: real(0, 1e9) });
  fc.assert(
    fc.property(
      fc.array(shard, { minLength: 1, maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      (parts, order) => {
        const shuffled = parts
          .map((part) => ({ part, key: order.next().value }))
          .sort((a, b) => a.key - b.key);
        const [a, b] = [mergeMoments({ parts }), mergeMoments({ parts: shuffled.map(({ part }) => part) })];
        expect(a.n).toBe(b.n);
        close(a.mean, b.mean, 1e4);
        close(a.m2, b.m2, 1);
      },
    ),
  );
});

test("an interval excludes no effect exactly when its own test rejects", () => {
  const agrees = (lower: number | null, upper: number | null, p: number | null, at = 0) => {
    if (lower === null || upper === null || p === null || Math.abs(p - 0.05) < 1e-6) return;
    expect(lower > at || upper < at).toBe(p < 0.05);
  };
  fc.assert(
    fc.property(counts, meanPair, (c, m) => {
      const score = proportionScoreTest(c);
      const difference = differenceInterval(c);
      agrees(difference.lower, difference.upper, score.p);
      const lift = proportionLift(c);
      if (c.xc > 0) agrees(lift.lower, lift.upper, score.p);
      const welch = welchTest(m);
      agrees(welch.lower, welch.upper, welch.p);
      const sequence = asymptoticSequence({ estimate: c.xt, se: Math.sqrt(c.nc), n: c.nt, nStar: 5000 });
      agrees(sequence.lower, sequence.upper, sequence.p);
    }),
    { numRuns: 300 },
  );
});

test("a smaller level gives a wider interval that contains the other", () => {
  const levels = fc.tuple(real(0.001, 0.5), real(1.01, 10)).map(([alpha, k]) => [alpha, alpha / k] as const);
  const names: DifferenceMethod[] = ["wald", "newcombe", "agresti-caffo", "miettinen-nurminen"];
  fc.assert(
    fc.property(counts, meanPair, levels, fc.constantFrom(...names), (c, m, [wide, narrow], method) => {
      const nested = (inner: { lower: number | null; upper: number | null }, outer: typeof inner) => {
        if (inner.lower === null || outer.lower === null) return;
        expect(outer.lower).toBeLessThanOrEqual(inner.lower + 1e-12);
        expect(outer.upper!).toBeGreaterThanOrEqual(inner.upper! - 1e-12);
      };
      nested(
        differenceInterval({ ...c, method, alpha: wide }),
        differenceInterval({ ...c, method, alpha: narrow }),
      );
      nested(proportionLift({ ...c, alpha: wide }), proportionLift({ ...c, alpha: narrow }));
      nested(welchTest({ ...m, alpha: wide }), welchTest({ ...m, alpha: narrow }));
      nested(meanLift({ ...m, alpha: wide }), meanLift({ ...m, alpha: narrow }));
    }),
  );
});

test("the interval of a difference contains the estimate and stays within [-1, 1]", () => {
  fc.assert(
    fc.property(counts, (c) => {
      const { diff, lower, upper } = differenceInterval(c);
      expect(lower!).toBeGreaterThanOrEqual(-1);
      expect(upper!).toBeLessThanOrEqual(1);
      expect(lower!).toBeLessThanOrEqual(diff!);
      expect(upper!).toBeGreaterThanOrEqual(diff!);
    }),
  );
});

test("a ratio with X = 1 for everyone is a difference of means, and CUPED with a constant covariate is unadjusted", () => {
  fc.assert(
    fc.property(meanPair, ({ c, t }) => {
      const sums = (a: typeof c) => ({
        n: a.n,
        sumY: a.mean * a.n,
        sumYY: a.variance * (a.n - 1) + a.mean ** 2 * a.n,
      });
      const arms = (a: typeof c) => ({ ...sums(a), sumX: a.n, sumXX: a.n, sumXY: a.mean * a.n });
      const ratio = ratioTest({ c: arms(c), t: arms(t) });
      const cuped = cupedTest({ c: arms(c), t: arms(t) });
      if (ratio.status !== "ok" || cuped.status !== "ok") return;
      close(ratio.se, welchTest({ c, t }).se, 1e-3, 4);
      expect(cuped.theta).toBe(0);
      expect(cuped.se).toBe(cuped.unadjustedSe);
    }),
  );
});

test("adjusted p-values keep their order, never fall below p, and do not care for the order given", () => {
  const method = fc.constantFrom("bonferroni", "holm", "hochberg", "bh", "by" as const);
  const family = fc.array(fc.option(real(0, 1)), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(family, method, (p, m) => {
      const { adjusted } = adjustPValues({ p, method: m });
      const reversed = adjustPValues({ p: p.toReversed(), method: m }).adjusted.toReversed();
      expect(reversed).toEqual(adjusted);
      const pairs = p.flatMap((value, i) => (value === null ? [] : [[value, adjusted[i]!] as const]));
      pairs.sort((a, b) => a[0] - b[0]);
      pairs.forEach(([raw, value], i) => {
        expect(value).toBeGreaterThanOrEqual(Math.min(1, raw) - 1e-15);
        expect(value).toBeLessThanOrEqual(1);
        if (i > 0) expect(value).toBeGreaterThanOrEqual(pairs[i - 1]![1]);
      });
    }),
  );
});

test("Dunnett lies between one comparison and Bonferroni, and its interval agrees with its p", () => {
  const arms = fc.array(fc.record({ v: real(1e-6, 1e-2), d: real(-0.5, 0.5) }), {
    minLength: 2,
    maxLength: 40,
  });
  fc.assert(
    fc.property(real(1e-6, 1e-2), arms, (vc, list) => {
      const result = dunnett({ vc, vt: list.map(({ v }) => v), diffs: list.map(({ d }) => d) });
      result.z.forEach((z, i) => {
        const single = gaussianPosterior({ estimate: Math.abs(z!), se: 1 }).chanceToLose! * 2;
        const adjusted = result.adjustedP[i]!;
        if (single < 1e-300) return; // denormal numbers have few digits
        expect(adjusted).toBeGreaterThanOrEqual(single * (1 - 1e-9));
        expect(adjusted).toBeLessThanOrEqual(Math.min(1, single * list.length) * (1 + 1e-9));
        if (Math.abs(adjusted - 0.05) < 1e-6) return;
        expect(result.lower[i]! > 0 || result.upper[i]! < 0).toBe(adjusted < 0.05);
      });
    }),
    { numRuns: 60 },
  );
});

test("expected losses differ by exactly the difference of the means", () => {
  fc.assert(
    fc.property(counts, (c) => {
      const result = betaBinomial(c);
      close(result.chanceToWin! + result.chanceToLose!, 1, 1, 9);
      close(result.lossControl! - result.lossTreatment!, result.meanT! - result.meanC!, 1e-7, 8);
    }),
    { numRuns: 40 },
  );
});

test("a boundary's own level lies between what its look may spend and what all looks so far have spent", () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 20, max: 999 }), { minLength: 1, maxLength: 8 });
  const family = fc.constantFrom("obf", "pocock", "power", "hsd" as const);
  fc.assert(
    fc.property(cuts, family, (list, name) => {
      const t = [...list.sort((a, b) => a - b).map((c) => c / 1000), 1];
      const { nominalP } = groupSequentialBounds({ family: name, t });
      const { cumulative } = alphaSpending({ family: name, t });
      nominalP!.forEach((p, i) => {
        const spent = cumulative![i]!;
        expect(p!).toBeLessThanOrEqual(spent * (1 + 1e-9));
        expect(p!).toBeGreaterThanOrEqual((spent - (cumulative![i - 1] ?? 0)) * (1 - 1e-9));
      });
    }),
    { numRuns: 40 },
  );
});

test("no NaN anywhere on a grid up to a billion units", () => {
  const rates = [0, 1, 2, 5];
  for (const nc of [1, 2, 10, 1000, 1e6, 1e9]) {
    for (const nt of [1, 3, 1000, 1e9]) {
      const picks = (n: number) => [...rates.filter((x) => x <= n), Math.floor(n / 3), n - 1, n];
      for (const xc of picks(nc)) {
        for (const xt of picks(nt)) {
          const metric = {
            kind: "proportion",
            control: { n: nc, x: xc },
            treatments: [{ n: nt, x: xt }],
          } as const;
          const [comparison] = compareMetric(metric).comparisons;
          const values = Object.entries(comparison!).filter(([, value]) => Number.isNaN(value));
          expect(values, JSON.stringify(metric)).toEqual([]);
        }
      }
    }
  }
});
