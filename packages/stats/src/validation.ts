import { clampVariance, covarianceFromSums } from "./moments.ts";
import { isFiniteNumber, type Status } from "./status.ts";

/** `invalid_input`: the numbers cannot be true. `insufficient_data`: they can, but nothing can be computed yet. */
export interface Validation {
  readonly status: "ok" | "invalid_input" | "insufficient_data";
  readonly code: Status | null;
}

const OK: Validation = { status: "ok", code: null };
const invalid = (code: Status): Validation => ({ status: "invalid_input", code });
const insufficient = (code: Status): Validation => ({ status: "insufficient_data", code });

/** `validate.counts`: units and successes per arm, as they come from outside; the first problem in a fixed order. */
export function validateCounts(input: {
  readonly arms: readonly { readonly n: unknown; readonly x: unknown }[];
  readonly minUnits?: number | undefined;
}): Validation {
  const { minUnits = 1 } = input;
  const arms = input.arms;
  if (arms.length < 2) return invalid("too_few_arms");
  const numbers = arms.flatMap((arm) => [arm.n, arm.x]).filter(isFiniteNumber);
  if (numbers.length < 2 * arms.length) return invalid("non_finite");
  if (numbers.some((value) => value < 0)) return invalid("negative");
  if (!numbers.every(Number.isInteger)) return invalid("non_integer");
  const counts = arms.map((arm) => ({ n: Number(arm.n), x: Number(arm.x) }));
  if (counts.some(({ n, x }) => x > n)) return invalid("successes_exceed_trials");
  if (counts.some(({ n }) => n === 0)) return insufficient("empty_arm");
  return counts.some(({ n }) => n < minUnits) ? insufficient("below_min_units") : OK;
}

/** `validate.moments`: units, Σy and Σy² per arm. Sums may be negative (refunds), units and squares may not. */
export function validateMoments(input: {
  readonly arms: readonly { readonly n: unknown; readonly sum: unknown; readonly sumsq: unknown }[];
}): Validation {
  const arms = input.arms.map(({ n, sum, sumsq }) => ({
    n: Number(n),
    sum: Number(sum),
    sumsq: Number(sumsq),
  }));
  const raw = input.arms.flatMap(({ n, sum, sumsq }) => [n, sum, sumsq]);
  if (!raw.every(isFiniteNumber)) return invalid("non_finite");
  if (arms.some(({ n, sumsq }) => n < 0 || sumsq < 0)) return invalid("negative");
  if (arms.some(({ n }) => n === 0)) return insufficient("empty_arm");
  if (arms.some(({ n }) => n < 2)) return insufficient("n_lt_2");
  const variances = arms.map(({ n, sum, sumsq }) =>
    clampVariance(covarianceFromSums(n, sum, sum, sumsq), sumsq, n),
  );
  if (variances.some((variance) => variance === null)) return invalid("negative_variance");
  return variances.every((variance) => variance === 0) ? insufficient("zero_variance") : OK;
}
