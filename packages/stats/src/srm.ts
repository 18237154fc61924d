import { logChi2Sf } from "./chi-square.ts";
import { bd0, stirlerr } from "./log-space.ts";
import { isFiniteNumber, type Status } from "./status.ts";

/** Below this expected count in any arm χ² is not trusted (GrowthBook's rule). */
const MIN_EXPECTED = 8;

interface Shares {
  readonly counts: readonly number[];
  readonly shares: readonly number[];
  readonly total: number;
  /** Units seen in an arm that was planned to get none. */
  readonly unplanned: boolean;
}

function plannedShares(observed: readonly number[], weights: readonly number[]): Shares | Status {
  if (observed.length !== weights.length) return "invalid_parameter";
  if (![...observed, ...weights].every(isFiniteNumber)) return "non_finite";
  if (observed.some((o) => o < 0) || weights.some((w) => w < 0)) return "negative";
  const planned = weights.flatMap((weight, i) => (weight > 0 ? [{ weight, count: observed[i]! }] : []));
  if (planned.length < 2) return "too_few_arms";
  const whole = planned.reduce((sum, arm) => sum + arm.weight, 0);
  const counts = planned.map((arm) => arm.count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const unplanned = observed.some((count, i) => count > 0 && weights[i] === 0);
  return { counts, shares: planned.map((arm) => arm.weight / whole), total, unplanned };
}

export interface SrmTest {
  readonly chi2: number | null;
  readonly df: number | null;
  readonly p: number | null;
  readonly logp: number | null;
  readonly status: Status;
}

export interface SrmInput {
  /** Assigned units per arm, never delivered or opened ones. */
  readonly observed: readonly number[];
  /** Planned shares on any scale, constant over the window counted; 0 for an arm that is switched off. */
  readonly weights: readonly number[];
}

/**
 * `srm.chi2`: do the shares seen fit the shares planned? Pearson's χ² over the arms with a planned share, df one less.
 * `not_enough_data` when an expected count is below 8; a unit in an arm with weight 0 is itself a failure (p = 0).
 */
export function srmChi2(input: SrmInput): SrmTest {
  const none = { chi2: null, df: null, p: null, logp: null };
  const planned = plannedShares(input.observed, input.weights);
  if (typeof planned === "string") return { ...none, status: planned };
  const { counts, shares, total, unplanned } = planned;
  const df = counts.length - 1;
  if (unplanned) {
    return {
      chi2: Number.POSITIVE_INFINITY,
      df,
      p: 0,
      logp: Number.NEGATIVE_INFINITY,
      status: "units_in_unplanned_arm",
    };
  }
  if (shares.some((share) => share * total < MIN_EXPECTED)) return { ...none, df, status: "not_enough_data" };
  const chi2 = counts.reduce(
    (sum, count, i) => sum + (count - shares[i]! * total) ** 2 / (shares[i]! * total),
    0,
  );
  const logp = logChi2Sf(chi2, df);
  return { chi2, df, p: Math.exp(logp), logp, status: "ok" };
}

export interface SequentialSrm {
  readonly logBF: number | null;
  readonly p: number | null;
  readonly logp: number | null;
  readonly status: Status;
}

/** ½ln(2π/a) + stirlerr(a): what ln Γ(a) has beyond a ln a − a. */
const gammaRest = (a: number) => 0.5 * Math.log((2 * Math.PI) / a) + stirlerr(a);

/**
 * `srm.sequential`: the same question at any number of looks (Lindon & Malek 2022): Dirichlet–multinomial Bayes factor
 * against the planned shares, p = min(1, 1/BF). Keep the smallest p over time; P(ever below α) ≤ α.
 */
export function srmSequential(
  input: SrmInput & { readonly concentration?: number | undefined },
): SequentialSrm {
  const none = { logBF: null, p: null, logp: null };
  const { concentration: k = 100 } = input;
  const planned = plannedShares(input.observed, input.weights);
  if (typeof planned === "string") return { ...none, status: planned };
  if (!isFiniteNumber(k) || k <= 0) return { ...none, status: "invalid_parameter" };
  if (planned.unplanned) {
    return {
      logBF: Number.POSITIVE_INFINITY,
      p: 0,
      logp: Number.NEGATIVE_INFINITY,
      status: "units_in_unplanned_arm",
    };
  }
  const { counts, shares, total } = planned;
  // The x ln x parts of the gammas and the multinomial cancel into deviances, which keep their digits at 1e9 units.
  const logBF = counts.reduce(
    (sum, count, i) => {
      const [prior, posterior] = [k * shares[i]!, k * shares[i]! + count];
      return sum + bd0(posterior, (k + total) * shares[i]!) + gammaRest(posterior) - gammaRest(prior);
    },
    gammaRest(k) - gammaRest(k + total),
  );
  const logp = Math.min(0, -logBF) + 0;
  return { logBF, p: Math.exp(logp), logp, status: "ok" };
}
