export { type ArmMetric, type ArmReader, listExperiments, readArmMetrics } from "./arm-metric.ts";
export { type Comparison, compareArms } from "./compare.ts";
export { toCsv } from "./csv.ts";
export { DEFAULT_ALPHA, type Definitions, definitionsOf } from "./definition.ts";
export { type EvaluateRequest, evaluateExperiments, judge } from "./evaluate.ts";
export {
  type LifecycleMetrics,
  type LifecycleMetricsRows,
  lifecycleMetrics,
  lifecycleMetricsQueries,
  readLifecycleMetrics,
} from "./lifecycle-metrics.ts";
export type { Note } from "./notes.ts";
export {
  type ExperimentResultRow,
  experimentResultColumns,
  type ResultStatus,
  type Verdict,
} from "./result.ts";
