import type {
  EffectSize,
  ExperimentOverride,
  ExperimentsConfig,
  FilePipeline,
  Looks,
} from "@lifecycle/contracts";
import { ExperimentsConfig as ConfigSchema, InputError } from "@lifecycle/contracts";
import type { ArmMetric, Uncounted } from "./arm-metric.ts";

/** What people said about experiments, over what the data say. */
export interface Definitions {
  /** What holds where an experiment says nothing. */
  readonly defaults: Omit<ExperimentsConfig, "experiments">;
  readonly experiments: Readonly<Record<string, ExperimentOverride>>;
  /** Ids that `config/experiments.yaml` names: they are judged, and missed, even when no data tell of them. */
  readonly declared: readonly string[];
}

/** One experiment's own words with the defaults filled in. */
export type Definition = Omit<ExperimentOverride, "alpha" | "looks" | "min_days" | "min_units"> & {
  readonly alpha: number;
  readonly looks: Looks;
  readonly min_days: number;
  readonly min_units: number;
  readonly contamination_max: number;
  readonly mde: EffectSize;
  readonly margin: EffectSize;
};

export const NO_DEFINITIONS: Definitions = definitionsOf(ConfigSchema.parse({}), [], []);

/**
 * The definitions of a deployment: those that file pipelines carry, for every workspace, and `config/experiments.yaml` over them.
 */
export function definitionsOf(
  config: ExperimentsConfig,
  pipelines: readonly FilePipeline[],
  workspaces: readonly string[],
): Definitions {
  const { experiments: overrides, ...defaults } = config;
  const fromFiles = workspaces.flatMap((workspace) =>
    pipelines.flatMap((pipeline) =>
      pipeline.experiments.map((experiment): [string, ExperimentOverride] => [
        `${workspace}__file__${experiment.id}`,
        overrideOf(experiment),
      ]),
    ),
  );
  const experiments: Record<string, ExperimentOverride> = Object.fromEntries(fromFiles);
  for (const [id, override] of Object.entries(overrides)) {
    const metrics = mergedMetrics(experiments[id]?.metrics, override.metrics);
    experiments[id] = { ...experiments[id], ...override, ...(metrics ? { metrics } : {}) };
  }
  return { defaults, experiments, declared: Object.keys(overrides) };
}

function overrideOf(experiment: FilePipeline["experiments"][number]): ExperimentOverride {
  const { id: _, arm_column: __, metrics, ...rest } = experiment;
  const judged = metrics.map(({ name, role, direction, margin, mde }) => [
    name,
    { role, direction, ...(margin ? { margin } : {}), ...(mde ? { mde } : {}) },
  ]);
  return { ...rest, metrics: Object.fromEntries(judged) };
}

function mergedMetrics(
  below: ExperimentOverride["metrics"],
  above: ExperimentOverride["metrics"],
): ExperimentOverride["metrics"] {
  if (!above) return below;
  const merged = { ...below };
  for (const [name, metric] of Object.entries(above)) merged[name] = { ...merged[name], ...metric };
  return merged;
}

/** The definition of one experiment. Throws `experiments.invalid_alpha` for a level that is none. */
export function definitionOf(definitions: Definitions, id: string): Definition {
  const { defaults } = definitions;
  const own = definitions.experiments[id] ?? {};
  return resolveDefinition(own, defaults);
}

export function resolveDefinition(
  own: ExperimentOverride,
  defaults: Definitions["defaults"] = NO_DEFINITIONS.defaults,
): Definition {
  return {
    ...own,
    alpha: checkedAlpha(own.alpha ?? defaults.alpha),
    looks: own.looks ?? looksOf(own, defaults.looks),
    min_days: own.min_days ?? defaults.min_days,
    min_units: own.min_units ?? defaults.min_units,
    contamination_max: own.contamination_max ?? defaults.contamination_max,
    repeat_sends: own.repeat_sends ?? defaults.repeat_sends,
    mde: defaults.mde,
    margin: defaults.margin,
  };
}

/** Looks of an experiment that declares none: whoever declares a size gets five of them, and nobody can look at shares of no size. */
function looksOf({ planned_units }: ExperimentOverride, usual: Looks): Looks {
  if (planned_units === undefined)
    return usual.kind === "group_sequential" ? NO_DEFINITIONS.defaults.looks : usual;
  return usual.kind === "confidence_sequence" ? { kind: "group_sequential", spending: "obf" } : usual;
}

/** Refuses a level that is no level before anything is judged by it. */
function checkedAlpha(alpha: number): number {
  if (alpha > 0 && alpha < 1) return alpha;
  throw new InputError("experiments.invalid_alpha", `alpha must lie between 0 and 1, got ${alpha}`);
}

/** The planned shares that hold now: the newest epoch's, else the experiment's own. */
export function sharesNow(definition: Definition): Readonly<Record<string, number>> | undefined {
  return definition.epochs?.at(-1)?.planned_shares ?? definition.planned_shares;
}

/** The share planned for an arm, by its id or its name; undefined when nobody said. */
export function shareOf(
  shares: Readonly<Record<string, number>> | undefined,
  arm: Pick<ArmMetric, "armId" | "armName">,
): number | undefined {
  return shares?.[arm.armId] ?? shares?.[arm.armName ?? ""];
}

/** The arm to compare against, or why there is none. */
export type Control = { arm: ArmMetric } | { reason: NoControl };
export type NoControl = "no_control" | "several_controls" | "unknown_control";

/** Why no arm of an experiment can be compared: nothing to compare with, or no count of who is in the arms. */
export type NoComparison = NoControl | Uncounted;

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
