import { FatalError } from "@lifecycle/contracts";
import type { Warehouse } from "@lifecycle/warehouse";

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
  kind: string;
  role: string;
  n: number | null;
  x: number | null;
  valueSum: number | null;
  /** Null when single units are unknown. */
  valueSumsq: number | null;
  unitDays: number | null;
  unclosedDays: number | null;
  firstDate: string | null;
  lastDate: string | null;
}

export type ArmReader = Pick<Warehouse, "datasets" | "query">;

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
  "n",
  "x",
  "value_sum",
  "value_sumsq",
  "unit_days",
  "unclosed_days",
  "first_date",
  "last_date",
];

const MAX_ROWS = 1_000_000;

/** Ids of this form stand in a SQL literal as they are, on both engines. */
const PLAIN_ID = /^[A-Za-z0-9_.~-]+$/;

/** The arms of these experiments, in a stable order. Throws `experiments.too_many_rows` rather than judging half of them. */
export async function readArmMetrics(warehouse: ArmReader, ids: readonly string[]): Promise<ArmMetric[]> {
  if (ids.length === 0) return [];
  const wanted = new Set(ids);
  const literals = ids.every((id) => PLAIN_ID.test(id)) ? [...wanted].map((id) => `'${id}'`) : undefined;
  const filter = literals ? `WHERE experiment_id IN (${literals.join(", ")})` : "";
  const sql = `SELECT ${COLUMNS.join(", ")} FROM ${warehouse.datasets.build}.int_experiment_arm_metric ${filter} ORDER BY experiment_id, metric, arm_id`;
  const result = await warehouse.query(sql, { maxRows: MAX_ROWS });
  if (result.truncated) {
    throw new FatalError(
      "experiments.too_many_rows",
      `more than ${MAX_ROWS} arms × metrics in one evaluation`,
    );
  }
  return result.rows.map(toArmMetric).filter((arm) => wanted.has(arm.experimentId));
}

/** Every experiment the models found, in a stable order. */
export async function listExperiments(warehouse: ArmReader): Promise<string[]> {
  const sql = `SELECT DISTINCT experiment_id FROM ${warehouse.datasets.build}.int_experiment_arm_metric ORDER BY experiment_id`;
  const result = await warehouse.query(sql, { maxRows: MAX_ROWS });
  return result.rows.map(([id]) => String(id));
}

function toArmMetric(row: readonly unknown[]): ArmMetric {
  const at = (name: string) => row[COLUMNS.indexOf(name)];
  const text = (name: string) => String(at(name));
  const textOrNull = (name: string) => (at(name) == null ? null : text(name));
  const number = (name: string) => toNumber(at(name));
  const control = at("is_control");
  return {
    workspace: text("workspace"),
    experimentId: text("experiment_id"),
    experimentName: textOrNull("experiment_name"),
    source: text("source"),
    dataGrade: text("data_grade"),
    unit: text("unit"),
    armId: text("arm_id"),
    armName: textOrNull("arm_name"),
    isControl: typeof control === "boolean" ? control : null,
    controlBasis: textOrNull("control_basis"),
    metric: text("metric"),
    kind: text("metric_kind"),
    role: text("role"),
    n: number("n"),
    x: number("x"),
    valueSum: number("value_sum"),
    valueSumsq: number("value_sumsq"),
    unitDays: number("unit_days"),
    unclosedDays: number("unclosed_days"),
    firstDate: textOrNull("first_date"),
    lastDate: textOrNull("last_date"),
  };
}

/** A number as either engine returns it (NUMERIC and large INT64 come as text); null for none. */
export function toNumber(value: unknown): number | null {
  if (value == null || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
