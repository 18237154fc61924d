import { type Reader, readRows, toNumber } from "./rows.ts";

/**
 * One arm, one metric, everybody or one group, the units of one day (their first exposure, or the day Braze counted them), as
 * `int_experiment_arm_daily` holds it. Sums as in `ArmMetric`, null where the metric has none.
 */
export interface ArmDay {
  experimentId: string;
  metric: string;
  /** `all`, or a group. */
  segment: string;
  armId: string;
  date: string;
  n: number;
  /** Proportions: units of that day that converted. */
  x: number | null;
  valueSum: number | null;
  valueSumsq: number | null;
  valueSumcubes: number | null;
  covariateSum: number | null;
  covariateSumsq: number | null;
  crossSum: number | null;
  cappedUnits: number | null;
}

const COLUMNS = [
  "experiment_id",
  "metric",
  "segment",
  "arm_id",
  "activity_date",
  "n",
  "x",
  "value_sum",
  "value_sumsq",
  "value_sumcubes",
  "covariate_sum",
  "covariate_sumsq",
  "cross_sum",
  "capped_units",
] as const;

/** Days of these experiments, oldest first within an arm. */
export async function readArmDays(warehouse: Reader, ids: readonly string[]): Promise<ArmDay[]> {
  const rows = await readRows(
    warehouse,
    `${warehouse.datasets.build}.int_experiment_arm_daily`,
    COLUMNS,
    ids,
  );
  return rows.map((row) => ({
    experimentId: String(row.experiment_id),
    metric: String(row.metric),
    segment: String(row.segment),
    armId: String(row.arm_id),
    date: String(row.activity_date),
    n: toNumber(row.n) ?? 0,
    x: toNumber(row.x),
    valueSum: toNumber(row.value_sum),
    valueSumsq: toNumber(row.value_sumsq),
    valueSumcubes: toNumber(row.value_sumcubes),
    covariateSum: toNumber(row.covariate_sum),
    covariateSumsq: toNumber(row.covariate_sumsq),
    crossSum: toNumber(row.cross_sum),
    cappedUnits: toNumber(row.capped_units),
  }));
}
