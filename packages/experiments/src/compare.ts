import {
  type Comparison,
  compareMetric,
  cupedTest,
  type MetricArms,
  normIsfLog,
  proportionZTest,
  type TestName,
} from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import { countArm, meanArm, pairArm, quantileArm, testProblem, valueVariance } from "./arm-value.ts";
import { type Ends, type Look, sequenceInterval } from "./look.ts";

export interface Estimated {
  readonly kind: "estimated";
  readonly method: string;
  /** As `compareMetric` gives it, at the experiment's level. */
  readonly comparison: Comparison;
  readonly statistic: number | null;
  readonly df: number | null;
  readonly varianceReduction: number | null;
  /** The interval that decides about benefit: all arms, all looks. */
  readonly decision: Ends;
  /** The same for this arm alone (guardrails are not corrected for passing). */
  readonly alone: Ends;
  /** How far from zero the effect has to be for `decision` to leave zero; null when this look may decide nothing. */
  readonly boundary: number | null;
  /** `group_sequential`: the interval that may stop for harm, on any day, shared among so many guardrails. */
  readonly harm: ((guardrails: number) => Ends) | null;
}

/** A treatment against the control by one metric, or the code of why they cannot be compared. */
export type Compared = { readonly kind: "not_estimable"; readonly reason: string } | Estimated;

const METHODS: Record<TestName, string> = {
  score_z: "score_z",
  fisher_mid_p: "fisher_mid_p",
  welch_t: "welch",
  delta_z: "delta_z",
  cuped_z: "cuped_z",
  cuped_t: "cuped_t",
  stratified_z: "stratified_z",
  quantile_z: "quantile_z",
};

/**
 * Every treatment against the control, in the order given: estimates at `alpha`, deciding intervals by the look. An arm that cannot
 * be compared leaves the others alone. `spread` is the design effect of counts that may hold somebody twice. Never throws, never NaN.
 */
export function compareArms(
  control: ArmMetric,
  treatments: readonly ArmMetric[],
  alpha: number,
  look: Look,
  spread = 1,
): Compared[] {
  const controlProblem = testProblem(control);
  const usable = treatments.filter((arm) => !controlProblem && !testProblem(arm));
  const arms = metricArms(control, usable);
  const whole = arms ? compareMetric(arms, alpha, spread) : { comparisons: [], critical: null };
  const shown = whole.comparisons;
  const isOther = look.alpha !== null && look.alpha !== alpha;
  const deciding = arms && isOther ? compareMetric(arms, look.alpha!, spread) : whole;
  const family = shown.filter((comparison) => comparison.status === "ok").length;
  return treatments.map((arm) => {
    const place = usable.indexOf(arm);
    if (place < 0) return { kind: "not_estimable", reason: controlProblem ?? testProblem(arm)! };
    const comparison = shown[place]!;
    if (comparison.status !== "ok") return { kind: "not_estimable", reason: comparison.status };
    const details = detailsOf(control, arm, comparison, spread);
    if (details === null) return { kind: "not_estimable", reason: "degenerate" };
    const intervals = decidingIntervals(
      look,
      comparison,
      deciding.comparisons[place]!,
      control.n! + arm.n!,
      family,
    );
    const boundary = boundaryOf(look, intervals.decision, control, arm, spread, deciding.critical);
    return {
      kind: "estimated",
      method: METHODS[comparison.test!],
      comparison,
      ...details,
      ...intervals,
      boundary,
    };
  });
}

function metricArms(control: ArmMetric, treatments: readonly ArmMetric[]): MetricArms | undefined {
  if (treatments.length === 0) return undefined;
  switch (control.kind) {
    case "proportion":
      if (control.strata && treatments.every(({ strata }) => strata))
        return {
          kind: "stratified",
          control: control.strata,
          treatments: treatments.map((arm) => arm.strata!),
        };
      return { kind: "proportion", control: countArm(control), treatments: treatments.map(countArm) };
    case "mean":
      return { kind: "mean", control: meanArm(control), treatments: treatments.map(meanArm) };
    case "ratio":
    case "cuped":
      return { kind: control.kind, control: pairArm(control), treatments: treatments.map(pairArm) };
    case "quantile":
      return { kind: "quantile", control: quantileArm(control), treatments: treatments.map(quantileArm) };
    default:
      return undefined;
  }
}

/** The statistic itself, which the shared path does not carry; null when nobody or everybody converted. */
function detailsOf(
  control: ArmMetric,
  arm: ArmMetric,
  { diff, se, logp }: Comparison,
  spread: number,
): Pick<Estimated, "statistic" | "df" | "varianceReduction"> | null {
  const none = { df: null, varianceReduction: null };
  if (arm.kind === "proportion" && !arm.strata) {
    const { z } = proportionZTest({ xc: control.x!, nc: control.n!, xt: arm.x!, nt: arm.n! });
    return z === null ? null : { ...none, statistic: z / Math.sqrt(spread) };
  }
  // A quantile's error differs by side: its p knows which.
  if (arm.kind === "quantile") return { ...none, statistic: Math.sign(diff!) * normIsfLog(logp! - Math.LN2) };
  const statistic = finite(diff! / se!);
  if (arm.kind === "mean") return { ...none, statistic, df: welchDf(control, arm) };
  if (arm.kind !== "cuped") return { ...none, statistic };
  const { varianceReduction } = cupedTest({ c: pairArm(control), t: pairArm(arm) });
  return { ...none, statistic, varianceReduction };
}

function welchDf(control: ArmMetric, arm: ArmMetric): number | null {
  const [vc, vt] = [valueVariance(control), valueVariance(arm)];
  if (vc === null || vt === null) return null;
  return finite((vc + vt) ** 2 / (vc ** 2 / (control.n! - 1) + vt ** 2 / (arm.n! - 1)));
}

function decidingIntervals(
  look: Look,
  { diff, se }: Comparison,
  at: Comparison,
  n: number,
  family: number,
): Pick<Estimated, "decision" | "alone" | "harm"> {
  if (look.kind === "confidence_sequence") {
    return {
      decision: sequenceInterval(look, diff!, se!, n, family),
      alone: sequenceInterval(look, diff!, se!, n, 1),
      harm: null,
    };
  }
  const harm =
    look.kind === "group_sequential"
      ? (guardrails: number) => sequenceInterval(look, diff!, se!, n, family * guardrails)
      : null;
  // A look that has no level left to spend can say nothing: an open interval.
  if (look.alpha === null) return { decision: OPEN, alone: OPEN, harm };
  return {
    harm,
    decision: { low: finite(at.simultaneousLower), high: finite(at.simultaneousUpper) },
    alone: { low: finite(at.lower), high: finite(at.upper) },
  };
}

/** Half of a symmetric interval. That of two rates is not: its ends are where a score test turns, whose error at no difference is pooled. */
function boundaryOf(
  look: Look,
  decision: Ends,
  control: ArmMetric,
  arm: ArmMetric,
  spread: number,
  critical: number | null,
): number | null {
  const half = halfOf(decision);
  const isScore = arm.kind === "proportion" && !arm.strata && look.kind !== "confidence_sequence";
  if (half === null || !isScore || critical === null) return half;
  const { se } = proportionZTest({ xc: control.x!, nc: control.n!, xt: arm.x!, nt: arm.n! });
  const n = control.n! + arm.n!;
  return se === null ? half : finite(critical * se * Math.sqrt((spread * n) / (n - 1)));
}

const halfOf = ({ low, high }: Ends) => (low === null || high === null ? null : (high - low) / 2);

const OPEN: Ends = { low: null, high: null };

export function finite(value: number | null | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
