import { type MeanArm, type PairArm, type QuantileArm, quantileShares } from "@lifecycle/stats";
import { normals, sampler } from "./stats-sampling.ts";

function binomialWeights(n: number, p: number): number[] {
  const weights = [(1 - p) ** n];
  for (let k = 1; k <= n; k++) weights.push((weights[k - 1]! * ((n - k + 1) / k) * p) / (1 - p));
  return weights;
}

/**
 * Users with 1 to 17 messages (9 on average) and a taste for clicking of their own: half click at 2 %, half at 18 %.
 * Messages of one user are alike, which is what breaks a test that counts messages.
 */
const messageUsers = sampler(
  [0.02, 0.18].flatMap((taste) =>
    binomialWeights(16, 0.5).flatMap((weight, extra) =>
      binomialWeights(extra + 1, taste).map((chance, clicks) => ({
        value: { sends: extra + 1, clicks },
        weight: weight * chance,
      })),
    ),
  ),
);

export const TRUE_CLICK_RATE = 0.1;

/** Clicks per send of n users: Y clicks, X sends. */
export function clickArm(next: () => number, n: number): PairArm {
  return pairArm(n, () => {
    const { sends, clicks } = messageUsers(next);
    return [clicks, sends];
  });
}

/** The sums of `n` users, each drawn as Y and X. */
function pairArm(n: number, draw: () => [y: number, x: number]): PairArm {
  let [sumY, sumYY, sumX, sumXX, sumXY] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [y, x] = draw();
    sumY += y;
    sumYY += y * y;
    sumX += x;
    sumXX += x * x;
    sumXY += x * y;
  }
  return { n, sumY, sumYY, sumX, sumXX, sumXY };
}

/** Revenue per user: one in five buys, order values are log-normal on a grid of quantiles and capped by it. */
const ORDERS = Array.from(
  { length: 200 },
  (_, i) => 20 * Math.exp(0.8 * (4.91 * (((i + 0.5) / 200) ** 0.14 - (1 - (i + 0.5) / 200) ** 0.14))),
);
const BUYERS = 0.2;
export const MEAN_REVENUE = (BUYERS * ORDERS.reduce((sum, order) => sum + order, 0)) / ORDERS.length;
export const SD_REVENUE = Math.sqrt(
  (BUYERS * ORDERS.reduce((sum, order) => sum + order * order, 0)) / ORDERS.length - MEAN_REVENUE ** 2,
);

export function revenueArm(next: () => number, n: number, lift = 0): MeanArm {
  let [sum, sumsq] = [0, 0];
  for (let i = 0; i < n; i++) {
    const draw = next() / BUYERS;
    if (draw >= 1) continue;
    const value = ORDERS[Math.floor(draw * ORDERS.length)]! * (1 + lift);
    sum += value;
    sumsq += value * value;
  }
  return { n, sum, sumsq };
}

/** A metric Y that correlates 0.7 with what X was before the first exposure. */
export function covariateArm(next: () => number, n: number, effect = 0): PairArm {
  return pairArm(n, () => {
    const [u, v] = normals(next);
    return [10 + effect + 3 * (0.7 * u + Math.sqrt(1 - 0.49) * v), 10 + 3 * u];
  });
}

/** Values of single people, smooth or with ties, with light and with heavy tails. */
export const AMOUNTS = {
  /** Time to convert, to the second. */
  times: (next) => -Math.log(1 - next()),
  /** The same in whole days. */
  days: (next) => Math.floor(-8 * Math.log(1 - next())),
  /** Log-normal with a skew of some hundreds. */
  heavy: (next) => Math.exp(2 * normals(next)[0]),
  /** Four in five spend nothing. */
  spend: (next) => (next() < 0.8 ? 0 : Math.round(20 * Math.exp(0.8 * normals(next)[0]))),
  /** A handful of prices, the median between two of them. */
  prices: (next) =>
    [4.99, 9.99, 9.99, 9.99, 14.99, 19.99, 19.99, 29.99, 49.99, 99.99][Math.floor(10 * next())]!,
  /** The same, the median on one of them. */
  "prices, unevenly": (next) =>
    [4.99, 9.99, 9.99, 9.99, 14.99, 15.99, 19.99, 29.99, 49.99, 99.99, 120][Math.floor(11 * next())]!,
} satisfies Record<string, (next: () => number) => number>;

/**
 * A quantile of n values with the ends of its rank's band, as `int_experiment_unit_quantile` gives it (its own test compares the two);
 * null where the band reaches beyond the values.
 */
export function quantileArm(
  next: () => number,
  n: number,
  q: number,
  amount: (next: () => number) => number,
): QuantileArm | null {
  const shares = quantileShares(q, n);
  if (!shares) return null;
  const sorted = Float64Array.from({ length: n }, () => amount(next)).sort();
  const middle = (n - 1) * q;
  const [low, high] = [sorted[Math.floor(middle)]!, sorted[Math.ceil(middle)]!];
  return {
    n,
    value: low + (middle - Math.floor(middle)) * (high - low),
    below: sorted[Math.max(0, Math.floor(n * shares.below) - 1)]!,
    above: sorted[Math.floor(n * shares.above)]!,
  };
}
