/** Codes as people read them, on pages. The README of this package lists them all. */
export const REASON_WORDS: Readonly<Record<string, string>> = {
  no_control: "no control",
  several_controls: "several controls",
  unknown_control: "the control named is not there",
  empty_arm: "nobody is in it",
  metric_not_reported: "not reported",
  path_entries_not_exposed: "Braze does not count who took it",
  no_unit_variance: "no test: only totals are known",
  degenerate: "nobody, or everybody, converted",
  zero_variance: "nothing varies",
  n_lt_2: "too few people",
  unit_mismatch: "people are counted several times",
  successes_exceed_trials: "more conversions than people",
  negative: "a negative count",
  non_finite: "a number that is none",
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
