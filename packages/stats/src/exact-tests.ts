import { bd0, LN_SQRT_2PI, stirlerr } from "./log-space.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import type { Alternative, Status } from "./status.ts";

const SAME = 1 + 1e-7; // two tables are equally likely when their probabilities agree so far (as in R)

/** ln of the binomial probability of x in n at rate p, by saddle point (Loader 2000). */
export function logBinomialPmf(x: number, n: number, p: number): number {
  if (x < 0 || x > n) return Number.NEGATIVE_INFINITY;
  if (p <= 0) return x === 0 ? 0 : Number.NEGATIVE_INFINITY;
  if (p >= 1) return x === n ? 0 : Number.NEGATIVE_INFINITY;
  if (x === 0) return n * Math.log1p(-p);
  if (x === n) return n * Math.log(p);
  const core = stirlerr(n) - stirlerr(x) - stirlerr(n - x) - bd0(x, n * p) - bd0(n - x, n * (1 - p));
  return core + 0.5 * Math.log(n / x / (n - x)) - LN_SQRT_2PI;
}

/** ln P(treatment has k of the K successes | margins): the hypergeometric as a ratio of binomials, stable at 1e9. */
function logTable(k: number, total: number, nc: number, nt: number): number {
  const n = nc + nt;
  const p = total / n;
  return logBinomialPmf(k, nt, p) + logBinomialPmf(total - k, nc, p) - logBinomialPmf(total, n, p);
}

/** Sum of table probabilities from k outwards in direction `step`, stopping when what is left cannot matter. */
function tail(from: number, step: 1 | -1, total: number, nc: number, nt: number): number {
  const [low, high] = [Math.max(0, total - nc), Math.min(total, nt)];
  if (from < low || from > high) return step === 1 ? Number(from < low) : Number(from > high);
  let term = 1;
  let sum = 1;
  for (let k = from; step === 1 ? k < high : k > low; k += step) {
    const ratio =
      step === 1
        ? ((total - k) / (k + 1)) * ((nt - k) / (nc - total + k + 1))
        : (k / (total - k + 1)) * ((nc - total + k) / (nt - k + 1));
    term *= ratio;
    sum += term;
    if (ratio < 1 && term < sum * 1e-18 * (1 - ratio)) break;
    if (sum > 1e280) return 1;
  }
  return Math.min(1, Math.exp(logTable(from, total, nc, nt) + Math.log(sum)));
}

const modeOf = (total: number, nc: number, nt: number) =>
  Math.floor(((nt + 1) * (total + 1)) / (nc + nt + 2));

/** Tail on the far side of the mode made of all tables no likelier than the observed one. */
function oppositeTail(observed: number, total: number, nc: number, nt: number): number {
  const [low, high] = [Math.max(0, total - nc), Math.min(total, nt)];
  const limit = logTable(observed, total, nc, nt) + Math.log(SAME);
  const upward = observed <= modeOf(total, nc, nt);
  let [inside, outside] = [observed, upward ? high + 1 : low - 1];
  while (Math.abs(outside - inside) > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (logTable(middle, total, nc, nt) <= limit) outside = middle;
    else inside = middle;
  }
  if (outside > high || outside < low) return 0;
  return tail(outside, upward ? 1 : -1, total, nc, nt);
}

/**
 * `prop.fisher`: Fisher's exact test and its mid-p (half of the observed table's probability taken off). The default for
 * small counts (an expected count below 5). Two-sided sums every table no likelier than the observed one.
 * Whole counts only; cost grows with the spread of the table, not with n. Lydersen, Fagerland & Laake 2009.
 */
export function fisherTest(input: TwoProportions & { readonly alternative?: Alternative | undefined }): {
  p: number | null;
  midP: number | null;
  status: Status;
} {
  const { xc, nc, xt, nt, alternative = "two-sided" } = input;
  const problem = countsProblem(input) ?? ([xc, nc, xt, nt].every(Number.isInteger) ? null : "non_integer");
  if (problem) return { p: null, midP: null, status: problem };
  const total = xc + xt;
  const observed = Math.exp(logTable(xt, total, nc, nt));
  const p = Math.min(1, fisherTail(alternative, xt, total, nc, nt));
  return {
    p,
    midP: Math.max(0, p - observed / 2),
    status: total === 0 || total === nc + nt ? "degenerate" : "ok",
  };
}

function fisherTail(alternative: Alternative, xt: number, total: number, nc: number, nt: number): number {
  if (alternative === "greater") return tail(xt, 1, total, nc, nt);
  if (alternative === "less") return tail(xt, -1, total, nc, nt);
  const own = tail(xt, xt <= modeOf(total, nc, nt) ? -1 : 1, total, nc, nt);
  return own + oppositeTail(xt, total, nc, nt);
}
