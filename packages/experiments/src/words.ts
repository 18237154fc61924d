import type { Decision } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import type { Estimated } from "./compare.ts";
import type { Definition, NoComparison } from "./definition.ts";
import { formatCount, formatEffect, formatInterval, formatLift } from "./format.ts";
import type { HealthCheck } from "./health-check.ts";
import type { VerdictReason } from "./result.ts";
import type { Turn } from "./turn.ts";
import type { Stage } from "./verdict.ts";

/** What a verdict is about, for putting it into words. */
export interface Told {
  readonly decision: Decision;
  readonly reason: VerdictReason;
  readonly definition: Definition;
  readonly stage: Stage;
  readonly control: ArmMetric | undefined;
  readonly arm: ArmMetric;
  readonly estimated: Estimated | undefined;
  readonly guardrails: readonly { metric: string; state: string }[];
  readonly failed: readonly HealthCheck[];
  readonly wanted: number | null;
  readonly unitsNeeded: number | null;
  readonly nextLook: string | null;
  readonly turn: Turn;
}

export const DECISION_WORDS: Readonly<Record<Decision, string>> = {
  invalid: "Do not trust these numbers",
  keep_running: "Keep running",
  stop_harm: "Stop: it does harm",
  ship: "Ship it",
  stop_no_effect: "Stop: no effect worth having",
  inconclusive: "Nothing proven",
};

export const WHY_NO_COMPARISON: Readonly<Record<NoComparison, string>> = {
  no_control:
    "No arm is the control: name one in config/experiments.yaml to have the others judged against it.",
  several_controls: "Several arms call themselves the control: name one in config/experiments.yaml.",
  unknown_control: "The control that config/experiments.yaml names is not among the arms.",
  path_entries_not_exposed:
    "Braze does not tell how many people took each path of an experiment step, so its paths cannot be compared from here: what their steps sent and brought is shown as it is.",
  no_population:
    "The global control group was exported, and nobody to compare it with: export a segment of all who could be messaged in the same run (`users-export-segment`, `workspaces.<name>.braze.exports`).",
  several_populations:
    "Several segments are exported, and nobody said which of them holds all who could be messaged: name it in the var `global_control_population`.",
  no_user_ids:
    "Nobody in the exports has an id: export the field `external_id`, and keep or hash it (`pii.policy`).",
  no_user_outcomes:
    "Nothing is known of what single people do: export the field `total_revenue`, or run the event stream over days after the first export.",
};

const CANNOT_BE_JUDGED =
  /(?:no|several|unknown)_controls?\b|experiment_not_found|group_not_exported|path_entries_not_exposed|(?:no|several)_populations?\b|no_user_(?:ids|outcomes)/;

/** Whether nothing was there to compare with. */
export const lacksControl = ({ problems }: { problems: string | null }) =>
  CANNOT_BE_JUDGED.test(problems ?? "");

/** A verdict in a few words. What has nothing to be compared with is not called untrustworthy. */
export function sayOf(verdict: { decision: Decision; problems: string | null }): string {
  return lacksControl(verdict) ? "Cannot be judged" : DECISION_WORDS[verdict.decision];
}

/** A verdict in sentences that a marketer reads: what was found, why this follows, and what to wait for. */
export function explain(told: Told): string {
  return [...because(told), ...inPlaceOf(told), ...levelUsed(told), ...waitFor(told)].join(" ");
}

/** Why declared looks are not followed. */
function inPlaceOf({ turn, decision, definition }: Told): string[] {
  if (turn.kind !== "any" || turn.inPlaceOf === null || decision === "invalid") return [];
  const { looks } = definition;
  const tightest = looks.kind === "confidence_sequence" ? formatCount(looks.expected_units) : "";
  const changed =
    turn.inPlaceOf.kind === "confidence_sequence"
      ? `Another number of expected units was declared after it had been judged: it stays at ${tightest}.`
      : "Looks were declared after it had been judged on any day, when its numbers were known: it goes on being judged on any day, by intervals that allow for that.";
  return [changed];
}

/** That looks of another plan had their part of the level. */
function levelUsed({ turn, decision }: Told): string[] {
  if (turn.kind !== "any" || turn.left === 1 || decision === "invalid") return [];
  if (turn.left === 0)
    return ["Looks that were taken before have used up its whole level: its numbers prove nothing more."];
  const used = Math.round(100 * (1 - turn.left));
  return [
    `Looks that were taken before have used up ${used} % of its level: it is judged on any day by the rest of it.`,
  ];
}

function because(told: Told): string[] {
  const name = armName(told.arm);
  switch (told.reason) {
    case "data_error":
    case "srm":
    case "contamination":
      return [`${DECISION_WORDS.invalid}.`, ...told.failed.map(({ detail }) => detail)];
    case "no_control":
    case "several_controls":
    case "unknown_control":
    case "path_entries_not_exposed":
    case "no_population":
    case "several_populations":
    case "no_user_ids":
    case "no_user_outcomes":
      return [WHY_NO_COMPARISON[told.reason]];
    case "primary_positive":
      return [finding(told), guardrailWords(told, "pass"), ofAllMessages(told) ?? `${name} may be shipped.`];
    case "primary":
      return [finding(told), ofAllMessages(told) ?? `${name} does worse than ${controlName(told)}: stop it.`];
    case "guardrail":
      return [
        `${failing(told, "fail")} got worse by more than is tolerated: stop ${name}, whatever else it brings.`,
      ];
    case "guardrail_unresolved":
      return [
        finding(told),
        `But it is not yet sure that ${failing(told, "unresolved")} got no worse than is tolerated.`,
      ];
    case "within_mde":
      return [
        finding(told),
        ofAllMessages(told) ?? `An effect worth having is ruled out: keep ${controlName(told)}.`,
      ];
    case "warming_up":
      return [`Too early to say anything about ${name}: ${formatCount(told.arm.n)} people so far.`];
    case "too_few_units":
      return [
        `The test is over with too few people to say anything about ${name}: ${formatCount(told.arm.n)}, and every arm needs ${formatCount(told.definition.min_units)}.`,
      ];
    case "maturing":
      return [`Nobody in ${name} has had the whole time to convert yet.`];
    case "fixed_horizon_not_reached":
      if (told.definition.ended)
        return [
          "The test is over, but people can still convert: it is looked at when all have had their time.",
        ];
      return [`This test is looked at once, at its end. Looking now would find winners that are none.`];
    case "look_not_due":
      return [notDue(told)];
    case "not_estimable":
      if (told.estimated) return [`Nothing can be proven about ${name} any more.`];
      return [`${name} cannot be compared with ${controlName(told)} on ${told.arm.metric}.`];
    case "not_significant":
      return [finding(told), "The test is over and both a gain and a loss remain possible."];
    case "collecting":
      return told.estimated
        ? [finding(told), "That can still be chance."]
        : [`${name} cannot be compared with ${controlName(told)} on ${told.arm.metric} yet.`];
  }
}

/** What follows where the arm is everybody who is not in the global control group: no arm of a test to ship or stop. */
function ofAllMessages({ arm, decision }: Told): string | undefined {
  if (arm.source !== "global_control_group") return undefined;
  if (decision === "ship") return "All messages together bring more than none.";
  return decision === "stop_harm"
    ? "All messages together do harm: find out which, and stop them."
    : "An effect worth having of all messages together is ruled out.";
}

function notDue({ turn, stage }: Told): string {
  const when =
    turn.next === null
      ? "The next look is still to come"
      : "date" in turn.next
        ? `The first of ${turn.of} looks is on ${turn.next.date}`
        : `The first of ${turn.of} looks is at ${formatCount(turn.next.units)} people; ${formatCount(stage.units)} count so far`;
  return `${when}. Until then the numbers decide nothing.`;
}

function finding({ estimated, arm, definition, control }: Told): string {
  if (!estimated) return "";
  const { diff, lift } = estimated.comparison;
  const show = (value: number | null) => formatEffect(value, arm.kind);
  const { low, high } = estimated.decision;
  const level = Math.round(1000 * (1 - definition.alpha)) / 10;
  const many = definition.looks.kind === "fixed" ? "" : ", at every look";
  const relative = lift === null ? "" : `, ${formatLift(lift)}`;
  return `${armName(arm)} against ${control ? armName(control) : "the control"} on ${arm.metric}: ${show(diff)} (${level} % interval${many} ${formatInterval(low, high, show)}${relative}).`;
}

function guardrailWords({ guardrails }: Told, state: string): string {
  if (guardrails.length === 0) return "No guardrail is declared.";
  const names = guardrails.filter((guardrail) => guardrail.state === state).map(({ metric }) => metric);
  return `No guardrail got worse (${names.join(", ")}).`;
}

function failing({ guardrails }: Told, as: "fail" | "unresolved"): string {
  const names = guardrails.filter(({ state }) => state === as).map(({ metric }) => metric);
  return names.join(", ") || "a guardrail";
}

function waitFor({ decision, definition, unitsNeeded, nextLook }: Told): string[] {
  // A test that is over waits for nobody new.
  if (decision !== "keep_running" || definition.ended) return [];
  const words: string[] = [];
  if (unitsNeeded !== null && unitsNeeded > 0)
    words.push(
      `About ${formatCount(unitsNeeded)} more people per arm are needed to find an effect worth having.`,
    );
  if (nextLook) words.push(`Look again on ${nextLook}.`);
  return words;
}

export const armName = (arm: Pick<ArmMetric, "armName" | "armId">) => arm.armName ?? arm.armId;
const controlName = ({ control }: Told) => (control ? armName(control) : "the control");
