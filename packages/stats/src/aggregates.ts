import { NO_WELCH, tTest, type WelchTest } from "./means.ts";
import { type Alternative, allFinite, isLevel, type Status } from "./status.ts";

/**
 * `agg.compoundRevenue`: mean and per-unit variance of revenue from totals alone, with the order value's coefficient of
 * variation taken from history. A model, not a measurement: label results `model_based`.
 */
export function compoundRevenue(input: {
  readonly n: number;
  readonly buyers: number;
  readonly revenue: number;
  readonly orderCv: number;
}): { mean: number | null; variance: number | null; status: Status } {
  const { n, buyers, revenue, orderCv } = input;
  const none = { mean: null, variance: null };
  if (!allFinite(n, buyers, revenue, orderCv)) return { ...none, status: "non_finite" };
  if (n < 0 || buyers < 0 || orderCv < 0) return { ...none, status: "negative" };
  if (n === 0) return { ...none, status: "empty_arm" };
  if (buyers > n) return { ...none, status: "successes_exceed_trials" };
  if (buyers === 0)
    return revenue === 0 ? { mean: 0, variance: 0, status: "ok" } : { ...none, status: "zero_denominator" };
  const [p, order] = [buyers / n, revenue / buyers];
  return { mean: revenue / n, variance: p * order ** 2 * (1 + orderCv ** 2 - p), status: "ok" };
}

export interface DayCounts {
  readonly nc: number;
  readonly yc: number;
  readonly nt: number;
  readonly yt: number;
}

/** Fewer days say too little about the spread between days. */
const MIN_DAYS = 7;

function ratioGap(days: readonly DayCounts[], without: number): number {
  let [nc, yc, nt, yt] = [0, 0, 0, 0];
  for (let d = 0; d < days.length; d++) {
    if (d === without) continue;
    nc += days[d]!.nc;
    yc += days[d]!.yc;
    nt += days[d]!.nt;
    yt += days[d]!.yt;
  }
  return yt / nt - yc / nc;
}

/**
 * `agg.dailyJackknife`: difference of two ratios of sums from daily totals, leaving out one day at a time; t with D − 1
 * degrees of freedom, at least 7 days. Only where each day brings different users: with the same users it rejects at 19 %.
 */
export function dailyJackknife(input: {
  readonly days: readonly DayCounts[];
  readonly alpha?: number | undefined;
  readonly alternative?: Alternative | undefined;
}): WelchTest {
  const { days, alpha = 0.05, alternative = "two-sided" } = input;
  if (!days.every((d) => allFinite(d.nc, d.yc, d.nt, d.yt))) return { ...NO_WELCH, status: "non_finite" };
  if (days.some((d) => d.nc < 0 || d.nt < 0)) return { ...NO_WELCH, status: "negative" };
  if (!isLevel(alpha)) return { ...NO_WELCH, status: "invalid_alpha" };
  if (days.length < MIN_DAYS) return { ...NO_WELCH, status: "not_enough_data" };
  const diff = ratioGap(days, -1);
  const left = days.map((_, d) => ratioGap(days, d));
  if (!allFinite(diff, ...left)) return { ...NO_WELCH, status: "empty_arm" };
  const mean = left.reduce((sum, theta) => sum + theta, 0) / days.length;
  const squares = left.reduce((sum, theta) => sum + (theta - mean) ** 2, 0);
  const se = Math.sqrt(((days.length - 1) / days.length) * squares);
  if (se === 0) return { ...NO_WELCH, diff, se, status: "zero_variance" };
  return tTest(diff, se, days.length - 1, alpha, alternative);
}

/**
 * `agg.designEffect`: how much message-level counts overstate the information when users get several messages
 * (Eldridge, Ashby & Kerry 2006). Divide both counts by it. Mean and CV of messages per user; ICC of the outcome.
 */
export function designEffect(input: {
  readonly meanCluster: number;
  readonly cvCluster: number;
  readonly icc: number;
}): { deff: number | null; status: Status } {
  const { meanCluster, cvCluster, icc } = input;
  if (!allFinite(meanCluster, cvCluster, icc)) return { deff: null, status: "non_finite" };
  if (meanCluster <= 0 || cvCluster < 0 || Math.abs(icc) > 1)
    return { deff: null, status: "invalid_parameter" };
  return { deff: 1 + ((cvCluster ** 2 + 1) * meanCluster - 1) * icc, status: "ok" };
}
