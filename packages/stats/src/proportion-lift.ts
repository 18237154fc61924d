import { deltaLift, fiellerLift, type Lift, NO_LIFT } from "./lift.ts";
import { normCritical } from "./normal.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import { findDecreasingRoot } from "./roots.ts";
import { isLevel } from "./status.ts";

/**
 * Score statistic for pt = R·pc, falling in ln R. With u = R(nt + xc) and v = xt + nc the quadratic's root is
 * √((u − v)² + 4R(nc − xc)(nt − xt)); rates and their complements are written so that nothing cancels at either end.
 */
function ratioScoreStatistic(
  { xc, nc, xt, nt }: TwoProportions,
  lnRatio: number,
  correction: boolean,
): number {
  const [ratio, excess] = [Math.exp(lnRatio), Math.expm1(lnRatio)];
  const [yc, yt, n] = [nc - xc, nt - xt, nc + nt];
  const gap = excess * (nt + xc) + yt - yc; // u − v
  const product = 4 * ratio * yc * yt;
  const root = Math.sqrt(gap * gap + product);
  const sum = ratio * (nt + xc) + xt + nc + root;
  const [up, down] =
    gap >= 0 ? [gap + root, safeShare(product, root + gap)] : [safeShare(product, root - gap), root - gap];
  const [pc, qc, qt] = [(2 * (xc + xt)) / sum, (up + 2 * yc) / sum, (down + 2 * ratio * yt) / sum];
  const inflation = correction ? n / (n - 1) : 1;
  const variance = ((ratio * pc * qt) / nt + (ratio * ratio * pc * qc) / nc) * inflation;
  const difference = xt / nt - xc / nc - excess * (xc / nc);
  if (variance > 0) return difference / Math.sqrt(variance);
  return difference === 0 ? 0 : difference * Number.POSITIVE_INFINITY;
}

const safeShare = (part: number, whole: number) => (part === 0 ? 0 : part / whole);

/** Score interval of pt/pc − 1 (Koopman 1984; with N/(N − 1) Miettinen & Nurminen 1985), solved in ln R. */
export function scoreLift(counts: TwoProportions, z: number, correction: boolean): Lift {
  const { xc, nc, xt, nt } = counts;
  const lift = xc === 0 ? null : (xt / nt - xc / nc) / (xc / nc);
  const half = (k: number, n: number) => 1 / (k + 0.5) - 1 / (n + 0.5);
  const centre = Math.log((xt + 0.5) / (nt + 0.5) / ((xc + 0.5) / (nc + 0.5)));
  const width = z * Math.sqrt(Math.max(1e-18, half(xc, nc) + half(xt, nt)));
  const solve = (target: number, start: number) => {
    const f = (lnRatio: number) => ratioScoreStatistic(counts, lnRatio, correction) - target;
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
