import type { ArmActivity } from "./arm-activity.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import type { ControlGroup } from "./control-group.ts";
import type { Definition } from "./definition.ts";
import type { History } from "./history.ts";
import type { ExperimentHealthRow, HealthStatus } from "./result.ts";

/**
 * What the checks look at. `arms` are everybody assigned, by one metric, `members` the same of each group; `all` the matured ones of
 * every metric and group.
 */
export interface HealthInput {
  readonly arms: readonly ArmMetric[];
  readonly members: readonly ArmMetric[];
  readonly all: readonly ArmMetric[];
  readonly control: ArmMetric | undefined;
  readonly days: readonly ArmDay[];
  readonly activity: readonly ArmActivity[];
  /** What is known of the global control group, where that is the control. */
  readonly group?: ControlGroup | undefined;
  readonly definition: Definition;
  readonly unitsMaturing: number;
  readonly history: Pick<History, "caps" | "srm">;
  /** The day of the evaluation, UTC; null when the clock is not to be asked. */
  readonly today: string | null;
  /** How many experiments are checked in one refresh: more than 100 ask for a stricter threshold. */
  readonly experiments: number;
}

export type HealthCheck = Omit<ExperimentHealthRow, "workspace" | "experiment_id" | "data_state">;

export interface Health {
  readonly checks: readonly HealthCheck[];
  /** Codes of checks that make every number of the experiment worthless, other than shares and crossing units. */
  readonly dataErrors: readonly string[];
  readonly srm: { readonly p: number | null; readonly threshold: number } | null;
  readonly contaminationRate: number | null;
}

/** One check's row; value and threshold in the unit that `detail` names. */
export const check = (
  check_name: string,
  status: HealthStatus,
  code: string | null,
  detail: string,
  value: number | null = null,
  threshold: number | null = null,
  basis: string | null = null,
  observed: Readonly<Record<string, number>> | null = null,
): HealthCheck => ({
  check_name,
  status,
  code,
  value,
  threshold,
  detail,
  basis,
  observed: observed && JSON.stringify(observed),
});

export const nameOf = (arm: ArmMetric) => arm.armName ?? arm.armId;
