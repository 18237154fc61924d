import { adjustPValues, chooseWinner, type Decision, normCritical } from "@lifecycle/stats";
import type { ArmActivity } from "./arm-activity.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { unitsProblem, valueVariance } from "./arm-value.ts";
import { type Compared, compareArms } from "./compare.ts";
import { controlOf, type Definition } from "./definition.ts";
import { spreadOf } from "./design-effect.ts";
import { dataHash, definitionHash } from "./digest.ts";
import { checkHealth } from "./health.ts";
import type { Health } from "./health-check.ts";
import type { History } from "./history.ts";
import { type Look, lookAt, noLook } from "./look.ts";
import { armKey, type Matured, onlyMatured } from "./matured.ts";
import { comparisonNotes, experimentNotes, joinNotes, tailNotes } from "./notes.ts";
import { omnibusRows } from "./omnibus.ts";
import type { Evaluation, ExperimentResultRow, Verdict, VerdictReason } from "./result.ts";
import {
  controlFigures,
  describeArm,
  detectable,
  directionOf,
  figures,
  increment,
  trendOf,
} from "./result-row.ts";
import { type Turn, turnOf } from "./turn.ts";
import {
  decide,
  guardrailOf,
  guardrailState,
  type Judged,
  marginOf,
  orient,
  type Stage,
  stageOf,
} from "./verdict.ts";
import { carriedRow, type Hashes, verdictOfAll, verdictRow } from "./verdict-row.ts";

export interface ExperimentInput {
  readonly arms: readonly ArmMetric[];
  readonly days: readonly ArmDay[];
  readonly activity: readonly ArmActivity[];
  readonly definition: Definition;
  /** What was said of it before. */
  readonly history: History;
  readonly experiments: number;
  /** The day of the evaluation, UTC, to tell how old the data are; absent: not asked. */
  readonly today?: string | undefined;
}

/** What one experiment's parts share while it is judged. */
interface Context {
  readonly input: ExperimentInput;
  readonly matured: Matured;
  readonly definition: Definition;
  readonly controlId: string;
  readonly health: Health;
  readonly stage: Stage;
  readonly turn: Turn;
  readonly hashes: Hashes;
  readonly baseNotes: ReturnType<typeof experimentNotes>;
  readonly primaries: ReadonlySet<string>;
}

/** Everything that is said of one experiment: rows per metric and arm, checks, and a verdict per treatment. Pure; never throws. */
export function judgeExperiment(input: ExperimentInput): Evaluation {
  const { definition } = input;
  if (input.arms.length === 0) return { results: [], health: [], verdicts: [] };
  const matured = onlyMatured(input.arms, input.days, definition);
  const overall = matured.arms.filter(({ segment }) => segment === "all");
  const primaries = primaryMetrics(overall, definition);
  const main = overall.filter(({ metric }) => metric === [...primaries][0]);
  const control = controlOf(main, definition.control);
  const arm = "arm" in control ? control.arm : undefined;
  const unitsMaturing = main.reduce((sum, of) => sum + (matured.maturing.get(armKey(of)) ?? 0), 0);
  // Who was assigned is checked, whether or not they have had their time to convert.
  const assigned = main.map((of) => ({ ...of, n: (of.n ?? 0) + (matured.maturing.get(armKey(of)) ?? 0) }));
  const health = checkHealth({
    arms: matured.maturing.size > 0 ? assigned : main,
    all: matured.arms,
    control: arm,
    days: input.days.filter(({ metric }) => metric === main[0]?.metric),
    activity: input.activity,
    definition,
    unitsMaturing,
    history: input.history,
    today: input.today ?? null,
    experiments: input.experiments,
  });
  const own = { workspace: main[0]!.workspace, experiment_id: main[0]!.experimentId };
  const data_state = main.some(({ unclosedDays }) => (unclosedDays ?? 0) > 0) ? "settling" : "closed";
  const healthRows = health.checks.map((check) => ({ ...own, ...check, data_state }));
  const baseNotes = experimentNotes(health.checks, arm, definition.control !== undefined);
  const hashes = { definition_hash: definitionHash(definition), data_hash: dataHash(matured.arms) };
  // Without units a control would be of no use.
  const uncounted = unitsProblem(main);
  if (uncounted || !arm || !("arm" in control)) {
    const reason = uncounted ?? ("reason" in control ? control.reason : "no_control");
    const results = withoutControl(matured, definition, reason, baseNotes);
    return {
      results,
      health: healthRows,
      verdicts: [verdictOfAll(main, definition, health, reason, results, hashes)],
    };
  }
  const stage = stageOf(definition, main, unitsMaturing);
  const turn = turnOf({
    definition,
    stage,
    definitionHash: hashes.definition_hash,
    dataHash: hashes.data_hash,
    taken: input.history.looks,
  });
  const shared = { input, matured, definition, health, stage, turn, hashes, baseNotes, primaries };
  const context = { ...shared, controlId: arm.armId };
  const { results, judged } = judgeMetrics(context);
  const verdicts = judgeArms(context, judged, main);
  return { results: withDecisions(results, verdicts, context), health: healthRows, verdicts };
}

function primaryMetrics(arms: readonly ArmMetric[], definition: Definition): Set<string> {
  const role = (arm: ArmMetric) => definition.metrics?.[arm.metric]?.role ?? arm.role;
  const names = arms.filter((arm) => role(arm) === "primary").map(({ metric }) => metric);
  return new Set(names.length > 0 ? names : arms.slice(0, 1).map(({ metric }) => metric));
}

function withoutControl(
  { arms, maturing }: Matured,
  definition: Definition,
  reason: string,
  notes: Context["baseNotes"],
): ExperimentResultRow[] {
  const describe = (arm: ArmMetric) => describeArm(arm, definition, notes, maturing.get(armKey(arm)) ?? 0);
  const families = Map.groupBy(arms, ({ metric, segment }) => `${metric}\n${segment}`);
  return [...families.values()].flatMap((family) => [
    ...family.map((arm) => notEstimable(describe(arm), reason)),
    ...omnibusRows(family, describe, spreadOf(definition, family)),
  ]);
}

export function notEstimable(row: ExperimentResultRow, reason: string): ExperimentResultRow {
  return { ...row, status: "not_estimable", reason, verdict: "insufficient" };
}

function judgeMetrics(context: Context): { results: ExperimentResultRow[]; judged: Judged[] } {
  const families = Map.groupBy(context.matured.arms, ({ metric, segment }) => `${metric}\n${segment}`);
  const each = [...families.values()].map((family) => judgeFamily(context, family));
  const results = each.flatMap(({ rows }) => rows);
  return { results: corrected(results, context), judged: each.flatMap(({ judged }) => judged) };
}

/** One metric over everybody or one group: its arms in the order given. */
function judgeFamily(context: Context, family: readonly ArmMetric[]) {
  const { definition, matured, baseNotes, controlId } = context;
  const describe = (arm: ArmMetric) =>
    describeArm(arm, definition, baseNotes, matured.maturing.get(armKey(arm)) ?? 0);
  const control = family.find(({ armId }) => armId === controlId);
  if (!control) return { rows: family.map((arm) => notEstimable(describe(arm), "no_control")), judged: [] };
  const treatments = family.filter((arm) => arm !== control);
  const look = lookFor(context, control);
  const spread = spreadOf(definition, family);
  const compared: Compared[] =
    spread === null
      ? treatments.map(() => ({ kind: "not_estimable", reason: "unit_mismatch" }))
      : compareArms(control, treatments, definition.alpha, look, spread);
  const judged = treatments.map((arm, i) => ({ metric: arm.metric, control, arm, compared: compared[i]! }));
  const count = compared.filter(({ kind }) => kind === "estimated").length;
  const rows = family.map((arm) => {
    if (arm === control) return controlRow(describe(arm), family.length);
    const one = judged.find((candidate) => candidate.arm === arm)!;
    const base = { ...describe(arm), ...controlFigures(control) };
    if (one.compared.kind === "not_estimable") return notEstimable(base, one.compared.reason);
    return estimatedRow(context, base, one, one.compared, count, spread ?? 1);
  });
  return { rows, judged: control.segment === "all" ? judged : [] };
}

function estimatedRow(
  { definition, matured, baseNotes }: Context,
  base: ExperimentResultRow,
  judged: Judged,
  compared: Extract<Compared, { kind: "estimated" }>,
  family: number,
  spread: number,
): ExperimentResultRow {
  const { control, arm, metric } = judged;
  const days = matured.days.filter((day) => day.metric === metric);
  const isOverall = arm.segment === "all";
  const guardrail = base.role === "guardrail" && isOverall ? guardrailOf(definition, judged, 1) : null;
  return {
    ...base,
    ...figures(compared, directionOf(definition, metric), family),
    mde: detectable(control, arm, definition.alpha, spread),
    ...(isOverall ? increment(control, arm, compared, definition.alpha, spread) : {}),
    ...(isOverall && arm.kind === "proportion" ? trendOf(days, control.armId, arm.armId) : {}),
    ...(guardrail ? { margin: marginOf(definition, control), guardrail: guardrailState(guardrail) } : {}),
    notes: joinNotes([...baseNotes, ...comparisonNotes(compared, arm.segment), ...tailNotes(control, arm)]),
  };
}

/** Primary metrics share the level among them; the others have it each. */
function lookFor({ definition, primaries, stage, turn }: Context, control: ArmMetric): Look {
  const alpha = primaries.has(control.metric) ? definition.alpha / primaries.size : definition.alpha;
  if (turn.kind === "between") return noLook(definition, alpha, stage.units);
  return lookAt(definition, alpha, stage.units, turn.kind === "look" ? turn.earlier : []);
}

function controlRow(row: ExperimentResultRow, arms: number): ExperimentResultRow {
  return { ...row, is_control: true, status: "control", reason: arms < 2 ? "too_few_arms" : row.reason };
}

/**
 * p over several metrics: Holm among primary, Benjamini–Hochberg among secondary ones and among groups, none for guardrails. Then
 * the plain verdict, which follows from it.
 */
function corrected(rows: readonly ExperimentResultRow[], context: Context): ExperimentResultRow[] {
  const familyOf = (row: ExperimentResultRow) =>
    row.segment === "all" ? `${row.role} ${row.arm_id}` : `segment ${row.arm_id}`;
  const families = Map.groupBy(
    rows.filter(({ status, role }) => status === "estimated" && role !== "guardrail"),
    familyOf,
  );
  const familyP = new Map<ExperimentResultRow, number | null>();
  for (const family of families.values()) {
    const isPrimary = family[0]!.role === "primary" && family[0]!.segment === "all";
    const p = family.map(({ adjusted_p }) => adjusted_p);
    const { adjusted } = adjustPValues({ p, method: isPrimary ? "holm" : "bh" });
    for (const [i, row] of family.entries()) familyP.set(row, adjusted[i] ?? null);
  }
  return rows.map((row) => {
    if (row.status !== "estimated") return row;
    const family_p = familyP.get(row) ?? row.adjusted_p;
    return { ...row, family_p, verdict: plainVerdict({ ...row, family_p }, context) };
  });
}

/** `win` needs the deciding interval on the good side, numbers that can be trusted, and a look that is allowed. */
function plainVerdict(row: ExperimentResultRow, context: Context): Verdict {
  const { definition, health, stage, turn, primaries } = context;
  const isBroken =
    health.dataErrors.length > 0 ||
    (health.srm !== null && (health.srm.p ?? 1) < health.srm.threshold) ||
    (health.contaminationRate ?? 0) > definition.contamination_max;
  if (isBroken || row.family_p === null) return "insufficient";
  if (turn.kind === "between") {
    const last = turn.last?.verdicts.find(({ arm_id }) => arm_id === row.arm_id);
    return last && row.segment === "all" && primaries.has(row.metric) ? last.verdict : "insufficient";
  }
  const direction = row.direction === "lower" ? "lower" : "higher";
  if (definition.looks.kind === "fixed") {
    if (!stage.horizonReached) return "insufficient";
    const good = direction === "lower" ? row.effect! < 0 : row.effect! > 0;
    const earlier = turn.kind === "look" ? turn.earlier : [];
    const { alpha } = lookAt(definition, definition.alpha, stage.units, earlier);
    return good && alpha !== null && row.family_p < alpha ? "win" : "no_win";
  }
  if (!stage.minUnitsReached) return "insufficient";
  const { lower } = orient({ low: row.decision_low, high: row.decision_high }, direction);
  return lower !== null && lower > 0 ? "win" : "no_win";
}

function judgeArms(context: Context, judged: readonly Judged[], main: readonly ArmMetric[]) {
  const { definition, health, stage, primaries } = context;
  const role = (metric: string, arm: ArmMetric) => definition.metrics?.[metric]?.role ?? arm.role;
  const treatments = main.filter(({ armId }) => armId !== context.controlId);
  const control = main.find(({ armId }) => armId === context.controlId)!;
  const decided = treatments.map((arm) => {
    const own = judged.filter((one) => one.arm.armId === arm.armId);
    const guardrails = own.filter((one) => role(one.metric, one.arm) === "guardrail");
    const main = own.filter((one) => primaries.has(one.metric));
    return { arm, guardrails, main, result: whatNow(context, main, guardrails) };
  });
  const winner = winnerOf(
    decided.filter(({ result }) => result.decision === "ship"),
    definition,
  );
  return decided.map(({ guardrails, main: own, result, arm }) => {
    const said = context.turn.kind === "between" ? context.turn.last?.verdicts : undefined;
    const carried = said?.find(({ arm_id }) => arm_id === arm.armId);
    if (carried && !SPOKEN_BETWEEN.has(result.decision))
      return carriedRow(carried, main, stage, context.turn);
    const leading = own.find(({ metric }) => metric === result.metric) ?? own[0];
    return verdictRow({
      definition,
      health,
      stage,
      arms: main,
      control: leading?.control ?? control,
      arm: leading?.arm ?? arm,
      compared: leading?.compared ?? { kind: "not_estimable", reason: "no_control" },
      look: lookFor(context, control),
      result,
      turn: context.turn,
      hashes: context.hashes,
      guardrails: guardrails.map((one) => ({
        metric: one.metric,
        state: guardrailState(guardrailOf(definition, one, guardrails.length)),
      })),
      isWinner: winner?.id === arm.armId,
      tiedWith: winner?.id === arm.armId ? winner.tiedWith : null,
      winnerId: winner?.id ?? null,
    });
  });
}

/** What is said as soon as it is seen, whether or not a look is due. */
const SPOKEN_BETWEEN: ReadonlySet<Decision> = new Set(["invalid", "stop_harm"]);

function whatNow(
  { definition, health, stage, turn }: Context,
  primaries: readonly Judged[],
  guardrails: readonly Judged[],
): { decision: Decision; reason: VerdictReason; metric: string | null } {
  const result = decide(definition, health, stage, primaries, guardrails);
  const isWaiting = turn.kind === "between" && result.reason === "collecting";
  return isWaiting ? { ...result, reason: "look_not_due" } : result;
}

/** Of the treatments that may be shipped, the best; they share a control, which their difference does not depend on. */
function winnerOf(
  ships: readonly { arm: ArmMetric; main: readonly Judged[]; result: { metric: string | null } }[],
  definition: Definition,
) {
  const candidates = ships.flatMap(({ arm, main, result }) => {
    const leading = main.find(({ metric }) => metric === result.metric);
    if (leading?.compared.kind !== "estimated") return [];
    const sign = directionOf(definition, leading.metric) === "lower" ? -1 : 1;
    const { diff, se } = leading.compared.comparison;
    return [
      { id: arm.armId, estimate: sign * diff!, se: se!, variance: valueVariance(leading.arm) ?? se! ** 2 },
    ];
  });
  const varianceOf = (id: string) => candidates.find((candidate) => candidate.id === id)?.variance ?? 0;
  return chooseWinner(
    candidates,
    (a, b) => Math.sqrt(varianceOf(a.id) + varianceOf(b.id)),
    normCritical(definition.alpha),
  );
}

/** Primary rows carry what was decided about their arm. */
function withDecisions(
  rows: readonly ExperimentResultRow[],
  verdicts: Evaluation["verdicts"],
  { primaries }: Context,
): ExperimentResultRow[] {
  return rows.map((row) => {
    const own = verdicts.find(({ arm_id }) => arm_id === row.arm_id);
    if (!own || row.segment !== "all" || !primaries.has(row.metric)) return row;
    return { ...row, decision: own.decision, decision_reason: own.reason };
  });
}
