import { logBinomialPmf } from "./exact-tests.ts";
import { normCritical } from "./normal.ts";
import { wilson } from "./proportion-intervals.ts";
import { isFiniteNumber, isLevel, type Status } from "./status.ts";

export interface Calibration {
  readonly n: number | null;
  readonly rejections: number | null;
  readonly rate: number | null;
  readonly wilsonLower: number | null;
  readonly wilsonUpper: number | null;
  readonly binomP: number | null;
  readonly ksD: number | null;
  readonly ksP: number | null;
  readonly status: Status;
}

const NONE = {
  n: null,
  rejections: null,
  rate: null,
  wilsonLower: null,
  wilsonUpper: null,
  binomP: null,
  ksD: null,
  ksP: null,
};

/** Two-sided exact binomial p: every count no likelier than the one seen. */
function binomialTest(x: number, n: number, p: number): number {
  const limit = logBinomialPmf(x, n, p) + 1e-7;
  let total = 0;
  for (let k = 0; k <= n; k++) {
    const logPmf = logBinomialPmf(k, n, p);
    if (logPmf <= limit) total += Math.exp(logPmf);
  }
  return Math.min(1, total);
}

/** Kolmogorov's limit distribution with Stephens' finite-sample correction; 1 for λ < 0.2, where the series fails. */
function kolmogorovP(d: number, n: number): number {
  const root = Math.sqrt(n);
  const lambda = (root + 0.12 + 0.11 / root) * d;
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}

/**
 * `aa.calibration`: are p-values of A/A comparisons uniform, and is the share below `alpha` what it should be? One
 * p-value per test and metric; judge from 100 on. A 95 % Wilson interval that excludes alpha is `miscalibrated`.
 */
export function aaCalibration(input: {
  readonly p: readonly number[];
  readonly alpha?: number | undefined;
}): Calibration {
  const { p, alpha = 0.05 } = input;
  if (!isLevel(alpha)) return { ...NONE, status: "invalid_alpha" };
  if (!p.every((value) => isFiniteNumber(value) && value >= 0 && value <= 1))
    return { ...NONE, status: "invalid_parameter" };
  const n = p.length;
  if (n === 0) return { ...NONE, n: 0, status: "not_enough_data" };
  const rejections = p.filter((value) => value < alpha).length;
  const interval = wilson(rejections, n, normCritical(0.05));
  const ksD = p
    .toSorted((a, b) => a - b)
    .reduce((d, value, i) => Math.max(d, (i + 1) / n - value, value - i / n), 0);
  return {
    n,
    rejections,
    rate: rejections / n,
    wilsonLower: interval.lower,
    wilsonUpper: interval.upper,
    binomP: binomialTest(rejections, n, alpha),
    ksD,
    ksP: kolmogorovP(ksD, n),
    status: "ok",
  };
}
