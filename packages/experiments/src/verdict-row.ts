import { addDays } from "@lifecycle/contracts";
import type { Decision } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import { unitsProblem } from "./arm-value.ts";
import { type Compared, finite } from "./compare.ts";
import type { Definition, NoComparison } from "./definition.ts";
import { spreadOf } from "./design-effect.ts";
import type { Hashes } from "./digest.ts";
import { formatP } from "./format.ts";
import type { Health } from "./health-check.ts";
import { criticalOf, type Look } from "./look.ts";
import type { ExperimentResultRow, ExperimentVerdictRow, Verdict, VerdictReason } from "./result.ts";
import { dayOfUnits, neededPerArm, wantedEffect } from "./size.ts";
import type { Turn } from "./turn.ts";
import type { Stage } from "./verdict.ts";
import { armName, explain, WHY_NO_COMPARISON } from "./words.ts";

interface VerdictParts {
  readonly definition: Definition;
  readonly health: Health;
  readonly stage: Stage;
  /** All arms by the first primary metric. */
  readonly arms: readonly ArmMetric[];
  readonly control: ArmMetric;
  readonly arm: ArmMetric;
  readonly compared: Compared;
  readonly look: Look;
  readonly result: { readonly decision: Decision; readonly reason: VerdictReason };
  readonly turn: Turn;
  readonly hashes: Hashes;
  readonly guardrails: readonly { metric: string; state: string }[];
  readonly isWinner: boolean;
  readonly tiedWith: string | null;
  /** The best of all treatments that may be shipped. */
  readonly winnerId: string | null;
}

/** What is said about one treatment, with what is still to be waited for. */
export function verdictRow(parts: VerdictParts): ExperimentVerdictRow {
  const { definition, health, stage, arm, control, compared, result, look, arms } = parts;
  const estimated = compared.kind === "estimated" ? compared : undefined;
  const wanted = wantedEffect(definition, control);
  const needed = unitsNeeded(parts, wanted);
  const isAwaited = result.decision === "keep_running" && !definition.ended;
  const nextLook = isAwaited ? nextLookDate(parts, needed) : null;
  const failed = health.checks.filter(({ status }) => status === "fail");
  const explanation = explain({
    ...result,
    definition,
    stage,
    control,
    arm,
    estimated,
    guardrails: parts.guardrails,
    failed,
    wanted,
    unitsNeeded: needed,
    nextLook,
    turn: parts.turn,
  });
  const { turn } = parts;
  const isLook = turn.kind === "look" && result.decision !== "invalid";
  return {
    ...base(arm, definition, arms, stage.units),
    ...parts.hashes,
    control_arm_id: control.armId,
    decision: result.decision,
    reason: result.reason,
    look: isLook ? turn.number : null,
    looks_planned: turn.of,
    is_final_look: isLook ? turn.isFinal : null,
    verdict: result.reason === "too_few_units" ? "insufficient" : PLAIN[result.decision],
    explanation: [explanation, ...besides(parts)].join(" "),
    problems: failed.map(({ code }) => code).join(",") || null,
    is_winner: parts.isWinner,
    tied_with: parts.tiedWith,
    metric: arm.metric,
    metric_kind: arm.kind,
    information: look.share,
    units_needed: needed,
    next_look_date: nextLook,
    effect: estimated?.comparison.diff ?? null,
    decision_low: estimated?.decision.low ?? null,
    decision_high: estimated?.decision.high ?? null,
    decision_boundary: estimated?.boundary ?? null,
  };
}

/** How an arm that may be shipped stands to the others that may. */
function besides({ result, isWinner, tiedWith, winnerId, arms }: VerdictParts): string[] {
  const named = (id: string | null) => arms.find(({ armId }) => armId === id);
  if (result.decision !== "ship") return [];
  const [tie, winner] = [named(tiedWith), named(winnerId)];
  if (isWinner && tie) return [`${armName(tie)} is as good: either may be shipped.`];
  return !isWinner && winner ? [`${armName(winner)} does better still.`] : [];
}

const PLAIN: Readonly<Record<Decision, Verdict>> = {
  invalid: "insufficient",
  keep_running: "insufficient",
  stop_harm: "no_win",
  ship: "win",
  stop_no_effect: "no_win",
  inconclusive: "no_win",
};

function base(arm: ArmMetric, definition: Definition, arms: readonly ArmMetric[], units: number | null) {
  const dates = (of: "firstDate" | "lastDate") => arms.flatMap((each) => each[of] ?? []).toSorted();
  return {
    workspace: arm.workspace,
    experiment_id: arm.experimentId,
    experiment_name: definition.name ?? arm.experimentName,
    arm_id: arm.armId,
    arm_name: arm.armName,
    looks: definition.looks.kind,
    expected_units: definition.looks.kind === "confidence_sequence" ? definition.looks.expected_units : null,
    units,
    planned_units: definition.planned_units ?? null,
    alpha: definition.alpha,
    first_date: dates("firstDate")[0] ?? null,
    last_date: dates("lastDate").at(-1) ?? null,
    data_state: arms.some(({ unclosedDays }) => (unclosedDays ?? 0) > 0) ? "settling" : "closed",
  };
}

/** Units that the smaller of the two arms still lacks; by the plan where there is one. */
function unitsNeeded({ definition, control, arm, arms, look, stage }: VerdictParts, wanted: number | null) {
  const { planned_units: planned } = definition;
  if (planned !== undefined) return Math.max(0, Math.ceil((planned - stage.units) / arms.length));
  const treatments = Math.max(1, arms.length - 1);
  const critical = criticalOf(look, stage.units || 1, treatments);
  const once = critical === null ? null : neededPerArm(control, wanted, critical);
  const needed = once === null ? null : Math.ceil(once * (spreadOf(definition, arms) ?? 1));
  return needed === null ? null : Math.max(0, needed - Math.min(finite(control.n) ?? 0, finite(arm.n) ?? 0));
}

/** What the last look said, said again: no look is due. */
export function carriedRow(
  said: ExperimentVerdictRow,
  arms: readonly ArmMetric[],
  stage: Stage,
  turn: Turn,
): ExperimentVerdictRow {
  if (said.decision !== "keep_running") return said;
  const next_look_date = declaredLookDate(arms, stage, turn);
  const again = next_look_date === null ? "" : `Look again on ${next_look_date}.`;
  const explanation = said.explanation.replace(/ ?Look again on [\d-]+\.$/, "").concat(again && ` ${again}`);
  return { ...said, explanation, next_look_date };
}

/** The day of the next declared look: its own, or the one on which enough people will have come. */
function declaredLookDate(arms: readonly ArmMetric[], stage: Stage, { next }: Turn): string | null {
  if (next === null) return null;
  if ("date" in next) return next.date;
  const missing = (next.units - stage.units) / arms.length;
  return Number.isFinite(missing) ? dayOfUnits(paceOf(arms, stage), Math.max(0, missing)) : null;
}

function paceOf(arms: readonly ArmMetric[], stage: Stage) {
  const dates = (of: "firstDate" | "lastDate") => arms.flatMap((arm) => arm[of] ?? []).toSorted();
  const [firstDate, lastDate] = [dates("firstDate")[0] ?? null, dates("lastDate").at(-1) ?? null];
  return { units: stage.units / arms.length, firstDate, lastDate, asOf: stage.asOf ?? lastDate };
}

function nextLookDate(
  { definition, arms, stage, result, turn }: VerdictParts,
  needed: number | null,
): string | null {
  const pace = paceOf(arms, stage);
  const { firstDate: first, asOf } = pace;
  if (!first || !asOf) return null;
  if (result.reason === "warming_up" && asOf < addDays(first, definition.min_days))
    return addDays(first, definition.min_days);
  if (definition.looks.kind === "group_sequential") return declaredLookDate(arms, stage, turn);
  const day = dayOfUnits(pace, needed ?? 0);
  if (definition.looks.kind === "fixed") {
    return definition.planned_days !== undefined ? addDays(first, definition.planned_days) : day;
  }
  // Any look is allowed, but a week brings a whole cycle of weekdays.
  const week = addDays(asOf, 7);
  return day === null ? null : day < week ? day : week;
}

/** What is said of an experiment in which no arm can be judged: of all of them at once, and without a number. */
export const NO_ARM_JUDGED = {
  arm_id: "all",
  arm_name: null,
  control_arm_id: null,
  decision: "invalid",
  verdict: "insufficient",
  is_winner: false,
  tied_with: null,
  look: null,
  looks_planned: null,
  is_final_look: null,
  information: null,
  units_needed: null,
  next_look_date: null,
  effect: null,
  decision_low: null,
  decision_high: null,
  decision_boundary: null,
} as const;

/** An experiment without a control: nothing can be shipped or stopped, but whether its variants differ is said. */
export function verdictOfAll(
  arms: readonly ArmMetric[],
  definition: Definition,
  health: Health,
  reason: NoComparison,
  results: readonly ExperimentResultRow[],
  hashes: Hashes,
): ExperimentVerdictRow {
  const units = unitsProblem(arms) ? null : arms.reduce((sum, { n }) => sum + (finite(n) ?? 0), 0);
  const all = results.find((row) => row.arm_id === "all" && row.metric === arms[0]?.metric);
  const differ =
    all?.p_value == null
      ? ""
      : all.p_value < definition.alpha
        ? ` The variants differ (p ${formatP(all.p_value)}), but which one is better is not judged.`
        : ` The variants do not differ beyond chance (p ${formatP(all.p_value)}).`;
  const failed = health.checks.filter(({ status }) => status === "fail");
  const why = WHY_NO_COMPARISON[reason];
  return {
    ...base(arms[0]!, definition, arms, units),
    ...hashes,
    ...NO_ARM_JUDGED,
    reason,
    explanation: `${why}${differ}`,
    problems: [reason, ...failed.map(({ code }) => code)].join(","),
    metric: arms[0]?.metric ?? null,
    metric_kind: arms[0]?.kind ?? null,
  };
}
