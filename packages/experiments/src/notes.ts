import type { ArmMetric } from "./arm-metric.ts";
import { isHeavy } from "./arm-value.ts";
import type { Compared } from "./compare.ts";
import type { HealthCheck } from "./health-check.ts";

/** What a result cannot know about itself. Codes are stable; the README says what each means. */
export type Note =
  | "conditional_on_reach"
  | "control_inferred"
  | "control_assigned_others_received"
  | "exposure_not_exposed"
  | "group_srm"
  | "heavy_tail"
  | "immature"
  | "lift_unbounded"
  | "post_assignment_exposure"
  | "pre_period_imbalance"
  | "small_counts"
  | "srm_failed"
  | "stale_data"
  | "unit_bounded"
  | "unit_mismatch"
  | "weights_unknown";

const FROM_HEALTH: Readonly<Record<string, Note>> = {
  weights_unknown: "weights_unknown",
  weights_incomplete: "weights_unknown",
  srm: "srm_failed",
  srm_sequential: "srm_failed",
  group_srm: "group_srm",
  stale_data: "stale_data",
  unit_bounded: "unit_bounded",
  unit_mismatch: "unit_mismatch",
  immature: "immature",
  maturing: "immature",
  post_assignment_exposure: "post_assignment_exposure",
  exposure_not_exposed: "exposure_not_exposed",
  pre_period_imbalance: "pre_period_imbalance",
};

/** Notes that hold for every arm of an experiment. */
export function experimentNotes(
  checks: readonly HealthCheck[],
  control: ArmMetric | undefined,
  isControlDeclared: boolean,
): Note[] {
  const notes = checks.flatMap(({ code }) => (code !== null && FROM_HEALTH[code] ? [FROM_HEALTH[code]] : []));
  if (control?.source === "campaign") notes.push("control_assigned_others_received");
  if (control && !isControlDeclared && control.controlBasis === "no_first_step")
    notes.push("control_inferred");
  return notes;
}

export function comparisonNotes(compared: Compared, segment: string): Note[] {
  if (compared.kind !== "estimated") return [];
  const notes: Note[] = [];
  // Whoever got a second message had stayed after the first, which is what the arms may differ in.
  if (/^message=(?!1$)/.test(segment)) notes.push("conditional_on_reach");
  if (compared.method === "fisher_mid_p") notes.push("small_counts");
  const { liftKind } = compared.comparison;
  if (liftKind !== null && liftKind !== "bounded") notes.push("lift_unbounded");
  return notes;
}

/** What the values of two arms say about a mean of them. */
export function tailNotes(...arms: readonly ArmMetric[]): Note[] {
  return arms.some(isHeavy) ? ["heavy_tail"] : [];
}

export function joinNotes(notes: readonly Note[]): string | null {
  return notes.length === 0 ? null : [...new Set(notes)].sort().join(",");
}
