import type { ArmMetric } from "./arm-metric.ts";
import type { Evaluation, ExperimentCapRow } from "./result.ts";

/** A value at which a metric is cut for good: later people do not move it, as long as its rule stays. */
export interface FrozenCap {
  readonly metric: string;
  readonly rule: string;
  readonly value: number;
  /** Day of the evaluation that froze it, UTC. */
  readonly since: string;
}

/** A cap as the arms have it now, found by a rule over the values of all arms together. */
export interface CapNow {
  readonly workspace: string;
  readonly experimentId: string;
  readonly metric: string;
  readonly rule: string;
  readonly value: number;
  /** Units of all arms whose value is not 0. */
  readonly nonzeroUnits: number;
}

/** With fewer of them the cap still moves too much to be kept. */
export const UNITS_TO_FREEZE = 1_000;

/** The caps of an experiment's metrics; values that were cut by no rule have none. */
export function capsOf(arms: readonly ArmMetric[]): CapNow[] {
  const cut = arms.filter(({ segment, capping, cap }) => segment === "all" && capping && cap !== null);
  return [...Map.groupBy(cut, ({ metric }) => metric).values()].map((family) => {
    const { workspace, experimentId, metric, cap, capping } = family[0]!;
    const nonzeroUnits = family.reduce((sum, arm) => sum + arm.capping!.nonzeroUnits, 0);
    return { workspace, experimentId, metric, rule: capping!.rule, value: cap!, nonzeroUnits };
  });
}

/** The frozen cap that is this one. Another rule makes another metric, whose cap is found anew. */
export function frozenAs({ metric, rule }: CapNow, frozen: readonly FrozenCap[]): FrozenCap | undefined {
  return frozen.find((cap) => cap.metric === metric && cap.rule === rule);
}

/**
 * Caps that this evaluation is the first to see enough units for: to be kept, so that all later ones cut at the same value. Numbers
 * that are not to be believed freeze nothing.
 */
export function newlyFrozen(
  arms: readonly ArmMetric[],
  frozen: readonly FrozenCap[],
  { verdicts }: Pick<Evaluation, "verdicts">,
): ExperimentCapRow[] {
  if (verdicts.some(({ decision }) => decision === "invalid")) return [];
  return capsOf(arms)
    .filter((cap) => cap.nonzeroUnits >= UNITS_TO_FREEZE && !frozenAs(cap, frozen))
    .map((cap) => ({
      workspace: cap.workspace,
      experiment_id: cap.experimentId,
      metric: cap.metric,
      cap_rule: cap.rule,
      cap_value: cap.value,
      nonzero_units: cap.nonzeroUnits,
      data_state: "closed",
    }));
}
