/** Why a number is missing. Stable codes: they are stored, shown and tested. `ok` means that nothing is missing. */
export type Status =
  | "ok"
  | "too_few_arms"
  | "non_finite"
  | "negative"
  | "non_integer"
  | "successes_exceed_trials"
  | "empty_arm"
  | "below_min_units"
  | "n_lt_2"
  | "negative_variance"
  | "zero_variance"
  | "zero_denominator"
  | "zero_baseline"
  | "degenerate"
  | "not_enough_data"
  | "units_in_unplanned_arm"
  | "too_large"
  | "unreachable"
  | "invalid_alpha"
  | "invalid_parameter";

/** Which side counts as evidence: `greater` is treatment above control. */
export type Alternative = "two-sided" | "greater" | "less";

/** Fourth powers of larger numbers overflow; nothing that was measured or counted is so large. */
const LARGEST = 1e75;

/** True for a number that can be computed with: strings, null, NaN, infinities and absurdly large numbers are not. */
export function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= LARGEST;
}

export function allFinite(...values: readonly unknown[]): boolean {
  return values.every(isFiniteNumber);
}

/** A level strictly between 0 and 1: an interval at 0 or 1 is everything or nothing, so it is refused. */
export function isLevel(value: unknown): value is number {
  return isFiniteNumber(value) && value > 0 && value < 1;
}

/** What a computed value becomes at the door: infinities stay (open interval ends), NaN becomes null. */
export function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
