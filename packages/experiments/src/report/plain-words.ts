import type { VerdictReason } from "../result.ts";

/** Why something is said, in a few words. */
export const BECAUSE_WORDS: Readonly<Record<VerdictReason, string>> = {
  data_error: "counts that cannot be true",
  srm: "the split does not fit the plan",
  contamination: "people in several arms",
  no_control: "no arm is the control",
  several_controls: "several arms are called control",
  unknown_control: "the control named is not there",
  path_entries_not_exposed: "Braze does not count who took a path",
  no_population: "nobody to compare with was exported",
  several_populations: "nobody said which segment to compare with",
  no_user_ids: "nobody in the exports has an id",
  no_user_outcomes: "nothing is known of what people do",
  primary_positive: "surely better where it counts",
  primary: "surely worse where it counts",
  guardrail: "a guardrail surely got worse",
  guardrail_unresolved: "better, but a guardrail is open",
  within_mde: "an effect worth having is ruled out",
  warming_up: "too early",
  maturing: "nobody has had the whole time to convert",
  fixed_horizon_not_reached: "looked at once, at its end",
  look_not_due: "the next look is to come",
  not_estimable: "cannot be compared",
  not_significant: "over, and still open",
  too_few_units: "over, with too few people",
  collecting: "can still be chance",
};

/** Names of checks; what is not here is its own name. */
export const CHECK_WORDS: Readonly<Record<string, string>> = {
  arm_stopped: "all arms ran on",
  arms: "arms",
  cap: "cap of amounts",
  contamination: "people in several arms",
  control_group: "same control group",
  control_activity: "control left alone",
  counts: "counts",
  delivery: "delivery",
  duplicate_units: "one value per person",
  exposure: "who counts",
  freshness: "age of the data",
  heavy_tail: "amounts of a few people",
  machine_opens: "opens by machines",
  maturity: "time to convert",
  pre_period: "arms alike before",
  srm: "split (sample ratio)",
  srm_sequential: "split, at every look",
  unit: "how often people count",
};

/** What a row's plain verdict is called. */
export const VERDICT_WORDS: Readonly<Record<string, string>> = {
  win: "win",
  no_win: "no win",
  insufficient: "not to be said yet",
};

/** How a guardrail stands. */
export const GUARDRAIL_WORDS: Readonly<Record<string, string>> = {
  pass: "no worse than tolerated",
  fail: "worse than tolerated",
  unresolved: "still open",
};

/** Codes as people read them, on pages. The README of this package lists them all. */
export const REASON_WORDS: Readonly<Record<string, string>> = {
  no_control: "no control",
  several_controls: "several controls",
  unknown_control: "the control named is not there",
  empty_arm: "nobody is in it",
  metric_not_reported: "not reported",
  path_entries_not_exposed: "Braze does not count who took it",
  no_population: "nobody to compare with",
  several_populations: "several segments to compare with",
  no_user_ids: "nobody has an id",
  no_user_outcomes: "nothing is known of what people do",
  no_unit_variance: "no test: only totals are known",
  degenerate: "nobody, or everybody, converted",
  zero_variance: "nothing varies",
  n_lt_2: "too few people",
  unit_mismatch: "people are counted several times",
  successes_exceed_trials: "more conversions than people",
  negative: "a negative count",
  non_finite: "a number that is none",
  maturing: "can still convert",
  quantile_not_by_day: "told once everybody has had the time to convert",
  too_few_arms: "control, alone",
};

export const NOTE_WORDS: Readonly<Record<string, string>> = {
  weights_unknown: "The planned shares of the arms are not known, so the split cannot be checked.",
  srm_failed: "The split does not fit the plan: read no further.",
  unit_bounded:
    "Braze counts people anew each day. Errors allow for the worst case, the same people every day: say `repeat_sends: no` if everybody gets it once.",
  unit_mismatch: "The same people are counted several times: no test is made on such counts.",
  control_assigned_others_received:
    "The control counts people who were assigned, the other arms people who were reached.",
  control_inferred: "The control was taken to be the variant without a first step.",
  immature: "Some of it can still change.",
  small_counts: "Few conversions: an exact test was used.",
  conditional_on_reach:
    "From the second message on: about those who were still there, in whom the arms may differ.",
  heavy_tail: "A few people bring most of this amount: its interval is rougher than it says.",
  stale_data: "The data are days old.",
  lift_unbounded: "The control's value is too close to zero for a bounded lift.",
  post_assignment_exposure: "People count only once something happened to them that the arms may differ in.",
  pre_period_imbalance: "The arms differed before the test began.",
};
