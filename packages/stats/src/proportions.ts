import { logChi2Sf } from "./chi-square.ts";
import { logPFromZ } from "./normal.ts";
import { type Alternative, allFinite, type Status } from "./status.ts";

/** Successes and units of control and treatment. Units are what was randomised: one user counts once. */
export interface TwoProportions {
  readonly xc: number;
  readonly nc: number;
  readonly xt: number;
  readonly nt: number;
}

/**
 * Why two proportions cannot be compared, or null. More successes than units is an input error, never clipped.
 * Fractions are allowed: counts divided by a design effect are not whole.
 */
export function countsProblem({ xc, nc, xt, nt }: TwoProportions): Status | null {
  if (!allFinite(xc, nc, xt, nt)) return "non_finite";
  if (xc < 0 || nc < 0 || xt < 0 || nt < 0) return "negative";
  if (xc > nc || xt > nt) return "successes_exceed_trials";
  return nc === 0 || nt === 0 ? "empty_arm" : null;
}

export interface ProportionTest {
  readonly pc: number | null;
  readonly pt: number | null;
  readonly diff: number | null;
  readonly se: number | null;
  readonly z: number | null;
  readonly p: number | null;
  readonly logp: number | null;
  /** Nobody or everybody converted in both arms: no evidence either way, p = 1 and z undefined. */
  readonly degenerate: boolean;
  readonly status: Status;
}

const NO_TEST = { pc: null, pt: null, diff: null, se: null, z: null, p: null, logp: null, degenerate: false };

/**
 * `prop.ztest`: score test of pt − pc. Pooled variance by default (z² is Pearson's χ² without continuity correction);
 * the unpooled form belongs to Wald intervals only. Assumes one independent 0/1 value per unit.
 */
export function proportionZTest(
  input: TwoProportions & {
    readonly pooled?: boolean | undefined;
    readonly alternative?: Alternative | undefined;
  },
): ProportionTest {
  const problem = countsProblem(input);
  if (problem) return { ...NO_TEST, status: problem };
  const { xc, nc, xt, nt, pooled = true, alternative = "two-sided" } = input;
  const [pc, pt] = [xc / nc, xt / nt];
  const diff = pt - pc;
  const converted = xc + xt;
  if (converted === 0 || converted === nc + nt) {
    return { pc, pt, diff, se: 0, z: null, p: 1, logp: 0, degenerate: true, status: "degenerate" };
  }
  const se = Math.sqrt(pooled ? pooledVariance(input) : (pc * (1 - pc)) / nc + (pt * (1 - pt)) / nt);
  if (se === 0) return { ...NO_TEST, pc, pt, diff, se, status: "zero_variance" };
  const z = diff / se;
  const logp = logPFromZ(z, alternative);
  return { pc, pt, diff, se, z, p: Math.exp(logp), logp, degenerate: false, status: "ok" };
}

/** Variance of pt − pc under equal proportions. */
function pooledVariance({ xc, nc, xt, nt }: TwoProportions): number {
  const n = nc + nt;
  const converted = xc + xt;
  return ((converted / n) * ((n - converted) / n) * n) / nc / nt;
}

/** Smallest expected count of the 2×2 table; below 5 the exact mid-p takes over from the score test. */
export function smallestExpected({ xc, nc, xt, nt }: TwoProportions): number {
  const converted = xc + xt;
  const n = nc + nt;
  return (Math.min(converted, n - converted) * Math.min(nc, nt)) / n;
}

export interface ChiSquareTest {
  readonly chi2: number | null;
  readonly df: number | null;
  readonly p: number | null;
  readonly logp: number | null;
  readonly status: Status;
}

/** `prop.chi2`: Pearson's χ² over K groups [successes, units], df = K − 1. The omnibus number Braze shows; not a decision. */
export function proportionChi2(input: {
  readonly groups: readonly (readonly [x: number, n: number])[];
}): ChiSquareTest {
  const none = { chi2: null, df: null, p: null, logp: null };
  const { groups } = input;
  if (groups.length < 2) return { ...none, status: "too_few_arms" };
  for (const [x, n] of groups) {
    const problem = countsProblem({ xc: x, nc: n, xt: x, nt: n });
    if (problem) return { ...none, status: problem };
  }
  const n = groups.reduce((sum, group) => sum + group[1], 0);
  const x = groups.reduce((sum, group) => sum + group[0], 0);
  const df = groups.length - 1;
  if (x === 0 || x === n) return { chi2: null, df, p: 1, logp: 0, status: "degenerate" };
  const share = x / n;
  const spread = share * ((n - x) / n);
  const chi2 = groups.reduce((sum, [xi, ni]) => sum + (xi - ni * share) ** 2 / (ni * spread), 0);
  const logp = logChi2Sf(chi2, df);
  return { chi2, df, p: Math.exp(logp), logp, status: "ok" };
}
