import type { ExperimentOverride, ExperimentsConfig, FilePipeline } from "@lifecycle/contracts";
import { InputError } from "@lifecycle/contracts";
import type { ArmMetric } from "./arm-metric.ts";

/** Overrides by experiment id: what a person said about an experiment, over what its data say. */
export type Definitions = Readonly<Record<string, ExperimentOverride>>;

export const DEFAULT_ALPHA = 0.05;

/**
 * The definitions of a deployment: those that file pipelines carry, for every workspace, and `config/experiments.yaml` over them.
 */
export function definitionsOf(
  config: ExperimentsConfig,
  pipelines: readonly FilePipeline[],
  workspaces: readonly string[],
): Definitions {
  const declared = workspaces.flatMap((workspace) =>
    pipelines.flatMap((pipeline) =>
      pipeline.experiments.map((experiment): [string, ExperimentOverride] => [
        `${workspace}__file__${experiment.id}`,
        {
          name: experiment.name,
          control: experiment.control,
          ...(experiment.planned_shares === undefined ? {} : { planned_shares: experiment.planned_shares }),
          metrics: Object.fromEntries(
            experiment.metrics.map(({ name, role, direction }) => [name, { role, direction }]),
          ),
        },
      ]),
    ),
  );
  const merged: Record<string, ExperimentOverride> = Object.fromEntries(declared);
  for (const [id, override] of Object.entries(config.experiments)) {
    merged[id] = { alpha: config.alpha, ...merged[id], ...override };
  }
  return merged;
}

/** Refuses a level that is no level before anything is judged by it. */
export function checkedAlpha(alpha: number): number {
  if (alpha > 0 && alpha < 1) return alpha;
  throw new InputError("experiments.invalid_alpha", `alpha must lie between 0 and 1, got ${alpha}`);
}

/** The arm to compare against, or why there is none. */
export type Control = { arm: ArmMetric } | { reason: "no_control" | "several_controls" | "unknown_control" };

/**
 * A declared control wins over what the source says. Controls without units are passed over when another has some: Braze lists
 * a control once per channel.
 */
export function controlOf(arms: readonly ArmMetric[], declared: string | undefined): Control {
  if (declared !== undefined) {
    const arm =
      arms.find(({ armId }) => armId === declared) ?? arms.find(({ armName }) => armName === declared);
    return arm ? { arm } : { reason: "unknown_control" };
  }
  const candidates = arms.filter(({ isControl }) => isControl === true);
  const used = candidates.filter(({ n }) => (n ?? 0) > 0);
  const [arm, other] = used.length > 0 ? used : candidates;
  if (!arm) return { reason: "no_control" };
  return other ? { reason: "several_controls" } : { arm };
}
