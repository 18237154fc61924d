import { deltaLift, fiellerLift, type Lift, NO_LIFT } from "./lift.ts";
import { normCritical } from "./normal.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import { findDecreasingRoot } from "./roots.ts";
import { isLevel } from "./status.ts";

/**
 * Score statistic for pt = R·pc, falling in R. The root of the quadratic is written without cancellation:
 * B² − 4NRm = (R(nt + xc) − (xt + nc))² + 4R(nc − xc)(nt − xt).
 */
export function ratioScoreStatistic(
  { xc, nc, xt, nt }: TwoProportions,
  ratio: number,
  correction: boolean,
): number {
  const n = nc + nt;
  const [u, v] = [ratio * (nt + xc), xt + nc];
  const root = Math.sqrt((u - v) ** 2 + 4 * ratio * (nc - xc) * (nt - xt));
  const pc = Math.min(1, 1 / ratio, (2 * (xc + xt)) / (u + v + root));
  const pt = Math.min(1, ratio * pc);
  const gap = xt / nt - ratio * (xc / nc);
  const inflation = correction ? n / (n - 1) : 1;
  const variance = ((pt * (1 - pt)) / nt + (ratio * ratio * pc * (1 - pc)) / nc) * inflation;
  if (variance > 0) return gap / Math.sqrt(variance);
  return gap === 0 ? 0 : gap * Number.POSITIVE_INFINITY;
}

/** Score interval of pt/pc − 1 (Koopman 1984; with N/(N − 1) Miettinen & Nurminen 1985), solved in ln R. */
export function scoreLift(counts: TwoProportions, z: number, correction: boolean): Lift {
  const { xc, nc, xt, nt } = counts;
  const lift = xc === 0 ? null : (xt / nt - xc / nc) / (xc / nc);
  const half = (k: number, n: number) => 1 / (k + 0.5) - 1 / (n + 0.5);
  const centre = Math.log((xt + 0.5) / (nt + 0.5) / ((xc + 0.5) / (nc + 0.5)));
  const width = z * Math.sqrt(Math.max(1e-18, half(xc, nc) + half(xt, nt)));
  const solve = (target: number, start: number) => {
    const f = (lnRatio: number) => ratioScoreStatistic(counts, Math.exp(lnRatio), correction) - target;
    return Math.expm1(findDecreasingRoot(f, start, 0.02 * width, -700, 700));
  };
  const lower = xt === 0 ? -1 : solve(z, centre - width);
  const upper = xc === 0 ? Number.POSITIVE_INFINITY : solve(-z, centre + width);
  const kind = xc === 0 ? "upper-unbounded" : "bounded";
  return { lift, se: null, lower, upper, kind, status: xc === 0 ? "zero_baseline" : "ok" };
}

/** Interval of the log risk ratio (Katz et al. 1978); ½ added to every count when an arm has no success (Walter 1975). */
function logLift({ xc, nc, xt, nt }: TwoProportions, z: number): Lift {
  const add = xc === 0 || xt === 0 ? 0.5 : 0;
  const [sc, uc, st, ut] = [xc + add, nc + add, xt + add, nt + add];
  const logRatio = Math.log(st / ut / (sc / uc));
  const half = z * Math.sqrt(Math.max(0, 1 / sc - 1 / uc + 1 / st - 1 / ut));
  const lift = xc === 0 ? null : (xt / nt - xc / nc) / (xc / nc);
  const status = xc === 0 ? "zero_baseline" : "ok";
  return {
    lift,
    se: null,
    lower: Math.expm1(logRatio - half),
    upper: Math.expm1(logRatio + half),
    kind: "bounded",
    status,
  };
}

const asEstimates = ({ xc, nc, xt, nt }: TwoProportions) => {
  const [mc, mt] = [xc / nc, xt / nt];
  return { mc, vc: (mc * (1 - mc)) / nc, mt, vt: (mt * (1 - mt)) / nt };
};

const METHODS = {
  log: logLift,
  delta: (counts: TwoProportions, z: number) => deltaLift(asEstimates(counts), z),
  fieller: (counts: TwoProportions, z: number) => fiellerLift(asEstimates(counts), z),
  koopman: (counts: TwoProportions, z: number) => scoreLift(counts, z, false),
  "miettinen-nurminen": (counts: TwoProportions, z: number) => scoreLift(counts, z, true),
};

export type ProportionLiftMethod = keyof typeof METHODS;

/**
 * `prop.ci.lift`: lift of a proportion with an interval. Default: the score interval that agrees with the test on the
 * difference. A control without successes has no lift and an open upper end.
 */
export function proportionLift(
  input: TwoProportions & {
    readonly method?: ProportionLiftMethod | undefined;
    readonly alpha?: number | undefined;
  },
): Lift {
  const { method = "miettinen-nurminen", alpha = 0.05 } = input;
  const problem = countsProblem(input);
  if (problem) return { ...NO_LIFT, status: problem };
  if (!isLevel(alpha)) return { ...NO_LIFT, status: "invalid_alpha" };
  if (!Object.hasOwn(METHODS, method)) return { ...NO_LIFT, status: "invalid_parameter" };
  return METHODS[method](input, normCritical(alpha));
}
