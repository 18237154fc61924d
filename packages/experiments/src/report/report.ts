import { safeSegment } from "@lifecycle/contracts";
import type { ArmActivity } from "../arm-activity.ts";
import type { ArmDay } from "../arm-day.ts";
import type { Definition } from "../definition.ts";
import type { PublishedDaily, RecordedVerdict } from "../published.ts";
import type { ExperimentHealthRow, ExperimentResultRow } from "../result.ts";
import { lacksControl } from "../words.ts";

/** Everything a page about one experiment is made from. */
export interface ExperimentReport {
  readonly id: string;
  readonly results: readonly ExperimentResultRow[];
  readonly health: readonly ExperimentHealthRow[];
  /** Oldest first. */
  readonly verdicts: readonly RecordedVerdict[];
  readonly days: readonly ArmDay[];
  /** Effects by day, of all metrics. */
  readonly daily: readonly PublishedDaily[];
  readonly activity: readonly ArmActivity[];
  readonly definition: Definition;
}

/** The file of an experiment's page, beside the portfolio's `index.html`. */
export function reportFile(id: string): string {
  return `${id.split("__").map(safeSegment).join("__")}.html`;
}

export const armLabel = (row: { arm_name: string | null; arm_id: string }) => row.arm_name ?? row.arm_id;

export function newestVerdicts(verdicts: readonly RecordedVerdict[]): RecordedVerdict[] {
  return verdicts.filter(({ is_newest }) => is_newest);
}

/** What is said now of every arm that is compared with a control, by the arms' names. */
export function comparedVerdicts(verdicts: readonly RecordedVerdict[]): RecordedVerdict[] {
  return newestVerdicts(verdicts)
    .filter(({ control_arm_id }) => control_arm_id !== null)
    .toSorted((a, b) => armLabel(a).localeCompare(armLabel(b), "en", { numeric: true }));
}

/** Primary metrics share the level among them. */
export function primaryCount(results: readonly ExperimentResultRow[]): number {
  const primaries = results.filter(
    (row) => row.role === "primary" && row.segment === "all" && row.arm_id !== "all",
  );
  return Math.max(1, new Set(primaries.map(({ metric }) => metric)).size);
}

/** Whether what is said is that the numbers cannot be trusted; nothing to compare with is another matter. */
export function isBroken(newest: readonly RecordedVerdict[]): boolean {
  return newest.some((verdict) => verdict.decision === "invalid" && !lacksControl(verdict));
}

/** How a verdict looks: nothing to compare with is no alarm. */
export const classOf = (verdict: RecordedVerdict) => (lacksControl(verdict) ? "cannot" : verdict.decision);

/** Codes of failed checks beside the reason. */
export function otherProblems({ reason, problems }: RecordedVerdict): string[] {
  return (problems ?? "").split(",").filter((code) => code !== "" && code !== reason);
}
