import type { ExperimentOverride } from "@lifecycle/contracts";
import { proportionChi2 } from "@lifecycle/stats";
import { adjustForArms } from "./adjust.ts";
import { type ArmMetric, type ArmReader, readArmMetrics } from "./arm-metric.ts";
import { armProblem, armValue, type Comparison, compareArms } from "./compare.ts";
import { checkedAlpha, controlOf, DEFAULT_ALPHA, type Definitions } from "./definition.ts";
import { experimentNotes, joinNotes, type Note } from "./notes.ts";
import type { ExperimentResultRow, Verdict } from "./result.ts";
import { sampleRatio } from "./sample-ratio.ts";

export interface EvaluateRequest {
  warehouse: ArmReader;
  experimentIds: readonly string[];
  /** Two-sided level where a definition gives none; 0.05 unless told. */
  alpha?: number | undefined;
  definitions?: Definitions | undefined;
}

/**
 * Judges every arm of these experiments against its control, metric by metric. One row per experiment × metric × arm, the control's
 * own included. An id that the models do not hold gives no row. Throws `experiments.invalid_alpha` and what the warehouse throws;
 * anything wrong with an experiment's numbers becomes a reason in its rows, never an error of the batch.
 */
export async function evaluateExperiments(request: EvaluateRequest): Promise<ExperimentResultRow[]> {
  const alpha = checkedAlpha(request.alpha ?? DEFAULT_ALPHA);
  const arms = await readArmMetrics(request.warehouse, request.experimentIds);
  const families = Map.groupBy(arms, (arm) => `${arm.experimentId}\n${arm.metric}`);
  return [...families.values()].flatMap((family) => {
    const definition = request.definitions?.[family[0]!.experimentId] ?? {};
    return judge(family, definition, checkedAlpha(definition.alpha ?? alpha));
  });
}

/** One metric of one experiment: its arms, in the order given. */
export function judge(
  arms: readonly ArmMetric[],
  definition: ExperimentOverride,
  alpha: number,
): ExperimentResultRow[] {
  const control = controlOf(arms, definition.control);
  const srm = sampleRatio(arms, definition.planned_shares);
  if ("reason" in control) {
    const notes = experimentNotes(arms, undefined, false, srm);
    const describe = (arm: ArmMetric) => describeArm(arm, definition, alpha, notes);
    return [...arms.map((arm) => notEstimable(describe(arm), control.reason)), ...omnibus(arms, describe)];
  }
  const notes = experimentNotes(arms, control.arm, definition.control !== undefined, srm);
  const treatments = arms.filter((arm) => arm !== control.arm);
  const compared = treatments.map((arm) => ({ arm, comparison: compareArms(control.arm, arm, alpha) }));
  const estimated = compared.flatMap(({ comparison }) =>
    comparison.kind === "estimated" ? [comparison] : [],
  );
  const adjusted = new Map(adjustForArms(estimated).map((adjustment, i) => [estimated[i], adjustment]));
  const lower = definition.metrics?.[arms[0]!.metric]?.direction === "lower";
  return arms.map((arm) => {
    if (arm === control.arm) return controlRow(describeArm(arm, definition, alpha, notes), arms.length);
    const comparison = compared.find((candidate) => candidate.arm === arm)!.comparison;
    const base = { ...describeArm(arm, definition, alpha, notes), ...controlFigures(control.arm) };
    if (comparison.kind === "not_estimable") return notEstimable(base, comparison.reason);
    const { adjustedP, adjustment } = adjusted.get(comparison)!;
    const row = { ...base, ...figures(comparison), adjusted_p: adjustedP, adjustment };
    return {
      ...row,
      verdict: verdictOf(row.effect, adjustedP, alpha, lower, srm === "srm_failed"),
      notes: joinNotes([...notes, ...comparisonNotes(comparison)]),
    };
  });
}

/** `win` needs the corrected p below alpha on the good side, and shares that fit; without a p there is nothing to say. */
function verdictOf(
  effect: number,
  adjustedP: number | null,
  alpha: number,
  lowerIsBetter: boolean,
  broken: boolean,
): Verdict {
  if (adjustedP === null || broken) return "insufficient";
  const good = lowerIsBetter ? effect < 0 : effect > 0;
  return good && adjustedP < alpha ? "win" : "no_win";
}

function comparisonNotes(comparison: Extract<Comparison, { kind: "estimated" }>): Note[] {
  const notes: Note[] = [];
  if (comparison.method === "fisher_mid_p") notes.push("small_counts");
  if (comparison.liftInterval.low === null || comparison.liftInterval.high === null)
    notes.push("lift_unbounded");
  return notes;
}

function figures(comparison: Extract<Comparison, { kind: "estimated" }>) {
  return {
    method: comparison.method,
    status: "estimated" as const,
    reason: null,
    effect: comparison.effect,
    effect_low: comparison.interval.low,
    effect_high: comparison.interval.high,
    lift: comparison.lift,
    lift_low: comparison.liftInterval.low,
    lift_high: comparison.liftInterval.high,
    z: comparison.statistic,
    df: comparison.df,
    p_value: comparison.p,
    logp: comparison.logp,
  };
}

function controlFigures(control: ArmMetric) {
  return {
    control_arm_id: control.armId,
    control_n: control.n,
    control_x: control.x,
    control_value: armValue(control),
  };
}

function controlRow(row: ExperimentResultRow, arms: number): ExperimentResultRow {
  return { ...row, is_control: true, status: "control", reason: arms < 2 ? "too_few_arms" : row.reason };
}

function notEstimable(row: ExperimentResultRow, reason: string): ExperimentResultRow {
  return { ...row, status: "not_estimable", reason, verdict: "insufficient" };
}

/** Without a control: do the arms differ at all? Says nothing about which is better than sending nothing. */
function omnibus(
  arms: readonly ArmMetric[],
  describe: (arm: ArmMetric) => ExperimentResultRow,
): ExperimentResultRow[] {
  const [first] = arms;
  if (!first || arms.length < 2 || first.kind !== "proportion") return [];
  const row = {
    ...describe(first),
    arm_id: "all",
    arm_name: null,
    is_control: false,
    method: "omnibus_chi2",
  };
  const total = { ...row, n: sumOf(arms, "n"), x: sumOf(arms, "x"), value: null };
  const problem = arms.map(armProblem).find((reason) => reason !== null);
  if (problem) return [notEstimable(total, problem)];
  const test = proportionChi2({ groups: arms.map(({ x, n }) => [x!, n!]) });
  if (test.chi2 === null) return [notEstimable(total, test.status)];
  const { chi2, df, p, logp } = test;
  return [{ ...total, status: "estimated", reason: null, chi2, df, p_value: p, logp, verdict: null }];
}

function sumOf(arms: readonly ArmMetric[], field: "n" | "x"): number {
  return arms.reduce((sum, arm) => sum + (arm[field] ?? 0), 0);
}

/** What is known of an arm by itself; nothing is compared yet. */
function describeArm(
  arm: ArmMetric,
  definition: ExperimentOverride,
  alpha: number,
  notes: readonly Note[],
): ExperimentResultRow {
  return {
    workspace: arm.workspace,
    experiment_id: arm.experimentId,
    experiment_name: definition.name ?? arm.experimentName,
    source: arm.source,
    data_grade: arm.dataGrade,
    unit: arm.unit,
    metric: arm.metric,
    metric_kind: arm.kind,
    role: definition.metrics?.[arm.metric]?.role ?? arm.role,
    arm_id: arm.armId,
    arm_name: arm.armName,
    is_control: false,
    method: "none",
    status: "not_estimable",
    reason: armProblem(arm),
    n: arm.n,
    x: arm.x,
    value: armValue(arm),
    control_arm_id: null,
    control_n: null,
    control_x: null,
    control_value: null,
    effect: null,
    effect_low: null,
    effect_high: null,
    lift: null,
    lift_low: null,
    lift_high: null,
    z: null,
    chi2: null,
    df: null,
    p_value: null,
    logp: null,
    adjusted_p: null,
    adjustment: null,
    alpha,
    verdict: null,
    notes: joinNotes(notes),
    first_date: arm.firstDate,
    last_date: arm.lastDate,
    data_state: (arm.unclosedDays ?? 0) > 0 ? "settling" : "closed",
  };
}
