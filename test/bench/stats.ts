import { strict as assert } from "node:assert";
import {
  adjustPValues,
  type Comparison,
  type CountArm,
  compareMetric,
  dunnett,
  evaluateDecision,
  logNormSf,
  normIsf,
  srmChi2,
} from "@lifecycle/stats";
import { random } from "./support/portfolio.ts";

/** Default verdict path and Dunnett over many arms, with a slow, separately written road as baseline and as check. */

const EXPERIMENTS = 1000;
const METRICS = 10;
const ALPHA = 0.05;

interface Experiment {
  readonly assigned: readonly number[];
  readonly metrics: readonly (readonly CountArm[])[];
}

function makeExperiment(next: () => number): Experiment {
  const base = Math.round(10 ** (3 + 4 * next()));
  const assigned = Array.from({ length: 4 }, () => Math.round(base + Math.sqrt(base) * (next() - 0.5)));
  const metrics = Array.from({ length: METRICS }, () => {
    const rate = 0.005 + 0.3 * next();
    return assigned.map((n) => {
      const noise = 3.4 * (next() + next() - 1) * Math.sqrt((rate * (1 - rate)) / n);
      return { n, x: Math.max(0, Math.min(n, Math.round(n * (rate + noise)))) };
    });
  });
  return { assigned, metrics };
}

function judge({ assigned, metrics }: Experiment): { results: Comparison[][]; verdicts: string[] } {
  const srm = srmChi2({ observed: assigned, weights: assigned.map(() => 1) });
  const results = metrics.map(([control, ...treatments]) => {
    return compareMetric({ kind: "proportion", control: control!, treatments }, ALPHA).comparisons;
  });
  const verdicts = results[0]!.map((primary, arm) => {
    adjustPValues({ p: results.map((metric) => metric[arm]!.adjustedP), method: "holm" });
    const { decision } = evaluateDecision({
      srm: { p: srm.p },
      horizonReached: true,
      primary: { lower: primary.simultaneousLower, upper: primary.simultaneousUpper, mde: 0.01 },
      guardrails: results.slice(1, 3).map((metric) => ({
        lower: metric[arm]!.lower,
        upper: metric[arm]!.upper,
        margin: 0.02,
      })),
    });
    return decision;
  });
  return { results, verdicts };
}

/** Bisection to the last bit. */
function bisect(f: (x: number) => number, lo: number, hi: number): number {
  let [a, b] = [lo, hi];
  for (let step = 0; step < 120; step++) {
    const middle = (a + b) / 2;
    if (f(middle) > 0) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}

interface Pair {
  readonly c: CountArm;
  readonly t: CountArm;
}

const corrected = ({ c, t }: Pair, pc: number, pt: number, weight: number) =>
  Math.sqrt((((pt * (1 - pt)) / t.n + (weight * pc * (1 - pc)) / c.n) * (c.n + t.n)) / (c.n + t.n - 1));

/** Miettinen–Nurminen by definition: the restricted rate is where the likelihood's slope changes sign. */
function scoreAt(pair: Pair, delta: number): number {
  const { c, t } = pair;
  const slope = (p: number) =>
    c.x / p - (c.n - c.x) / (1 - p) + t.x / (p + delta) - (t.n - t.x) / (1 - p - delta);
  const pc = bisect(slope, Math.max(0, -delta), Math.min(1, 1 - delta));
  return (t.x / t.n - c.x / c.n - delta) / corrected(pair, pc, pc + delta, 1);
}

function ratioScoreAt(pair: Pair, ratio: number): number {
  const { c, t } = pair;
  const slope = (p: number) =>
    c.x / p - (c.n - c.x) / (1 - p) + t.x / p - ((t.n - t.x) * ratio) / (1 - ratio * p);
  const pc = bisect(slope, 0, Math.min(1, 1 / ratio));
  return (t.x / t.n - (ratio * c.x) / c.n) / corrected(pair, pc, ratio * pc, ratio * ratio);
}

/** P(max|Z| ≥ q) by Simpson's rule on [−9, 9] with log-space tails. */
function familyTail(lambdas: readonly number[], q: number): number {
  const steps = 2400;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const u = -9 + (18 * i) / steps;
    const none = lambdas.reduce((total, lambda) => {
      const s = Math.sqrt(1 - lambda * lambda);
      return (
        total +
        Math.log1p(-Math.exp(logNormSf((q - lambda * u) / s)) - Math.exp(logNormSf((q + lambda * u) / s)))
      );
    }, 0);
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-0.5 * u * u) * -Math.expm1(none);
  }
  return (sum * 18) / steps / 3 / Math.sqrt(2 * Math.PI);
}

function same(got: number | null, want: number, what: string): void {
  assert(
    got !== null && Math.abs(got - want) <= 1e-6 * Math.max(1, Math.abs(want)),
    `${what}: ${got} is not ${want}`,
  );
}

/** The same numbers of one metric the slow way; throws when the default path differs by more than 1e-6. */
function checkMetric([control, ...treatments]: readonly CountArm[], results: readonly Comparison[]): void {
  const c = control!;
  const lambdas = treatments.map((t) => Math.sqrt(1 / c.n / (1 / c.n + 1 / t.n)));
  const critical = bisect((q) => familyTail(lambdas, q) - ALPHA, 1.9, 3);
  treatments.forEach((t, i) => {
    const [pair, result] = [{ c, t }, results[i]!];
    const diff = t.x / t.n - c.x / c.n;
    const share = (c.x + t.x) / (c.n + t.n);
    const z = diff / Math.sqrt(share * (1 - share) * (1 / c.n + 1 / t.n));
    same(result.p, Math.min(1, 2 * Math.exp(logNormSf(Math.abs(z)))), "p");
    same(result.adjustedP, familyTail(lambdas, Math.abs(z)), "adjusted p");
    same(
      result.lower,
      bisect((d) => scoreAt(pair, d) - normIsf(ALPHA / 2), -0.999, diff),
      "lower",
    );
    same(
      result.simultaneousUpper,
      bisect((d) => scoreAt(pair, d) + critical, diff, 0.999),
      "simultaneous upper",
    );
    const lnRatio = Math.log(t.x / t.n / (c.x / c.n));
    const bound = (target: number, lo: number, hi: number) =>
      Math.expm1(bisect((w) => ratioScoreAt(pair, Math.exp(w)) - target, lo, hi));
    same(result.liftLower, bound(critical, lnRatio - 5, lnRatio), "lift lower");
    same(result.liftUpper, bound(-critical, lnRatio, lnRatio + 5), "lift upper");
  });
}

function timed<T>(work: () => T): { ms: number; result: T } {
  const started = performance.now();
  const result = work();
  return { ms: performance.now() - started, result };
}

const SAMPLE = 5;

export async function run(): Promise<void> {
  const next = random(20260101);
  const experiments = Array.from({ length: EXPERIMENTS }, () => makeExperiment(next));
  const fast = timed(() => experiments.map(judge));
  const slow = timed(() => {
    for (let i = 0; i < SAMPLE; i++) {
      for (const [m, metric] of experiments[i * 150]!.metrics.entries()) {
        checkMetric(metric, fast.result[i * 150]!.results[m]!);
      }
    }
  });
  const perFast = fast.ms / EXPERIMENTS;
  const perSlow = slow.ms / SAMPLE;
  console.log(
    `stats: ${EXPERIMENTS} experiments × 4 arms × ${METRICS} metrics in ${(fast.ms / 1000).toFixed(2)} s (limit 10 s), ` +
      `${perFast.toFixed(2)} ms each; the slow road takes ${perSlow.toFixed(0)} ms each: ratio ${(perSlow / perFast).toFixed(0)}; ` +
      "all values of the sample equal to 1e-6",
  );
  assert(fast.ms < 10_000, `the default path took ${fast.ms.toFixed(0)} ms`);
  benchDunnett(next);
}

function benchDunnett(next: () => number): void {
  const vt = Array.from({ length: 1000 }, () => 1 + 9 * next());
  const diffs = vt.map((v) => 3 * (next() - 0.5) * Math.sqrt(1 + v));
  const wide = timed(() => dunnett({ vc: 1, vt, diffs }));
  const narrow = timed(() => dunnett({ vc: 1, vt: vt.slice(0, 10), diffs: diffs.slice(0, 10) }));
  const exact = bisect(
    (q) =>
      familyTail(
        vt.map((v) => Math.sqrt(1 / (1 + v))),
        q,
      ) - ALPHA,
    3.5,
    4.5,
  );
  console.log(
    `stats: Dunnett with 1,000 arms of 1,000 variances in ${wide.ms.toFixed(0)} ms (limit 2 s), ratio ${(wide.ms / narrow.ms).toFixed(0)} ` +
      `to 10 arms; critical value ${wide.result.critical!.toFixed(6)}, slow road ${exact.toFixed(6)}`,
  );
  assert(wide.ms < 2000, `Dunnett took ${wide.ms.toFixed(0)} ms`);
  assert(Math.abs(wide.result.critical! - exact) < 1e-6, "Dunnett's critical value is off");
}
