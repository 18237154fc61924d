import { type Column, stampColumns, type TableContract } from "@lifecycle/contracts";

export type ResultStatus = "estimated" | "not_estimable" | "control";
export type Verdict = "win" | "no_win" | "insufficient";

/** What an evaluation says of one arm of one experiment by one metric. A number that does not exist is null, never 0 or NaN. */
export interface ExperimentResultRow {
  workspace: string;
  experiment_id: string;
  experiment_name: string | null;
  source: string;
  data_grade: string;
  unit: string;
  metric: string;
  metric_kind: string;
  role: string;
  /** `all` in the omnibus row of an experiment without a control. */
  arm_id: string;
  arm_name: string | null;
  is_control: boolean;
  /** `score_z`, `fisher_mid_p`, `welch`, `omnibus_chi2`, or `none` where nothing is compared. */
  method: string;
  status: ResultStatus;
  /** Why nothing could be estimated; a stable code, documented in the README. */
  reason: string | null;
  n: number | null;
  x: number | null;
  /** x ÷ n, or the mean in the metric's own unit. */
  value: number | null;
  control_arm_id: string | null;
  control_n: number | null;
  control_x: number | null;
  control_value: number | null;
  /** value − control_value with its interval at 1 − alpha. */
  effect: number | null;
  effect_low: number | null;
  effect_high: number | null;
  /** effect ÷ |control_value| with its interval; an end that is open is null. */
  lift: number | null;
  lift_low: number | null;
  lift_high: number | null;
  /** The test statistic: pooled z, Welch's t. */
  z: number | null;
  /** Pearson's χ² of the omnibus row. */
  chi2: number | null;
  df: number | null;
  p_value: number | null;
  logp: number | null;
  adjusted_p: number | null;
  /** `dunnett`, `holm`, or `none` for a single comparison. */
  adjustment: string | null;
  alpha: number;
  verdict: Verdict | null;
  /** What the numbers cannot know, codes joined by commas. */
  notes: string | null;
  first_date: string | null;
  last_date: string | null;
  data_state: string;
}

const column = (type: Column["type"], ...names: string[]): Column[] => names.map((name) => ({ name, type }));

const resultColumns: readonly Column[] = [
  ...column("STRING", "experiment_id", "experiment_name", "source", "data_grade", "unit"),
  ...column("STRING", "metric", "metric_kind", "role", "arm_id", "arm_name"),
  ...column("BOOL", "is_control"),
  ...column("STRING", "method", "status", "reason"),
  ...column("INT64", "n", "x"),
  ...column("FLOAT64", "value"),
  ...column("STRING", "control_arm_id"),
  ...column("INT64", "control_n", "control_x"),
  ...column(
    "FLOAT64",
    "control_value",
    "effect",
    "effect_low",
    "effect_high",
    "lift",
    "lift_low",
    "lift_high",
  ),
  ...column("FLOAT64", "z", "chi2", "df", "p_value", "logp", "adjusted_p"),
  ...column("STRING", "adjustment"),
  ...column("FLOAT64", "alpha"),
  ...column("STRING", "verdict", "notes"),
  ...column("DATE", "first_date", "last_date"),
];

/** The raw table evaluations are loaded into: a result row (its `workspace` and `data_state` are stamps) and the other stamps. */
export const experimentResultColumns: TableContract = {
  table: "raw_experiment_result",
  columns: [...resultColumns, ...stampColumns],
};
