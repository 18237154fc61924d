import { holdoutIncrement, meanMde, proportionMde } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import { armProblem, armValue, valueVariance } from "./arm-value.ts";
import { type Estimated, finite } from "./compare.ts";
import type { Definition } from "./definition.ts";
import { joinNotes, type Note } from "./notes.ts";
import type { ExperimentResultRow } from "./result.ts";

export type Direction = "higher" | "lower";

export function directionOf(definition: Definition, metric: string): Direction {
  return definition.metrics?.[metric]?.direction ?? "higher";
}

/** What is known of an arm by itself; nothing is compared yet. */
export function describeArm(
  arm: ArmMetric,
  definition: Definition,
  notes: readonly Note[],
  maturing: number,
): ExperimentResultRow {
  const own = definition.metrics?.[arm.metric];
  return {
    workspace: arm.workspace,
    experiment_id: arm.experimentId,
    experiment_name: definition.name ?? arm.experimentName,
    source: arm.source,
    data_grade: arm.dataGrade,
    unit: definition.unit ?? arm.unit,
    metric: arm.metric,
    metric_kind: arm.kind,
    role: own?.role ?? arm.role,
    direction: directionOf(definition, arm.metric),
    segment: arm.segment,
    arm_id: arm.armId,
    arm_name: arm.armName,
    is_control: false,
    status: "not_estimable",
    reason: armProblem(arm),
    n: finite(arm.n),
    x: finite(arm.x),
    units_maturing: maturing,
    value: armValue(arm),
    ...NOTHING_COMPARED,
    alpha: definition.alpha,
    cap_value: finite(arm.cap),
    capped_units: finite(arm.cappedUnits),
    notes: joinNotes(notes),
    first_date: arm.firstDate,
    last_date: arm.lastDate,
    data_state: (arm.unclosedDays ?? 0) > 0 ? "settling" : "closed",
  };
}

/** An arm's row where it cannot be compared, and why. */
export function notEstimable(row: ExperimentResultRow, reason: string): ExperimentResultRow {
  return { ...row, status: "not_estimable", reason, verdict: "insufficient" };
}

const NOTHING_COMPARED = {
  method: "none",
  control_arm_id: null,
  control_n: null,
  control_x: null,
  control_value: null,
  effect: null,
  effect_low: null,
  effect_high: null,
  effect_se: null,
  decision_low: null,
  decision_high: null,
  lift: null,
  lift_low: null,
  lift_high: null,
  z: null,
  chi2: null,
  df: null,
  p_value: null,
  logp: null,
  adjusted_p: null,
  adjustment: null,
  family_p: null,
  chance_to_win: null,
  expected_loss: null,
  variance_reduction: null,
  mde: null,
  incremental: null,
  incremental_low: null,
  incremental_high: null,
  margin: null,
  guardrail: null,
  trend_slope: null,
  trend_p: null,
  novelty: null,
  verdict: null,
  decision: null,
  decision_reason: null,
};

export function controlFigures(control: ArmMetric) {
  return {
    control_arm_id: control.armId,
    control_n: finite(control.n),
    control_x: finite(control.x),
    control_value: armValue(control),
  };
}

/** The numbers of a comparison as columns. `direction` turns chance and loss so that they speak of getting better. */
export function figures(
  { comparison, method, statistic, df, varianceReduction, decision }: Estimated,
  direction: Direction,
  family: number,
) {
  const { diff, se, chanceToWin, expectedLoss, lift, liftLower, liftUpper } = comparison;
  const lower = direction === "lower";
  // E[(−δ)+] − E[δ+] = −δ: the loss on the other side follows from this one.
  const loss = expectedLoss === null ? null : lower ? expectedLoss + diff! : expectedLoss;
  return {
    method,
    status: "estimated" as const,
    reason: null,
    effect: diff,
    effect_low: finite(comparison.lower),
    effect_high: finite(comparison.upper),
    effect_se: se,
    decision_low: decision.low,
    decision_high: decision.high,
    lift: finite(lift),
    lift_low: finite(liftLower),
    lift_high: finite(liftUpper),
    z: statistic,
    df,
    p_value: comparison.p,
    logp: finite(comparison.logp),
    adjusted_p: comparison.adjustedP,
    adjustment: family > 1 ? "dunnett" : "none",
    chance_to_win: chanceToWin === null ? null : lower ? 1 - chanceToWin : chanceToWin,
    expected_loss: loss === null ? null : Math.max(0, loss),
    variance_reduction: varianceReduction,
  };
}

/** Smallest effect that these two arms detect with 80 % power, in the metric's own unit. */
export function detectable(control: ArmMetric, arm: ArmMetric, alpha: number, spread: number): number | null {
  if (arm.kind === "proportion") {
    const [nc, nt] = [control.n! / spread, arm.n! / spread];
    return proportionMde({ p1: control.x! / control.n!, nc, nt, alpha }).absolute;
  }
  const [vc, vt] = [valueVariance(control), valueVariance(arm)];
  if (vc === null || vt === null) return null;
  return meanMde({ sdC: Math.sqrt(vc), sdT: Math.sqrt(vt), nc: 1, nt: 1, alpha }).absolute;
}

/** What the arm's units brought beyond the control's rate, in conversions or money, with its interval. */
export function increment(
  control: ArmMetric,
  arm: ArmMetric,
  { comparison }: Estimated,
  alpha: number,
  spread: number,
) {
  const n = arm.n!;
  // Of pooled epochs the difference is what they have in common; the sums mix it with the shares.
  if (arm.kind === "proportion" && spread === 1 && !arm.strata) {
    const of = { xc: control.x!, nc: control.n!, xt: arm.x!, nt: n, population: n, alpha };
    const { incremental, lower, upper } = holdoutIncrement(of);
    return { incremental, incremental_low: finite(lower), incremental_high: finite(upper) };
  }
  const scaled = (value: number | null) => (value === null ? null : finite(value * n));
  // A ratio, or a quantile, times people is no total.
  if (arm.kind === "ratio" || arm.kind === "quantile")
    return { incremental: null, incremental_low: null, incremental_high: null };
  return {
    incremental: scaled(comparison.diff),
    incremental_low: scaled(comparison.lower),
    incremental_high: scaled(comparison.upper),
  };
}
