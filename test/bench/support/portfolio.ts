import type { ArmMetric } from "@lifecycle/experiments";

/** Marsaglia's xorshift32: the same numbers on every machine. */
export function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Ten metrics: a primary rate, a guardrail, and of every kind some more. */
const KINDS = [
  "proportion",
  "proportion",
  "proportion",
  "proportion",
  "mean",
  "mean",
  "mean",
  "ratio",
  "ratio",
  "cuped",
];

/** Sums of four arms by ten metrics of every kind, as the warehouse gives them: 1,000 to 10 million people in an arm. */
export function makeArms(id: number, next: () => number): ArmMetric[] {
  const base = Math.round(10 ** (3 + 4 * next()));
  const sizes = Array.from({ length: 4 }, () => Math.round(base + Math.sqrt(base) * (next() - 0.5)));
  return KINDS.flatMap((kind, m) => {
    const [rate, lift] = [0.05 + 0.3 * next(), (next() - 0.5) * 0.2];
    return sizes.map((n, arm) => ({
      ...BASE,
      experimentId: `main__file__bench-${id}`,
      metric: `m${m}`,
      kind,
      role: m === 0 ? "primary" : m === 1 ? "guardrail" : "secondary",
      armId: `arm-${arm}`,
      armName: `arm-${arm}`,
      isControl: arm === 0,
      n,
      ...sumsOf(kind, n, rate * (arm === 1 ? 1 + lift : 1), next),
    }));
  });
}

function sumsOf(kind: string, n: number, rate: number, next: () => number): Partial<ArmMetric> {
  const noise = () => 3.4 * (next() + next() - 1);
  if (kind === "proportion") {
    const x = Math.round(n * rate + noise() * Math.sqrt(n * rate * (1 - rate)));
    return { x: Math.max(20, Math.min(n, x)) };
  }
  // A mean of 100 times the rate with a spread as large as itself; the covariate goes half along with it.
  const [mean, sd] = [100 * rate, 100 * rate];
  const [y, x] = [mean + (noise() * sd) / Math.sqrt(n), 40 + (noise() * 20) / Math.sqrt(n)];
  const valueSum = n * y;
  const sums = { valueSum, valueSumsq: (n - 1) * sd ** 2 + n * y * y };
  if (kind === "mean") return sums;
  const covariateSum = n * x;
  const crossSum = (n - 1) * 0.5 * sd * 20 + n * x * y;
  return { ...sums, covariateSum, covariateSumsq: (n - 1) * 400 + n * x * x, crossSum };
}

const BASE: Omit<
  ArmMetric,
  "experimentId" | "metric" | "kind" | "role" | "armId" | "armName" | "isControl" | "n"
> = {
  workspace: "main",
  experimentName: null,
  source: "file",
  dataGrade: "user_rows",
  unit: "user",
  controlBasis: "declared",
  segment: "all",
  x: null,
  valueSum: null,
  valueSumsq: null,
  covariateSum: null,
  covariateSumsq: null,
  crossSum: null,
  valueSumcubes: null,
  cap: null,
  cappedUnits: null,
  unitDays: null,
  unclosedDays: null,
  firstDate: null,
  lastDate: null,
  windowDays: null,
  asOf: null,
};
