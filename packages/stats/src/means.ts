import { type DifferenceTest, NO_DIFFERENCE } from "./difference-test.ts";
import { type Lift, type LiftMethod, liftOf, NO_LIFT } from "./lift.ts";
import { type MeanArm, toMoments } from "./moments.ts";
import { type Alternative, isLevel } from "./status.ts";
import { logPFromT, tCritical } from "./student-t.ts";

export interface WelchTest extends DifferenceTest {
  readonly t: number | null;
  readonly df: number | null;
}

export const NO_WELCH = { ...NO_DIFFERENCE, t: null, df: null };

/** Interval estimate ± critical·se; a one-sided test leaves the side it does not look at open. */
export function intervalAround(
  estimate: number,
  half: number,
  alternative: Alternative,
): { lower: number; upper: number } {
  return {
    lower: alternative === "less" ? Number.NEGATIVE_INFINITY : estimate - half,
    upper: alternative === "greater" ? Number.POSITIVE_INFINITY : estimate + half,
  };
}

/** Estimate, standard error and degrees of freedom turned into a t test with its interval. */
export function tTest(
  estimate: number,
  se: number,
  df: number,
  alpha: number,
  alternative: Alternative,
): WelchTest {
  const t = estimate / se;
  const logp = logPFromT(t, df, alternative);
  const ends = intervalAround(estimate, tCritical(alpha, df, alternative) * se, alternative);
  return { diff: estimate, se, t, df, p: Math.exp(logp), logp, ...ends, status: "ok" };
}

/**
 * `mean.welch`: difference of two means with Welch's (1947) t test and interval. Arms carry units with value 0 too.
 * Not estimable with fewer than 2 units in an arm, or when neither arm varies (`zero_variance`: difference without p).
 */
export function welchTest(input: {
  readonly c: MeanArm;
  readonly t: MeanArm;
  readonly alpha?: number | undefined;
  readonly alternative?: Alternative | undefined;
}): WelchTest {
  const { alpha = 0.05, alternative = "two-sided" } = input;
  const [c, t] = [toMoments(input.c), toMoments(input.t)];
  if (typeof c === "string") return { ...NO_WELCH, status: c };
  if (typeof t === "string") return { ...NO_WELCH, status: t };
  if (!isLevel(alpha)) return { ...NO_WELCH, status: "invalid_alpha" };
  const [vc, vt] = [c.variance / c.n, t.variance / t.n];
  const diff = t.mean - c.mean;
  const se = Math.sqrt(vc + vt);
  if (se === 0) return { ...NO_WELCH, diff, se, status: "zero_variance" };
  const [wc, wt] = [vc / (vc + vt), vt / (vc + vt)];
  const df = 1 / ((wc * wc) / (c.n - 1) + (wt * wt) / (t.n - 1));
  return tTest(diff, se, df, alpha, alternative);
}

/** `mean.lift`: lift of a mean, Fieller by default (normal critical value). A baseline near 0 has no finite interval. */
export function meanLift(input: {
  readonly c: MeanArm;
  readonly t: MeanArm;
  readonly method?: LiftMethod | undefined;
  readonly alpha?: number | undefined;
}): Lift {
  const [c, t] = [toMoments(input.c), toMoments(input.t)];
  if (typeof c === "string") return { ...NO_LIFT, status: c };
  if (typeof t === "string") return { ...NO_LIFT, status: t };
  const pair = { mc: c.mean, vc: c.variance / c.n, mt: t.mean, vt: t.variance / t.n };
  return liftOf(pair, input.method, input.alpha);
}
