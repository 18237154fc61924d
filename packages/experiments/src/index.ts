export type { ArmActivity } from "./arm-activity.ts";
export type { ArmDay } from "./arm-day.ts";
export { type ArmMetric, type ArmReader, listExperiments } from "./arm-metric.ts";
export { controlGroupId } from "./control-group.ts";
export { toCsv } from "./csv.ts";
export { type ExperimentDailyRow, experimentDailyColumns } from "./daily-row.ts";
export { checkDeclared } from "./declared.ts";
export {
  type Definition,
  type Definitions,
  definitionsOf,
  NO_DEFINITIONS,
  resolveDefinition,
} from "./definition.ts";
export { type Evaluated, type EvaluateRequest, evaluateExperiments } from "./evaluate.ts";
export { formatCount, formatEffect, formatInterval, formatLift, formatP, formatValue } from "./format.ts";
export { type History, NO_HISTORY, type TakenLook } from "./history.ts";
export { type ExperimentInput, judgeExperiment } from "./judge.ts";
export {
  type LifecycleMetrics,
  type LifecycleMetricsRows,
  readLifecycleMetrics,
} from "./lifecycle-metrics.ts";
export type { Note } from "./notes.ts";
export { type PowerPlan, type PowerRequest, planPower } from "./power-plan.ts";
export {
  type Published,
  type PublishedDaily,
  type PublishedReader,
  type RecordedVerdict,
  readPublished,
  readPublishedDaily,
} from "./published.ts";
export {
  type Evaluation,
  type ExperimentCapRow,
  type ExperimentHealthRow,
  type ExperimentResultRow,
  type ExperimentVerdictRow,
  experimentCapColumns,
  experimentHealthColumns,
  experimentResultColumns,
  experimentVerdictColumns,
  type HealthStatus,
  type ResultStatus,
  type Verdict,
} from "./result.ts";
export { experimentTables } from "./tables.ts";
export { readTally, type Said, type Tally, tallyVerdicts } from "./tally.ts";

/** Pages about experiments. The chart library is loaded with the first call, not with this package. */
export async function loadReportPages(): Promise<typeof import("./report/index.ts")["reportPages"]> {
  return (await import("./report/index.ts")).reportPages;
}
export type { ReportPage } from "./report/index.ts";
