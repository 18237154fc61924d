import { type Column, stampColumns, type TableContract } from "@lifecycle/contracts";
import type { Decision, DecisionReason } from "@lifecycle/stats";
import type { NoComparison } from "./definition.ts";

export type ResultStatus = "estimated" | "not_estimable" | "control";
export type Verdict = "win" | "no_win" | "insufficient";
/**
 * Why a verdict is what it is. `look_not_due`: the next declared look is still to come, and none was taken before. `no_control` and the
 * like: nothing, or nothing unambiguous, to compare against. `path_entries_not_exposed`: nobody counts the units of the arms.
 */
export type VerdictReason = DecisionReason | "look_not_due" | "too_few_units" | NoComparison;

/** What an evaluation says of one arm of one experiment by one metric. A number that does not exist is null, never 0 or NaN. */
export interface ExperimentResultRow {
  workspace: string;
  experiment_id: string;
  experiment_name: string | null;
  source: string;
  data_grade: string;
  unit: string;
  metric: string;
  metric_kind: string;
  role: string;
  /** Which way is good: `higher` or `lower`. */
  direction: string;
  /** `all`, or a group named beforehand: exploratory, and corrected for being several. */
  segment: string;
  /** `all` in the omnibus row of an experiment without a control. */
  arm_id: string;
  arm_name: string | null;
  is_control: boolean;
  /** `score_z`, `fisher_mid_p`, `welch`, `delta_z`, `cuped_z`, `cuped_t`, `omnibus_chi2`, or `none` where nothing is compared. */
  method: string;
  status: ResultStatus;
  /** Why nothing could be estimated; a stable code, documented in the README. */
  reason: string | null;
  n: number | null;
  x: number | null;
  /** Units assigned whose time to convert is not over; they are not in `n`. */
  units_maturing: number | null;
  /** x ÷ n, or the mean, or the ratio, in the metric's own unit. */
  value: number | null;
  control_arm_id: string | null;
  control_n: number | null;
  control_x: number | null;
  control_value: number | null;
  /** value − control_value (for `cuped_*` the adjusted difference) with its interval at 1 − alpha, for one look and one comparison. */
  effect: number | null;
  effect_low: number | null;
  effect_high: number | null;
  /** Standard error of the effect, without assuming equal arms. */
  effect_se: number | null;
  /** The interval that decides: for all arms and primary metrics together, at every look. */
  decision_low: number | null;
  decision_high: number | null;
  /** effect ÷ |control_value| with its interval over all arms; an end that is open is null. */
  lift: number | null;
  lift_low: number | null;
  lift_high: number | null;
  /** The test statistic: pooled z, Welch's t. */
  z: number | null;
  /** Pearson's χ² of the omnibus row. */
  chi2: number | null;
  df: number | null;
  p_value: number | null;
  logp: number | null;
  adjusted_p: number | null;
  /** `dunnett`, or `none` for a single comparison. */
  adjustment: string | null;
  /** adjusted_p over the metrics of the same role too: Holm for primary, Benjamini–Hochberg for secondary and segments. */
  family_p: number | null;
  alpha: number;
  chance_to_win: number | null;
  /** Expected loss if this arm is shipped and is worse, in the metric's own unit. */
  expected_loss: number | null;
  /** Share of the variance that the covariate explained. */
  variance_reduction: number | null;
  /** Smallest effect these units detect with 80 % power at `alpha`, in the metric's own unit. */
  mde: number | null;
  cap_value: number | null;
  capped_units: number | null;
  /** What the arm's units brought beyond the control's rate: effect × n, with its interval. */
  incremental: number | null;
  incremental_low: number | null;
  incremental_high: number | null;
  /** Guardrails: how much worse is tolerated, in the metric's own unit, and `pass`, `fail` or `unresolved`. */
  margin: number | null;
  guardrail: string | null;
  /** Change of the effect per day, its p, and whether it faded. */
  trend_slope: number | null;
  trend_p: number | null;
  novelty: boolean | null;
  verdict: Verdict | null;
  /** On primary metrics, what to do about the arm; `exp_verdict_history` has the words. */
  decision: Decision | null;
  decision_reason: VerdictReason | null;
  /** What the numbers cannot know, codes joined by commas. */
  notes: string | null;
  first_date: string | null;
  last_date: string | null;
  data_state: string;
}

/** Columns of one type. */
export const column = (type: Column["type"], ...names: string[]): Column[] =>
  names.map((name) => ({ name, type }));

const resultColumns: readonly Column[] = [
  ...column("STRING", "experiment_id", "experiment_name", "source", "data_grade", "unit"),
  ...column("STRING", "metric", "metric_kind", "role", "direction", "segment", "arm_id", "arm_name"),
  ...column("BOOL", "is_control"),
  ...column("STRING", "method", "status", "reason"),
  ...column("INT64", "n", "x", "units_maturing"),
  ...column("FLOAT64", "value"),
  ...column("STRING", "control_arm_id"),
  ...column("INT64", "control_n", "control_x"),
  ...column("FLOAT64", "control_value", "effect", "effect_low", "effect_high", "effect_se"),
  ...column("FLOAT64", "decision_low", "decision_high", "lift", "lift_low", "lift_high"),
  ...column("FLOAT64", "z", "chi2", "df", "p_value", "logp", "adjusted_p"),
  ...column("STRING", "adjustment"),
  ...column("FLOAT64", "family_p", "alpha", "chance_to_win", "expected_loss", "variance_reduction", "mde"),
  ...column("FLOAT64", "cap_value"),
  ...column("INT64", "capped_units"),
  ...column("FLOAT64", "incremental", "incremental_low", "incremental_high", "margin"),
  ...column("STRING", "guardrail"),
  ...column("FLOAT64", "trend_slope", "trend_p"),
  ...column("BOOL", "novelty"),
  ...column("STRING", "verdict", "decision", "decision_reason", "notes"),
  ...column("DATE", "first_date", "last_date"),
];

/** The raw table evaluations are loaded into: a result row (its `workspace` and `data_state` are stamps) and the other stamps. */
export const experimentResultColumns: TableContract = {
  table: "raw_experiment_result",
  columns: [...resultColumns, ...stampColumns],
};

export type HealthStatus = "pass" | "warn" | "fail" | "not_checked";

/** One check of one experiment, made before any number is looked at. */
export interface ExperimentHealthRow {
  workspace: string;
  experiment_id: string;
  /** `srm`, `srm_sequential`, `contamination`, `duplicate_units`, `arms`, `arm_stopped`, `control_activity`, `delivery`, `counts`, … */
  check_name: string;
  status: HealthStatus;
  /** Stable code of what was found; null when the check passed. */
  code: string | null;
  value: number | null;
  threshold: number | null;
  /** In words. */
  detail: string;
  /** What it was checked against, where that may change: planned shares and the day they hold from. */
  basis: string | null;
  /** Units by arm id, as JSON, where a later check has to know what this one saw (`srm_sequential`). */
  observed: string | null;
  data_state: string;
}

export const experimentHealthColumns: TableContract = {
  table: "raw_experiment_health",
  columns: [
    ...column("STRING", "experiment_id", "check_name", "status", "code"),
    ...column("FLOAT64", "value", "threshold"),
    ...column("STRING", "detail", "basis", "observed"),
    ...stampColumns,
  ],
};

/** What was said about one arm, when, and on which data. */
export interface ExperimentVerdictRow {
  workspace: string;
  experiment_id: string;
  experiment_name: string | null;
  /** `all` where nothing could be compared. */
  arm_id: string;
  arm_name: string | null;
  control_arm_id: string | null;
  decision: Decision;
  reason: VerdictReason;
  verdict: Verdict;
  /** The reason as a marketer reads it. */
  explanation: string;
  /** Codes of the checks that failed, joined by commas. */
  problems: string | null;
  /** Of the arms that may be shipped, this is the one to ship; `tied_with` another that is as good as it. */
  is_winner: boolean;
  tied_with: string | null;
  metric: string | null;
  /** What kind of number the effect is; null in rows from before this was kept. */
  metric_kind: string | null;
  looks: string;
  /** `confidence_sequence`: units near which its intervals are tightest; fixed by the first verdict. Else null. */
  expected_units: number | null;
  /** Which of the declared looks this is; null when it is none: any day is one (`confidence_sequence`), or none is due yet. */
  look: number | null;
  /** How many looks are declared; null when any day is one. */
  looks_planned: number | null;
  /** No look comes after this one. */
  is_final_look: boolean | null;
  /** Matured units of all arms: the size of this look; null when nobody counts them. */
  units: number | null;
  planned_units: number | null;
  information: number | null;
  /** Units still needed in every arm to find the smallest effect worth having. */
  units_needed: number | null;
  /** When to look again; null when nothing is to be waited for. */
  next_look_date: string | null;
  effect: number | null;
  decision_low: number | null;
  decision_high: number | null;
  /** How far from zero the effect had to be for the deciding interval to leave zero, in the metric's own unit; null where it may not. */
  decision_boundary: number | null;
  alpha: number;
  /** Digests of the definition and of the counts it was said on: what is the same need not be said again. */
  definition_hash: string;
  data_hash: string;
  /** The data it was said on. */
  first_date: string | null;
  last_date: string | null;
  data_state: string;
}

export const experimentVerdictColumns: TableContract = {
  table: "raw_experiment_verdict",
  columns: [
    ...column("STRING", "experiment_id", "experiment_name", "arm_id", "arm_name", "control_arm_id"),
    ...column("STRING", "decision", "reason", "verdict", "explanation", "problems"),
    ...column("BOOL", "is_winner"),
    ...column("STRING", "tied_with", "metric", "metric_kind", "looks"),
    ...column("INT64", "expected_units", "look", "looks_planned"),
    ...column("BOOL", "is_final_look"),
    ...column("INT64", "units", "planned_units"),
    ...column("FLOAT64", "information"),
    ...column("INT64", "units_needed"),
    ...column("DATE", "next_look_date"),
    ...column("FLOAT64", "effect", "decision_low", "decision_high", "decision_boundary", "alpha"),
    ...column("STRING", "definition_hash", "data_hash"),
    ...column("DATE", "first_date", "last_date"),
    ...stampColumns,
  ],
};

/** A cap that an evaluation froze: from then on the metric is cut at it, as long as the rule stays. */
export interface ExperimentCapRow {
  workspace: string;
  experiment_id: string;
  metric: string;
  /** How it was found, in words. */
  cap_rule: string;
  cap_value: number;
  /** Units of all arms whose value was not 0. */
  nonzero_units: number;
  data_state: string;
}

export const experimentCapColumns: TableContract = {
  table: "raw_experiment_cap",
  columns: [
    ...column("STRING", "experiment_id", "metric", "cap_rule"),
    ...column("NUMERIC", "cap_value"),
    ...column("INT64", "nonzero_units"),
    ...stampColumns,
  ],
};

/** What is said of experiments: numbers, checks and verdicts. */
export interface Evaluation {
  readonly results: ExperimentResultRow[];
  readonly health: ExperimentHealthRow[];
  /** What is said now of every arm, whether or not it was said before. */
  readonly verdicts: ExperimentVerdictRow[];
}
