import { isFiniteNumber, type Status } from "./status.ts";

export type AdjustMethod = "bonferroni" | "holm" | "hochberg" | "bh" | "by";

/** Factor for the i-th smallest of m p-values (i from 1), and whether minima run up (step-up) or maxima run down. */
const METHODS: Record<AdjustMethod, { stepUp: boolean; factor: (i: number, m: number) => number }> = {
  bonferroni: { stepUp: false, factor: (_, m) => m },
  holm: { stepUp: false, factor: (i, m) => m - i + 1 },
  hochberg: { stepUp: true, factor: (i, m) => m - i + 1 },
  bh: { stepUp: true, factor: (i, m) => m / i },
  by: { stepUp: true, factor: (i, m) => (m / i) * harmonic(m) },
};

function harmonic(m: number): number {
  let sum = 0;
  for (let i = m; i >= 1; i--) sum += 1 / i;
  return sum;
}

export interface Adjusted {
  /** In the order given; null where p was null. */
  readonly adjusted: (number | null)[];
  /** Size of the family: p-values that are not null. */
  readonly m: number;
  readonly status: Status;
}

/**
 * `multi.adjust`: p-values adjusted over a family. Null (not testable) leaves the family. Monotone, capped at 1 and
 * independent of order. Bonferroni/Holm for any dependence; Hochberg and BH not for negative; BY for any (FDR).
 */
export function adjustPValues(input: {
  readonly p: readonly (number | null)[];
  readonly method: AdjustMethod;
}): Adjusted {
  const none: Adjusted = { adjusted: input.p.map(() => null), m: 0, status: "invalid_parameter" };
  if (!Object.hasOwn(METHODS, input.method)) return none;
  const family = input.p.flatMap((p, index) => (p === null ? [] : [{ p, index }]));
  if (!family.every(({ p }) => isFiniteNumber(p) && p >= 0 && p <= 1)) return none;
  const { stepUp, factor } = METHODS[input.method];
  const m = family.length;
  const ranked = family
    .sort((a, b) => a.p - b.p)
    .map((entry, i) => ({ ...entry, value: entry.p * factor(i + 1, m) }));
  const adjusted = [...none.adjusted];
  let running = stepUp ? 1 : 0;
  for (const { index, value } of stepUp ? ranked.reverse() : ranked) {
    running = stepUp ? Math.min(running, value) : Math.max(running, value);
    adjusted[index] = Math.min(1, running);
  }
  return { adjusted, m, status: "ok" };
}
