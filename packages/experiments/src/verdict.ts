import { addDays } from "@lifecycle/contracts";
import { type DecisionInput, type DecisionResult, evaluateDecision } from "@lifecycle/stats";
import { type ArmMetric, comesInFiles } from "./arm-metric.ts";
import { armValue, errorShares, valueVariance } from "./arm-value.ts";
import { type Compared, finite } from "./compare.ts";
import type { Definition } from "./definition.ts";
import type { Health } from "./health-check.ts";
import type { Ends } from "./look.ts";
import { type Direction, directionOf } from "./result-row.ts";
import { wantedEffect } from "./size.ts";

/** One treatment by one metric, with what is needed to decide on it. */
export interface Judged {
  readonly metric: string;
  readonly control: ArmMetric;
  readonly arm: ArmMetric;
  readonly compared: Compared;
}

/** Where an experiment stands in time and size. */
export interface Stage {
  /** Over: by its plan, by declaration (once everybody has had their time), or because nobody was added for long. */
  readonly horizonReached: boolean;
  readonly minDaysReached: boolean;
  readonly minUnitsReached: boolean;
  readonly matured: boolean;
  /** Matured units of all arms. */
  readonly units: number;
  /** The newest day that the source told of. */
  readonly asOf: string | null;
}

/** Without new units for so long, a programme that runs by itself is over. */
const IDLE_DAYS = 14;

/** `arms` are the matured ones of the primary metric. */
export function stageOf(definition: Definition, arms: readonly ArmMetric[], unitsMaturing: number): Stage {
  const units = arms.reduce((sum, { n }) => sum + (finite(n) ?? 0), 0);
  const firsts = arms.flatMap(({ firstDate }) => firstDate ?? []).toSorted();
  const lasts = arms.flatMap(({ lastDate }) => lastDate ?? []).toSorted();
  const [first, last] = [firsts[0], lasts.at(-1)];
  const asOf = arms.find((arm) => arm.asOf !== null)?.asOf ?? last;
  const window = definition.maturity_days ?? Math.max(0, ...arms.map(({ windowDays }) => windowDays ?? 0));
  const { planned_units, planned_days, ended } = definition;
  const isOlder = (day: string | undefined, days: number) =>
    day !== undefined && asOf !== undefined && asOf >= addDays(day, days);
  const isIdle = !comesInFiles(arms[0]) && unitsMaturing === 0 && isOlder(last, IDLE_DAYS + window);
  const lastLook = definition.looks.kind === "group_sequential" ? definition.looks.dates?.at(-1) : undefined;
  return {
    horizonReached:
      (ended === true && unitsMaturing === 0) ||
      isOlder(lastLook, 0) ||
      (planned_units !== undefined && units >= planned_units) ||
      (planned_days !== undefined && isOlder(first, planned_days + window)) ||
      isIdle,
    minDaysReached: first === undefined || ended === true || isOlder(first, definition.min_days),
    // A plan says its own size; without one a normal approximation needs people in every arm.
    minUnitsReached:
      definition.looks.kind === "fixed" || arms.every(({ n }) => n === 0 || (n ?? 0) >= definition.min_units),
    matured: units > 0,
    units,
    asOf: asOf ?? null,
  };
}

/** Turned so that positive is good. */
export function orient(
  { low, high }: Ends,
  direction: Direction,
): { lower: number | null; upper: number | null } {
  if (direction === "higher") return { lower: low, upper: high };
  return { lower: high === null ? null : -high, upper: low === null ? null : -low };
}

/**
 * What to do about one treatment, by its primary metrics and guardrails. Never by a p-value. A guardrail that is `unreported` is not
 * known to hold.
 */
export function decide(
  definition: Definition,
  health: Health,
  stage: Stage,
  primaries: readonly Judged[],
  guardrails: readonly Judged[],
  unreported: readonly string[] = [],
): DecisionResult & { metric: string | null } {
  const leading = leadingPrimary(definition, primaries);
  const input: DecisionInput = {
    dataErrors: health.dataErrors,
    srm: health.srm,
    contaminationRate: health.contaminationRate,
    contaminationMax: definition.contamination_max,
    inference: definition.looks.kind === "fixed" ? "fixed" : "sequential",
    horizonReached: stage.horizonReached,
    minDaysReached: stage.minDaysReached,
    minUnitsReached: stage.minUnitsReached,
    matured: stage.matured,
    primary: leading
      ? { ...intervalOf(definition, leading), mde: wantedEffect(definition, leading.control) }
      : null,
    guardrails: [
      ...guardrails.map((judged) => guardrailOf(definition, judged, guardrails.length)),
      ...unreported.map(() => ({ lower: null, upper: null, margin: 0 })),
    ],
  };
  // Nobody is there yet, or too few: no harm can be claimed from an interval of the first few.
  const early = !stage.minUnitsReached ? { ...input, primary: null, guardrails: [] } : input;
  return { ...evaluateDecision(early), metric: leading?.metric ?? null };
}

function intervalOf(definition: Definition, { metric, compared }: Judged) {
  if (compared.kind !== "estimated") return { lower: null, upper: null };
  return orient(compared.decision, directionOf(definition, metric));
}

/** Of several primary metrics: one that got worse, else one that got better, else the first. */
function leadingPrimary(definition: Definition, primaries: readonly Judged[]): Judged | undefined {
  const at = (judged: Judged) => intervalOf(definition, judged);
  return (
    primaries.find((judged) => (at(judged).upper ?? 0) < 0) ??
    primaries.find((judged) => (at(judged).lower ?? 0) > 0) ??
    primaries[0]
  );
}

/** How much worse a guardrail may get, in its own unit. */
export function marginOf(definition: Definition, control: ArmMetric): number | null {
  const margin = definition.metrics?.[control.metric]?.margin ?? definition.margin;
  if (margin.kind === "absolute") return margin.value;
  const value = armValue(control);
  return value === null ? null : Math.abs(value) * margin.value;
}

/**
 * A guardrail's interval and margin. Passing is not corrected for several guardrails (all must pass), stopping is. A relative margin
 * moves with the control's own noise, which widens the interval (Fieller's variance).
 */
export function guardrailOf(definition: Definition, judged: Judged, count: number) {
  const { metric, control, compared } = judged;
  const margin = marginOf(definition, control);
  if (compared.kind !== "estimated" || margin === null)
    return { lower: null, upper: null, margin: margin ?? 0 };
  const direction = directionOf(definition, metric);
  const widening = relativeWidening(definition, judged, compared, direction);
  const own = widen(orient(compared.alone, direction), compared.comparison.diff!, direction, widening);
  const shared = widen(orient(compared.decision, direction), compared.comparison.diff!, direction, widening);
  // Harm that was declared to be looked for at looks alone is found on any day: by a sequence of its own.
  const stop =
    compared.harm &&
    widen(orient(compared.harm(count), direction), compared.comparison.diff!, direction, widening);
  return { lower: own.lower, upper: stop ? stop.upper : count > 1 ? shared.upper : own.upper, margin };
}

function widen(
  { lower, upper }: { lower: number | null; upper: number | null },
  diff: number,
  direction: Direction,
  by: number,
) {
  const centre = direction === "higher" ? diff : -diff;
  return {
    lower: lower === null ? null : centre - (centre - lower) * by,
    upper: upper === null ? null : centre + (upper - centre) * by,
  };
}

function relativeWidening(
  definition: Definition,
  { control, arm }: Judged,
  compared: Extract<Compared, { kind: "estimated" }>,
  direction: Direction,
): number {
  const margin = definition.metrics?.[control.metric]?.margin ?? definition.margin;
  const [value, se] = [armValue(control), compared.comparison.se];
  const shares = se ? errorShares(control, arm, se) : null;
  if (margin.kind === "absolute" || shares === null || value === null || !se) return 1;
  const sign = direction === "higher" ? 1 : -1;
  const m = margin.value * Math.sign(value) * sign;
  // The margin is a share of the control's mean as it is, also where the difference is adjusted by a covariate.
  const own = control.kind === "cuped" ? valueVariance(control)! : shares.control;
  return Math.sqrt(Math.max(0, se ** 2 + m ** 2 * own - 2 * m * shares.control)) / se;
}

export function guardrailState(interval: {
  lower: number | null;
  upper: number | null;
  margin: number;
}): "pass" | "fail" | "unresolved" {
  if (interval.lower !== null && interval.lower > -interval.margin) return "pass";
  return interval.upper !== null && interval.upper < -interval.margin ? "fail" : "unresolved";
}
