import { logBinomialPmf } from "./exact-tests.ts";
import { countsProblem, proportionZTest, type TwoProportions } from "./proportions.ts";
import type { Alternative, Status } from "./status.ts";

const MAX_UNITS = 2000;
const GRID = 400;

/** For each control count, the treatment counts at least as extreme as observed: up to `low` and from `high` on. */
interface Region {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

function pooledZ(xc: number, nc: number, xt: number, nt: number): number {
  const m = xc + xt;
  if (m === 0 || m === nc + nt) return 0;
  return (xt * nc - xc * nt) / Math.sqrt((m * (nc + nt - m) * nc * nt) / (nc + nt));
}

/** The pooled z rises with the treatment count, so each region is two ends, found by bisection. */
function regionOf(limit: number, alternative: Alternative, nc: number, nt: number): Region {
  const slack = 1e-10 * Math.max(1, Math.abs(limit));
  const low = new Int32Array(nc + 1).fill(-1);
  const high = new Int32Array(nc + 1).fill(nt + 1);
  const firstAtLeast = (xc: number, bound: number) => {
    let [a, b] = [-1, nt + 1];
    while (b - a > 1) {
      const middle = (a + b) >> 1;
      if (pooledZ(xc, nc, middle, nt) >= bound) b = middle;
      else a = middle;
    }
    return b;
  };
  for (let xc = 0; xc <= nc; xc++) {
    if (alternative !== "less")
      high[xc] = firstAtLeast(xc, (alternative === "greater" ? limit : Math.abs(limit)) - slack);
    if (alternative !== "greater") {
      const bound = (alternative === "less" ? limit : -Math.abs(limit)) + slack;
      low[xc] = firstAtLeast(xc, bound + Number.MIN_VALUE) - 1;
    }
  }
  return { low, high };
}

function pmf(n: number, p: number): Float64Array {
  return Float64Array.from({ length: n + 1 }, (_, x) => Math.exp(logBinomialPmf(x, n, p)));
}

function probability({ low, high }: Region, nc: number, nt: number, p: number): number {
  const t = pmf(nt, p);
  const below = new Float64Array(nt + 2);
  const above = new Float64Array(nt + 2);
  for (let x = 0; x <= nt; x++) below[x + 1] = below[x]! + t[x]!;
  for (let x = nt; x >= 0; x--) above[x] = above[x + 1]! + t[x]!;
  return pmf(nc, p).reduce((sum, pc, xc) => {
    const inside = high[xc]! <= low[xc]! ? 1 : below[low[xc]! + 1]! + above[high[xc]!]!;
    return sum + pc * inside;
  }, 0);
}

function goldenMaximum(f: (x: number) => number, from: number, to: number): number {
  const shrink = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [from, to];
  let best = 0;
  for (let step = 0; step < 40; step++) {
    const [left, right] = [b - shrink * (b - a), a + shrink * (b - a)];
    const [fl, fr] = [f(left), f(right)];
    best = Math.max(best, fl, fr);
    if (fl > fr) b = right;
    else a = left;
  }
  return best;
}

/**
 * `prop.barnard`: unconditional exact test on the pooled z, the largest probability over the common rate (Barnard 1945,
 * Suissa & Shuster 1985). More powerful than Fisher in small samples; `too_large` beyond 2,000 units per arm.
 */
export function barnardTest(input: TwoProportions & { readonly alternative?: Alternative | undefined }): {
  z: number | null;
  p: number | null;
  status: Status;
} {
  const { xc, nc, xt, nt, alternative = "two-sided" } = input;
  const problem = countsProblem(input) ?? ([xc, nc, xt, nt].every(Number.isInteger) ? null : "non_integer");
  if (problem) return { z: null, p: null, status: problem };
  if (Math.max(nc, nt) > MAX_UNITS) return { z: null, p: null, status: "too_large" };
  const test = proportionZTest({ xc, nc, xt, nt });
  if (test.z === null) return { z: null, p: 1, status: "degenerate" };
  const region = regionOf(test.z, alternative, nc, nt);
  const at = (p: number) => probability(region, nc, nt, p);
  const grid = Array.from({ length: GRID - 1 }, (_, i) => at((i + 1) / GRID));
  const peaks = grid
    .map((value, i) => ({ value, i }))
    .filter(({ value, i }) => value >= (grid[i - 1] ?? 0) && value >= (grid[i + 1] ?? 0))
    .sort((a, b) => b.value - a.value)
    .slice(0, 3);
  const best = peaks.map(({ i }) => goldenMaximum(at, i / GRID, (i + 2) / GRID));
  return { z: test.z, p: Math.min(1, Math.max(...best)), status: "ok" };
}
