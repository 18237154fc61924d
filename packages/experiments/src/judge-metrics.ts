import { adjustPValues } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import { type Compared, compareArms, type Estimated } from "./compare.ts";
import { spreadOf } from "./design-effect.ts";
import { type JudgeContext, lookFor } from "./judge-context.ts";
import { armKey } from "./matured.ts";
import { comparisonNotes, joinNotes, tailNotes } from "./notes.ts";
import { omnibusRows } from "./omnibus.ts";
import { plainVerdict } from "./plain-verdict.ts";
import type { ExperimentResultRow } from "./result.ts";
import {
  controlFigures,
  describeArm,
  detectable,
  directionOf,
  figures,
  increment,
  notEstimable,
} from "./result-row.ts";
import { trendOf } from "./trend.ts";
import { guardrailOf, guardrailState, type Judged, marginOf } from "./verdict.ts";

/** Kinds whose days are rates or means; a mean of the days of others would be another number. */
const TRENDS = new Set(["proportion", "mean"]);

/** What is said of arms that nothing is compared with. */
type Described = Pick<JudgeContext, "definition" | "matured" | "notes">;

/** Every metric over everybody and over each group, its treatments compared with the control. */
export function judgeMetrics(context: JudgeContext): { results: ExperimentResultRow[]; judged: Judged[] } {
  const each = familiesOf(context).map((family) => judgeFamily(context, family));
  const results = each.flatMap(({ rows }) => rows);
  return { results: corrected(results, context), judged: each.flatMap(({ judged }) => judged) };
}

/** Every arm by itself, and whether the arms of a metric differ at all. */
export function rowsWithoutControl(context: Described, reason: string): ExperimentResultRow[] {
  const describe = (arm: ArmMetric) => describeIn(context, arm);
  return familiesOf(context).flatMap((family) => [
    ...family.map((arm) => notEstimable(describe(arm), reason)),
    ...omnibusRows(family, describe, spreadOf(context.definition, family)),
  ]);
}

/** The arms by metric and group, in the order given. */
function familiesOf({ matured }: Described): ArmMetric[][] {
  return [...Map.groupBy(matured.arms, ({ metric, segment }) => `${metric}\n${segment}`).values()];
}

function describeIn({ definition, matured, notes }: Described, arm: ArmMetric): ExperimentResultRow {
  return describeArm(arm, definition, notes, matured.maturing.get(armKey(arm)) ?? 0);
}

function judgeFamily(context: JudgeContext, family: readonly ArmMetric[]) {
  const { definition, controlId } = context;
  const describe = (arm: ArmMetric) => describeIn(context, arm);
  const control = family.find(({ armId }) => armId === controlId);
  if (!control) return { rows: family.map((arm) => notEstimable(describe(arm), "no_control")), judged: [] };
  const treatments = family.filter((arm) => arm !== control);
  const look = lookFor(context, control.metric);
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

function controlRow(row: ExperimentResultRow, arms: number): ExperimentResultRow {
  return { ...row, is_control: true, status: "control", reason: arms < 2 ? "too_few_arms" : row.reason };
}

function estimatedRow(
  { definition, matured, notes }: JudgeContext,
  base: ExperimentResultRow,
  judged: Judged,
  compared: Estimated,
  family: number,
  spread: number,
): ExperimentResultRow {
  const { control, arm, metric } = judged;
  const isOverall = arm.segment === "all";
  const days = matured.days.filter((day) => day.metric === metric && day.segment === "all");
  const guardrail = base.role === "guardrail" && isOverall ? guardrailOf(definition, judged, 1) : null;
  return {
    ...base,
    ...figures(compared, directionOf(definition, metric), family),
    mde: detectable(control, arm, definition.alpha, spread),
    ...(isOverall ? increment(control, arm, compared, definition.alpha, spread) : {}),
    ...(isOverall && TRENDS.has(arm.kind) ? trendOf(days, control.armId, arm.armId) : {}),
    ...(guardrail ? { margin: marginOf(definition, control), guardrail: guardrailState(guardrail) } : {}),
    notes: joinNotes([...notes, ...comparisonNotes(compared, arm.segment), ...tailNotes(control, arm)]),
  };
}

/**
 * p over several metrics: Holm among primary, Benjamini–Hochberg among secondary ones and among groups, none for guardrails. Then
 * the plain verdict, which follows from it.
 */
function corrected(rows: readonly ExperimentResultRow[], context: JudgeContext): ExperimentResultRow[] {
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
