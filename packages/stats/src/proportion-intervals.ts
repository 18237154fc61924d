import { normCritical } from "./normal.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import { findDecreasingRoot } from "./roots.ts";
import { scoreStatistic } from "./score-difference.ts";
import { allFinite, isLevel, type Status } from "./status.ts";

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Wilson's score interval of one proportion at critical value z; exactly 0 or 1 at the border it touches (Wilson 1927). */
export function wilson(x: number, n: number, z: number): Interval {
  const p = x / n;
  const z2 = z * z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { lower: x === 0 ? 0 : Math.max(0, centre - half), upper: x === n ? 1 : Math.min(1, centre + half) };
}

/** `prop.ci.wilson`: a proportion with Wilson's interval. */
export function wilsonInterval(input: {
  readonly x: number;
  readonly n: number;
  readonly alpha?: number | undefined;
}): {
  p: number | null;
  lower: number | null;
  upper: number | null;
  status: Status;
} {
  const { x, n, alpha = 0.05 } = input;
  const none = { p: null, lower: null, upper: null };
  const problem = countsProblem({ xc: x, nc: n, xt: x, nt: n });
  if (problem) return { ...none, status: problem };
  if (!isLevel(alpha)) return { ...none, p: x / n, status: "invalid_alpha" };
  return { p: x / n, ...wilson(x, n, normCritical(alpha)), status: "ok" };
}

/** Hybrid of two Wilson intervals (Newcombe 1998, method 10). */
export function newcombe({ xc, nc, xt, nt }: TwoProportions, z: number): Interval {
  const [pc, pt] = [xc / nc, xt / nt];
  const [c, t] = [wilson(xc, nc, z), wilson(xt, nt, z)];
  const diff = pt - pc;
  return {
    lower: diff - Math.hypot(pt - t.lower, c.upper - pc),
    upper: diff + Math.hypot(t.upper - pt, pc - c.lower),
  };
}

/** All δ whose score statistic is within ±z, N/(N − 1) included (Miettinen & Nurminen 1985). */
export function miettinenNurminen(counts: TwoProportions, z: number): Interval {
  const diff = counts.xt / counts.nt - counts.xc / counts.nc;
  const guess = newcombe(counts, z);
  const solve = (target: number, start: number) =>
    findDecreasingRoot(
      (delta) => scoreStatistic(counts, delta, true) - target,
      start,
      Math.max(1e-12, 0.02 * Math.abs(start - diff)),
      target > 0 ? -1 : diff,
      target > 0 ? diff : 1,
    );
  return { lower: solve(z, guess.lower), upper: solve(-z, guess.upper) };
}

function wald({ xc, nc, xt, nt }: TwoProportions, z: number): Interval {
  const [pc, pt] = [xc / nc, xt / nt];
  const half = z * Math.sqrt((pc * (1 - pc)) / nc + (pt * (1 - pt)) / nt);
  return { lower: pt - pc - half, upper: pt - pc + half };
}

const DIFFERENCE = {
  wald,
  newcombe,
  "agresti-caffo": ({ xc, nc, xt, nt }: TwoProportions, z: number) =>
    wald({ xc: xc + 1, nc: nc + 2, xt: xt + 1, nt: nt + 2 }, z),
  "miettinen-nurminen": miettinenNurminen,
};

export type DifferenceMethod = keyof typeof DIFFERENCE;

/**
 * `prop.ci.diff`: interval of pt − pc. Default Miettinen–Nurminen: it excludes 0 exactly when the score test with
 * N/(N − 1) has p < alpha. Newcombe is as good for display; Wald never with fewer than about 10 (non-)successes.
 */
export function differenceInterval(
  input: TwoProportions & {
    readonly method?: DifferenceMethod | undefined;
    readonly alpha?: number | undefined;
  },
): { diff: number | null; lower: number | null; upper: number | null; status: Status } {
  const { method = "miettinen-nurminen", alpha = 0.05 } = input;
  const none = { diff: null, lower: null, upper: null };
  const problem = countsProblem(input);
  if (problem) return { ...none, status: problem };
  const diff = input.xt / input.nt - input.xc / input.nc;
  if (!isLevel(alpha)) return { ...none, diff, status: "invalid_alpha" };
  if (!Object.hasOwn(DIFFERENCE, method)) return { ...none, diff, status: "invalid_parameter" };
  return { diff, ...DIFFERENCE[method](input, normCritical(alpha)), status: "ok" };
}

/** `holdout.incremental`: what `population` exposed units brought beyond the holdout, with Newcombe's interval scaled. */
export function holdoutIncrement(
  input: TwoProportions & { readonly population: number; readonly alpha?: number | undefined },
): {
  perUser: number | null;
  incremental: number | null;
  lower: number | null;
  upper: number | null;
  status: Status;
} {
  const none = { perUser: null, incremental: null, lower: null, upper: null };
  const { population } = input;
  const interval = differenceInterval({ ...input, method: "newcombe" });
  if (interval.status !== "ok") return { ...none, status: interval.status };
  if (!allFinite(population)) return { ...none, status: "non_finite" };
  if (population < 0) return { ...none, status: "negative" };
  return {
    perUser: interval.diff,
    incremental: interval.diff! * population,
    lower: interval.lower! * population,
    upper: interval.upper! * population,
    status: "ok",
  };
}
