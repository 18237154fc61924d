import type { ArmActivity } from "./arm-activity.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { unitsProblem } from "./arm-value.ts";
import type { ControlGroup } from "./control-group.ts";
import { controlOf, type Definition } from "./definition.ts";
import { hashesOf } from "./digest.ts";
import { declaredGroups } from "./health/groups.ts";
import { checkHealth } from "./health.ts";
import type { Health } from "./health-check.ts";
import type { History } from "./history.ts";
import { judgeArms } from "./judge-arms.ts";
import type { JudgeContext } from "./judge-context.ts";
import { judgeMetrics, rowsWithoutControl } from "./judge-metrics.ts";
import { keepSequence } from "./kept-sequence.ts";
import { armKey, type Matured, onlyMatured, withWaiting } from "./matured.ts";
import { experimentNotes } from "./notes.ts";
import type { Evaluation, ExperimentResultRow } from "./result.ts";
import { turnOf } from "./turn.ts";
import { stageOf } from "./verdict.ts";
import { verdictOfAll } from "./verdict-row.ts";

export interface ExperimentInput {
  readonly arms: readonly ArmMetric[];
  readonly days: readonly ArmDay[];
  readonly activity: readonly ArmActivity[];
  /** What is known of the global control group, where that is the control. */
  readonly group?: ControlGroup | undefined;
  readonly definition: Definition;
  /** What was said of it before. */
  readonly history: History;
  readonly experiments: number;
  /** The day of the evaluation, UTC, to tell how old the data are; absent: not asked. */
  readonly today?: string | undefined;
}

/** Everything that is said of one experiment: rows per metric and arm, checks, and a verdict per treatment. Pure; never throws. */
export function judgeExperiment(input: ExperimentInput): Evaluation {
  const definition = keepSequence(input.definition, input.history.sequence);
  if (input.arms.length === 0) return { results: [], health: [], verdicts: [] };
  const everything = withWaiting(onlyMatured(input.arms, input.days, definition), input.activity);
  const matured = { ...everything, arms: declaredGroups(everything.arms, definition) };
  const overall = matured.arms.filter(({ segment }) => segment === "all");
  const primaries = primaryMetrics(overall, definition);
  const main = overall.filter(({ metric }) => metric === [...primaries][0]);
  const control = controlOf(main, definition.control);
  const arm = "arm" in control ? control.arm : undefined;
  const unitsMaturing = main.reduce((sum, of) => sum + (matured.maturing.get(armKey(of)) ?? 0), 0);
  const health = healthOf(input, matured, main, arm, unitsMaturing);
  const own = { workspace: main[0]!.workspace, experiment_id: main[0]!.experimentId };
  const data_state = main.some(({ unclosedDays }) => (unclosedDays ?? 0) > 0) ? "settling" : "closed";
  const healthRows = health.checks.map((check) => ({ ...own, ...check, data_state }));
  const notes = experimentNotes(health.checks, arm, definition.control !== undefined);
  const hashes = hashesOf(input.definition, everything.arms);
  // Without units a control would be of no use.
  const uncounted = unitsProblem(main);
  if (uncounted || !arm || !("arm" in control)) {
    const reason = uncounted ?? ("reason" in control ? control.reason : "no_control");
    const results = rowsWithoutControl({ definition, matured, notes }, reason);
    const verdict = verdictOfAll(main, definition, health, reason, results, hashes);
    return { results, health: healthRows, verdicts: [verdict] };
  }
  const stage = stageOf(definition, main, unitsMaturing);
  const turn = turnOf({
    definition,
    looks: input.definition.looks,
    stage,
    definitionHash: hashes.definition_hash,
    dataHash: hashes.data_hash,
    taken: input.history.looks,
    seen: input.history.seen,
  });
  const context = {
    matured,
    definition,
    controlId: arm.armId,
    health,
    stage,
    turn,
    hashes,
    notes,
    primaries,
  };
  const { results, judged } = judgeMetrics(context);
  const verdicts = judgeArms(context, judged, main);
  return { results: withDecisions(results, verdicts, context), health: healthRows, verdicts };
}

function primaryMetrics(arms: readonly ArmMetric[], definition: Definition): Set<string> {
  const role = (arm: ArmMetric) => definition.metrics?.[arm.metric]?.role ?? arm.role;
  const names = arms.filter((arm) => role(arm) === "primary").map(({ metric }) => metric);
  return new Set(names.length > 0 ? names : arms.slice(0, 1).map(({ metric }) => metric));
}

function healthOf(
  { days, activity, group, definition, history, today, experiments }: ExperimentInput,
  { arms, maturing }: Matured,
  main: readonly ArmMetric[],
  control: ArmMetric | undefined,
  unitsMaturing: number,
): Health {
  // Who was assigned is checked, whether or not they have had their time to convert.
  const everybody = (of: ArmMetric) =>
    maturing.size > 0 ? { ...of, n: (of.n ?? 0) + (maturing.get(armKey(of)) ?? 0) } : of;
  const members = arms.filter(({ metric, segment }) => metric === main[0]?.metric && segment !== "all");
  return checkHealth({
    arms: main.map(everybody),
    members: members.map(everybody),
    all: arms,
    control,
    days: days.filter(({ metric, segment }) => metric === main[0]?.metric && segment === "all"),
    activity,
    group,
    definition,
    unitsMaturing,
    history,
    today: today ?? null,
    experiments,
  });
}

/** Primary rows carry what was decided about their arm. */
function withDecisions(
  rows: readonly ExperimentResultRow[],
  verdicts: Evaluation["verdicts"],
  { primaries }: JudgeContext,
): ExperimentResultRow[] {
  return rows.map((row) => {
    const own = verdicts.find(({ arm_id }) => arm_id === row.arm_id);
    if (!own || row.segment !== "all" || !primaries.has(row.metric)) return row;
    return { ...row, decision: own.decision, decision_reason: own.reason };
  });
}
