import type { Decision } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import { type JudgeContext, lookFor } from "./judge-context.ts";
import type { ExperimentVerdictRow, VerdictReason } from "./result.ts";
import type { Turn } from "./turn.ts";
import { decide, guardrailOf, guardrailState, type Judged, type Stage } from "./verdict.ts";
import { carriedRow, verdictRow } from "./verdict-row.ts";
import { type Winner, winnerOf } from "./winner.ts";

/** A verdict on each treatment. `judged` are all metrics over everybody, `arms` those of the first primary one. */
export function judgeArms(
  context: JudgeContext,
  judged: readonly Judged[],
  arms: readonly ArmMetric[],
): ExperimentVerdictRow[] {
  const treatments = arms.filter(({ armId }) => armId !== context.controlId);
  const decided = treatments.map((arm) => decideArm(context, judged, arm));
  const ships = decided.filter(({ result }) => result.decision === "ship");
  const winner = winnerOf(ships, context.definition);
  return decided.map((one) => carried(context, one, arms) ?? freshRow(context, one, arms, winner));
}

/** One treatment with what was decided on it, by its primary metrics and its guardrails. */
interface DecidedArm {
  readonly arm: ArmMetric;
  readonly primaries: readonly Judged[];
  readonly guardrails: readonly Judged[];
  /** Guardrails that were declared and that nobody reports: nothing is known of them. */
  readonly unreported: readonly string[];
  readonly result: { decision: Decision; reason: VerdictReason; metric: string | null };
}

function decideArm(context: JudgeContext, judged: readonly Judged[], arm: ArmMetric): DecidedArm {
  const { definition, health, stage, turn } = context;
  const role = (one: Judged) => definition.metrics?.[one.metric]?.role ?? one.arm.role;
  const own = judged.filter((one) => one.arm.armId === arm.armId);
  const guardrails = own.filter((one) => role(one) === "guardrail");
  const primaries = own.filter((one) => context.primaries.has(one.metric));
  const unreported = Object.entries(definition.metrics ?? {}).flatMap(([metric, { role }]) =>
    role === "guardrail" && own.every((one) => one.metric !== metric) ? [metric] : [],
  );
  const result = decide(definition, health, stage, primaries, guardrails, unreported);
  const said = { ...result, ...insteadOf(result.reason, stage, turn) };
  return { arm, primaries, guardrails, unreported, result: said };
}

/** What to say instead where waiting is for something else, or for nothing: a test that is over gets no more people. */
function insteadOf(
  reason: VerdictReason,
  { horizonReached, minDaysReached, minUnitsReached }: Stage,
  turn: Turn,
): Partial<DecidedArm["result"]> {
  if (reason === "collecting" && turn.kind === "between") return { reason: "look_not_due" };
  const isOverTooSmall = horizonReached && minDaysReached && !minUnitsReached;
  return reason === "warming_up" && isOverTooSmall
    ? { decision: "inconclusive", reason: "too_few_units" }
    : {};
}

/** What is said as soon as it is seen, whether or not a look is due. */
const SPOKEN_BETWEEN: ReadonlySet<Decision> = new Set(["invalid", "stop_harm"]);

/** Between two looks what the last one said stands. */
function carried({ turn, stage }: JudgeContext, { arm, result }: DecidedArm, arms: readonly ArmMetric[]) {
  if (turn.kind !== "between" || SPOKEN_BETWEEN.has(result.decision)) return undefined;
  const said = turn.last?.verdicts.find(({ arm_id }) => arm_id === arm.armId);
  return said && carriedRow(said, arms, stage, turn);
}

function freshRow(
  context: JudgeContext,
  { arm, primaries, guardrails, unreported, result }: DecidedArm,
  arms: readonly ArmMetric[],
  winner: Winner | null,
): ExperimentVerdictRow {
  const { definition, health, stage, turn, hashes } = context;
  const control = arms.find(({ armId }) => armId === context.controlId)!;
  const leading = primaries.find(({ metric }) => metric === result.metric) ?? primaries[0];
  const isWinner = winner?.id === arm.armId;
  return verdictRow({
    definition,
    health,
    stage,
    arms,
    control: leading?.control ?? control,
    arm: leading?.arm ?? arm,
    compared: leading?.compared ?? { kind: "not_estimable", reason: "no_control" },
    look: lookFor(context, control.metric),
    result,
    turn,
    hashes,
    guardrails: [
      ...guardrails.map((one) => ({
        metric: one.metric,
        state: guardrailState(guardrailOf(definition, one, guardrails.length)),
      })),
      ...unreported.map((metric) => ({ metric: `${metric} (not reported)`, state: "unresolved" })),
    ],
    isWinner,
    tiedWith: isWinner ? winner.tiedWith : null,
    winnerId: winner?.id ?? null,
  });
}
