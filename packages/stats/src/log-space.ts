/** ln √(2π) */
export const LN_SQRT_2PI = 0.9189385332046727;

/** ln(1 − eˡ) for l ≤ 0 without cancellation at either end (Mächler 2012). */
export function log1mExp(l: number): number {
  if (l >= 0) return Number.NEGATIVE_INFINITY;
  return l > -Math.LN2 ? Math.log(-Math.expm1(l)) : Math.log1p(-Math.exp(l));
}

/**
 * Error of Stirling's formula, ln Γ(n) = ½ln(2π/n) + n ln n − n + stirlerr(n), for real n > 0 (Loader 2000).
 * Below 16 by upward recurrence, so that it holds for halves and small priors too.
 */
export function stirlerr(n: number): number {
  let carried = 0;
  let m = n;
  for (; m < 16; m++) carried += (m + 0.5) * Math.log1p(1 / m) - 1;
  const r = 1 / (m * m);
  return carried + (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / m;
}

/**
 * Deviance term x ln(x/np) + np − x for x, np ≥ 0 (Loader 2000), by series where the difference would cancel.
 * Log prefactors of the incomplete gamma and beta are built from it: differences of lgamma break at 1e6.
 */
export function bd0(x: number, np: number): number {
  if (x === 0) return np;
  if (Math.abs(x - np) >= 0.1 * (x + np)) return x * Math.log(x / np) + np - x;
  const v = (x - np) / (x + np);
  let sum = (x - np) * v;
  let term = 2 * x * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) return next;
    sum = next;
  }
  return sum;
}
