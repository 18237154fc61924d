import { allFinite, type Status } from "./status.ts";

/** Type-7 quantile of values in ascending order (SQL PERCENTILE_CONT). */
function quantile7(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const value = sorted[below]!;
  const above = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return value + (position - below) * (above - value);
}

export interface Winsorized {
  readonly lower: number | null;
  readonly upper: number | null;
  readonly n: number | null;
  readonly sum: number | null;
  readonly sumsq: number | null;
  readonly nCapped: number | null;
  readonly status: Status;
}

/**
 * `moments.winsorize`: clamps per-unit totals to type-7 quantiles of the pooled arms. `lowerQ` 0 and `upperQ` 1 leave
 * that side alone. `ignoreZeros` takes the quantiles over non-zero totals only; zeros are still counted and clamped.
 */
export function winsorize(input: {
  readonly values: readonly number[];
  readonly lowerQ?: number | undefined;
  readonly upperQ?: number | undefined;
  readonly ignoreZeros?: boolean | undefined;
}): Winsorized {
  const { values, lowerQ = 0, upperQ = 1, ignoreZeros = false } = input;
  const none = { lower: null, upper: null, n: null, sum: null, sumsq: null, nCapped: null };
  if (!allFinite(...[lowerQ, upperQ]) || lowerQ < 0 || upperQ > 1 || lowerQ > upperQ) {
    return { ...none, status: "invalid_parameter" };
  }
  if (!values.every((v) => allFinite(v))) return { ...none, status: "non_finite" };
  if (values.length === 0) return { ...none, n: 0, status: "empty_arm" };
  const all = values.toSorted((a, b) => a - b);
  const basis = ignoreZeros ? all.filter((v) => v !== 0) : all;
  const lower = lowerQ === 0 || basis.length === 0 ? all[0]! : quantile7(basis, lowerQ);
  const upper = upperQ === 1 || basis.length === 0 ? all.at(-1)! : quantile7(basis, upperQ);
  let [sum, sumsq, nCapped] = [0, 0, 0];
  for (const value of values) {
    const clamped = Math.min(upper, Math.max(lower, value));
    if (clamped !== value) nCapped++;
    sum += clamped;
    sumsq += clamped * clamped;
  }
  return { lower, upper, n: values.length, sum, sumsq, nCapped, status: "ok" };
}
