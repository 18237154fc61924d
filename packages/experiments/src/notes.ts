import type { ArmMetric } from "./arm-metric.ts";

/** What a result cannot know about itself. Codes are stable; the README says what each means. */
export type Note =
  | "control_inferred"
  | "control_assigned_others_received"
  | "immature"
  | "lift_unbounded"
  | "small_counts"
  | "srm_failed"
  | "unit_mismatch"
  | "weights_unknown";

/** Notes that hold for every arm of an experiment by one metric. */
export function experimentNotes(
  arms: readonly ArmMetric[],
  control: ArmMetric | undefined,
  declaredControl: boolean,
  srm: SrmOutcome,
): Note[] {
  const notes: Note[] = [];
  if (srm === "weights_unknown" || srm === "srm_failed") notes.push(srm);
  if (arms.some(({ unitDays }) => (unitDays ?? 0) > 1)) notes.push("unit_mismatch");
  if (arms.some(({ unclosedDays }) => (unclosedDays ?? 0) > 0)) notes.push("immature");
  if (control?.source === "campaign") notes.push("control_assigned_others_received");
  if (control && !declaredControl && control.controlBasis === "no_first_step") notes.push("control_inferred");
  return notes;
}

/** Whether the shares seen fit the shares planned; `weights_unknown` when nobody planned any, or units are not assignments. */
export type SrmOutcome = "ok" | "srm_failed" | "weights_unknown" | "not_enough_data";

export function joinNotes(notes: readonly Note[]): string | null {
  return notes.length === 0 ? null : [...new Set(notes)].sort().join(",");
}
