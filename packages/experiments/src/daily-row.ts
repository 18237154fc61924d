import { stampColumns, type TableContract } from "@lifecycle/contracts";
import { column, type ResultStatus } from "./result.ts";

/**
 * The effect of one arm by one metric on the units of a day (their first exposure, or the day Braze counted them), for reading: it has
 * no p, belongs to no family of tests, and nothing that decides reads it. A number that does not exist is null, never 0 or NaN.
 */
export interface ExperimentDailyRow {
  workspace: string;
  experiment_id: string;
  experiment_name: string | null;
  metric: string;
  metric_kind: string;
  role: string;
  direction: string;
  arm_id: string;
  arm_name: string | null;
  is_control: boolean;
  /** `day`, or `week` (from Monday) above 60 days, `month` above 60 weeks. */
  period: string;
  /** Its first day. */
  activity_date: string;
  /** The newest of its days whose units count; null when none does yet. */
  last_date: string | null;
  method: string;
  status: ResultStatus;
  /** Why there is no effect; `maturing`: none of these units has had its time to convert. */
  reason: string | null;
  n: number;
  x: number | null;
  /** Units whose time to convert is not over; they are not in `n`. */
  units_maturing: number;
  value: number | null;
  control_arm_id: string | null;
  control_n: number | null;
  control_value: number | null;
  /** As in `ExperimentResultRow`: the interval of this comparison alone, at 1 − alpha. */
  effect: number | null;
  effect_low: number | null;
  effect_high: number | null;
  effect_se: number | null;
  alpha: number;
  /** Digest of the counts that the experiment's rows were made from: the same need not be kept again. */
  inputs_hash: string;
  data_state: string;
}

/** Stands for the rows of an experiment that had days and has none now: what was told of it before holds no more. */
export type NoDays = Pick<ExperimentDailyRow, "workspace" | "experiment_id" | "inputs_hash" | "data_state">;

export const experimentDailyColumns: TableContract = {
  table: "raw_experiment_daily",
  columns: [
    ...column("STRING", "experiment_id", "experiment_name", "metric", "metric_kind", "role", "direction"),
    ...column("STRING", "arm_id", "arm_name"),
    ...column("BOOL", "is_control"),
    ...column("STRING", "period"),
    ...column("DATE", "activity_date", "last_date"),
    ...column("STRING", "method", "status", "reason"),
    ...column("INT64", "n", "x", "units_maturing"),
    ...column("FLOAT64", "value"),
    ...column("STRING", "control_arm_id"),
    ...column("INT64", "control_n"),
    ...column("FLOAT64", "control_value", "effect", "effect_low", "effect_high", "effect_se", "alpha"),
    ...column("STRING", "inputs_hash"),
    ...stampColumns,
  ],
};
