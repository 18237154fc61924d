export type Decision = "invalid" | "stop_harm" | "keep_running" | "ship" | "stop_no_effect" | "inconclusive";

export type DecisionReason =
  | "data_error"
  | "srm"
  | "contamination"
  | "guardrail"
  | "primary"
  | "warming_up"
  | "maturing"
  | "fixed_horizon_not_reached"
  | "primary_positive"
  | "guardrail_unresolved"
  | "within_mde"
  | "not_significant"
  | "not_estimable"
  | "collecting";

/** Ends of an interval turned so that positive is good; null when nothing could be estimated. */
export interface OrientedInterval {
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface DecisionInput {
  readonly dataErrors?: readonly string[] | null | undefined;
  readonly srm?: { readonly p: number | null; readonly threshold?: number | undefined } | null | undefined;
  /** Share of users seen in more than one arm. */
  readonly contaminationRate?: number | null | undefined;
  readonly contaminationMax?: number | undefined;
  /** `fixed`: one look at the planned end. Anything else: intervals that hold at every look. */
  readonly inference?: "fixed" | "sequential" | undefined;
  readonly horizonReached?: boolean | undefined;
  readonly minDaysReached?: boolean | undefined;
  readonly minUnitsReached?: boolean | undefined;
  /** Every unit counted has had its whole conversion window. */
  readonly matured?: boolean | undefined;
  /** Null when the primary metric could not be computed at all. */
  readonly primary: (OrientedInterval & { readonly mde?: number | null | undefined }) | null;
  readonly guardrails?: readonly (OrientedInterval & { readonly margin: number })[] | null | undefined;
}

export interface DecisionResult {
  readonly decision: Decision;
  readonly reason: DecisionReason;
}

const above = (value: number | null | undefined, limit: number) => typeof value === "number" && value > limit;
const below = (value: number | null | undefined, limit: number) => typeof value === "number" && value < limit;

/**
 * `decision.evaluate`: what to do about one treatment; the first matching rule wins. Intervals are taken as they come:
 * already simultaneous or sequential, as the experiment declared. Nothing here looks at a p-value.
 */
export function evaluateDecision(input: DecisionInput): DecisionResult {
  return brokenData(input) ?? harm(input) ?? waiting(input) ?? benefit(input) ?? atTheEnd(input);
}

function brokenData(input: DecisionInput): DecisionResult | null {
  const { dataErrors, srm, contaminationRate, contaminationMax = 0.01 } = input;
  if (dataErrors && dataErrors.length > 0) return { decision: "invalid", reason: "data_error" };
  if (srm && below(srm.p, srm.threshold ?? 0.001)) return { decision: "invalid", reason: "srm" };
  return above(contaminationRate, contaminationMax) ? { decision: "invalid", reason: "contamination" } : null;
}

const isValidLook = ({ inference = "fixed", horizonReached = false }: DecisionInput) =>
  inference !== "fixed" || horizonReached;

function harm(input: DecisionInput): DecisionResult | null {
  if (!isValidLook(input)) return null;
  const { primary } = input;
  if ((input.guardrails ?? []).some(({ upper, margin }) => below(upper, -margin)))
    return { decision: "stop_harm", reason: "guardrail" };
  return below(primary?.upper, 0) ? { decision: "stop_harm", reason: "primary" } : null;
}

function waiting(input: DecisionInput): DecisionResult | null {
  const { minDaysReached = true, minUnitsReached = true, matured = true } = input;
  if (!minDaysReached || !minUnitsReached) return { decision: "keep_running", reason: "warming_up" };
  if (!matured) return { decision: "keep_running", reason: "maturing" };
  return isValidLook(input) ? null : { decision: "keep_running", reason: "fixed_horizon_not_reached" };
}

function benefit(input: DecisionInput): DecisionResult | null {
  const { primary, guardrails, horizonReached = false } = input;
  if (!above(primary?.lower, 0)) return null;
  const safe = (guardrails ?? []).every(({ lower, margin }) => above(lower, -margin));
  if (safe) return { decision: "ship", reason: "primary_positive" };
  return { decision: horizonReached ? "inconclusive" : "keep_running", reason: "guardrail_unresolved" };
}

function atTheEnd({ primary, horizonReached = false }: DecisionInput): DecisionResult {
  if (!horizonReached) return { decision: "keep_running", reason: "collecting" };
  if (typeof primary?.lower !== "number" || typeof primary.upper !== "number") {
    return { decision: "inconclusive", reason: "not_estimable" };
  }
  const mde = primary.mde;
  if (typeof mde === "number" && primary.lower > -mde && primary.upper < mde) {
    return { decision: "stop_no_effect", reason: "within_mde" };
  }
  return { decision: "inconclusive", reason: "not_significant" };
}
