import { type Reader, type Row, readRows, toText } from "./rows.ts";

/** Counts and sums of one arm by one metric, as `int_experiment_arm_metric` holds them. */
export interface ArmMetric {
  workspace: string;
  experimentId: string;
  experimentName: string | null;
  source: string;
  dataGrade: string;
  unit: string;
  armId: string;
  armName: string | null;
  /** Null when the source does not say. */
  isControl: boolean | null;
  controlBasis: string | null;
  metric: string;
  /** `proportion`, `mean`, `ratio` (value ÷ covariate), `cuped` (value adjusted by the covariate) or `quantile`. */
  kind: string;
  role: string;
  /** `all`, or a group named beforehand: `channel=Web`. */
  segment: string;
  n: number | null;
  x: number | null;
  valueSum: number | null;
  /** Null when single units are unknown. */
  valueSumsq: number | null;
  covariateSum: number | null;
  covariateSumsq: number | null;
  crossSum: number | null;
  /** Values were cut at this. */
  cap: number | null;
  cappedUnits: number | null;
  /** How the cap is found, where it follows from the values of all arms, and how many of this arm's are not 0. */
  capping?: { readonly rule: string; readonly nonzeroUnits: number };
  unitDays: number | null;
  unclosedDays: number | null;
  firstDate: string | null;
  lastDate: string | null;
  /** Days after a unit's day until it cannot convert any more; null when the source does not say. */
  windowDays: number | null;
  /** The newest day that the source has told of. */
  asOf: string | null;
  /** Sum of cubes over the units, for the skew; null when single units are unknown. */
  valueSumcubes: number | null;
  /** `quantile`: which, and the values at it and around it. */
  quantile?: ArmQuantile;
  /** Why nobody can count the units of this experiment's arms; absent where they are counted. */
  uncounted?: Uncounted;
  /** Units and conversions by allocation epoch, where epochs are pooled. */
  strata?: readonly { readonly n: number; readonly x: number }[];
}

/**
 * Braze does not tell who took a path. Of the global control group: nobody to compare with was exported by the same run, or several segments
 * were and none is named; nobody has an id; nothing is known of what people do.
 */
const UNCOUNTED = [
  "path_entries_not_exposed",
  "no_population",
  "several_populations",
  "no_user_ids",
  "no_user_outcomes",
] as const;
export type Uncounted = (typeof UNCOUNTED)[number];

/** A quantile of the units' values, with the values at both ends of the 95 % band of its rank; null where there is none. */
export interface ArmQuantile {
  readonly level: number | null;
  readonly value: number | null;
  readonly below: number | null;
  readonly above: number | null;
  /** Units that are not to be counted (yet) are among those it was taken of: it is not told. */
  readonly isOfMore?: true;
}

export type ArmReader = Reader;

/** Whether the units came in files: all there are, once, so that no new ones for a while is no end. */
export const comesInFiles = (arm: Pick<ArmMetric, "source"> | undefined): boolean =>
  arm?.source === "file" || arm?.source === "event";

const COLUMNS = [
  "workspace",
  "experiment_id",
  "experiment_name",
  "source",
  "data_grade",
  "unit",
  "arm_id",
  "arm_name",
  "is_control",
  "control_basis",
  "metric",
  "metric_kind",
  "role",
  "segment",
  "n",
  "x",
  "value_sum",
  "value_sumsq",
  "covariate_sum",
  "covariate_sumsq",
  "cross_sum",
  "cap_value",
  "capped_units",
  "unit_days",
  "unclosed_days",
  "first_date",
  "last_date",
  "window_days",
  "as_of_date",
  "value_sumcubes",
  "quantile_level",
  "quantile_value",
  "quantile_below",
  "quantile_above",
  "cap_rule",
  "nonzero_units",
  "uncounted",
] as const;

/** The arms of these experiments, in a stable order. */
export async function readArmMetrics(warehouse: Reader, ids: readonly string[]): Promise<ArmMetric[]> {
  const table = `${warehouse.datasets.build}.int_experiment_arm_metric`;
  return (await readRows(warehouse, table, COLUMNS, ids)).map(toArmMetric);
}

/** Every experiment the models found, in a stable order. */
export async function listExperiments(warehouse: Reader): Promise<string[]> {
  const sql = `SELECT DISTINCT experiment_id FROM ${warehouse.datasets.build}.int_experiment_arm_metric ORDER BY experiment_id`;
  const result = await warehouse.query(sql, { maxRows: 1_000_000 });
  return result.rows.map(([id]) => String(id));
}

function toArmMetric(row: Row): ArmMetric {
  const text = (name: (typeof COLUMNS)[number]) => String(row[name]);
  const maybe = (name: (typeof COLUMNS)[number]) => toText(row[name]);
  // A number that is none is told as such, never taken for a missing one.
  const number = (name: (typeof COLUMNS)[number]) => (row[name] == null ? null : Number(row[name]));
  const control = row.is_control;
  const uncounted = UNCOUNTED.find((reason) => reason === row.uncounted);
  const quantile = {
    level: number("quantile_level"),
    value: number("quantile_value"),
    below: number("quantile_below"),
    above: number("quantile_above"),
  };
  return {
    workspace: text("workspace"),
    experimentId: text("experiment_id"),
    experimentName: maybe("experiment_name"),
    source: text("source"),
    dataGrade: text("data_grade"),
    unit: text("unit"),
    armId: text("arm_id"),
    armName: maybe("arm_name"),
    isControl: typeof control === "boolean" ? control : null,
    controlBasis: maybe("control_basis"),
    metric: text("metric"),
    kind: text("metric_kind"),
    role: text("role"),
    segment: text("segment"),
    n: number("n"),
    x: number("x"),
    valueSum: number("value_sum"),
    valueSumsq: number("value_sumsq"),
    covariateSum: number("covariate_sum"),
    covariateSumsq: number("covariate_sumsq"),
    crossSum: number("cross_sum"),
    cap: number("cap_value"),
    cappedUnits: number("capped_units"),
    unitDays: number("unit_days"),
    unclosedDays: number("unclosed_days"),
    firstDate: maybe("first_date"),
    lastDate: maybe("last_date"),
    windowDays: number("window_days"),
    asOf: maybe("as_of_date"),
    valueSumcubes: number("value_sumcubes"),
    ...(row.metric_kind === "quantile" ? { quantile } : {}),
    ...(uncounted ? { uncounted } : {}),
    ...(row.cap_rule == null
      ? {}
      : { capping: { rule: text("cap_rule"), nonzeroUnits: number("nonzero_units") ?? 0 } }),
  };
}
