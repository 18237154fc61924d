import { compareMetric, isPrePeriodImbalanced, proportionChi2 } from "@lifecycle/stats";
import type { ArmActivity } from "./arm-activity.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { armProblem, isHeavy, isImpossible, unitsProblem } from "./arm-value.ts";
import { shareOf, sharesNow } from "./definition.ts";
import { daysCounted, spreadOf } from "./design-effect.ts";
import { check, type Health, type HealthCheck, type HealthInput, nameOf } from "./health-check.ts";
import { checkShares } from "./shares.ts";
import { stoppedArms } from "./stopped-arms.ts";

/** Fabijan et al. 2019: rarer than one in a thousand is a broken allocation, not chance; stricter when many are looked at. */
const SRM_THRESHOLD = 0.001;
const SRM_THRESHOLD_MANY = 0.0005;
const MANY = 100;
/** A difference in delivery smaller than this is no concern however certain it is. */
const DELIVERY_SKEW = 0.01;
const MACHINE_OPENS = 0.3;

/** All checks of one experiment, in a fixed order. Pure; never throws. */
export function checkHealth(input: HealthInput): Health {
  const threshold = input.experiments > MANY ? SRM_THRESHOLD_MANY : SRM_THRESHOLD;
  const srm = checkShares(input, threshold);
  const checks = [
    checkCounts(input),
    checkArms(input),
    ...srm.checks,
    checkContamination(input),
    checkDuplicates(input),
    checkControlActivity(input),
    checkStopped(input),
    checkDelivery(input),
    checkMachineOpens(input),
    checkMaturity(input),
    checkFreshness(input),
    checkUnit(input),
    checkExposure(input),
    checkPrePeriod(input),
    checkTails(input),
  ];
  const spoken = new Set(["srm", "srm_sequential", "contamination"]);
  const dataErrors = checks.flatMap(({ check_name, status, code }) =>
    status === "fail" && code && !spoken.has(check_name) ? [code] : [],
  );
  return { checks, dataErrors, srm: srm.test, contaminationRate: contaminationOf(input.activity) };
}

const IMPOSSIBLE: Readonly<Record<string, string>> = {
  successes_exceed_trials: "more conversions than people",
  negative: "a negative count",
  non_finite: "a number that is none",
};

function checkCounts({ all }: HealthInput): HealthCheck {
  const bad = all.find((arm) => isImpossible(armProblem(arm)));
  if (!bad) return check("counts", "pass", null, "All counts can be true.");
  const problem = armProblem(bad)!;
  const words = IMPOSSIBLE[problem] ?? "a count that is no whole number";
  return check("counts", "fail", problem, `${nameOf(bad)} has ${words} (${bad.metric}).`);
}

function checkArms({ arms, definition }: HealthInput): HealthCheck {
  const uncounted = unitsProblem(arms);
  if (uncounted)
    return check(
      "arms",
      "not_checked",
      uncounted,
      `${arms.length} paths. Braze does not tell how many people took each.`,
    );
  const shares = sharesNow(definition);
  const seen = new Set(arms.flatMap(({ armId, armName }) => [armId, armName ?? armId]));
  const absent = Object.entries(shares ?? {}).filter(([arm, share]) => share > 0 && !seen.has(arm));
  const empty = arms.filter((arm) => (arm.n ?? 0) === 0 && shareOf(shares, arm) !== 0).map(nameOf);
  const missing = [...absent.map(([arm]) => arm), ...empty];
  if (missing.length === 0) return check("arms", "pass", null, `${arms.length} arms, each with units.`);
  const planned =
    absent.length > 0 || arms.some((arm) => (arm.n ?? 0) === 0 && (shareOf(shares, arm) ?? 0) > 0);
  return check(
    "arms",
    planned ? "fail" : "warn",
    planned ? "missing_arm" : "empty_arm",
    `Nobody is in ${missing.join(", ")}.`,
    missing.length,
  );
}

function contaminationOf(activity: readonly ArmActivity[]): number | null {
  const known = activity.filter(({ crossedUnits }) => crossedUnits !== null);
  const assigned = known.reduce((sum, arm) => sum + (arm.assigned ?? 0), 0);
  if (assigned === 0) return null;
  return known.reduce((sum, arm) => sum + arm.crossedUnits!, 0) / assigned;
}

function checkContamination({ activity, definition }: HealthInput): HealthCheck {
  const rate = contaminationOf(activity);
  const max = definition.contamination_max;
  if (rate === null)
    return check("contamination", "not_checked", "no_unit_rows", "Single people are not known.", null, max);
  const share = `${(100 * rate).toFixed(2)} % of the people were seen in more than one arm.`;
  return rate > max
    ? check("contamination", "fail", "contamination", share, rate, max)
    : check("contamination", "pass", null, share, rate, max);
}

function checkDuplicates({ activity }: HealthInput): HealthCheck {
  const known = activity.flatMap(({ duplicateRows }) => (duplicateRows === null ? [] : [duplicateRows]));
  if (known.length === 0)
    return check("duplicate_units", "not_checked", "no_unit_rows", "Single people are not known.");
  const extra = known.reduce((sum, rows) => sum + rows, 0);
  if (extra === 0) return check("duplicate_units", "pass", null, "One value per person and metric.", 0, 0);
  return check(
    "duplicate_units",
    "fail",
    "duplicate_unit_rows",
    `${extra} rows more than people: a metric gives some people several values.`,
    extra,
    0,
  );
}

/** A group that is sent nothing cannot open or click. */
function checkControlActivity({ control, activity }: HealthInput): HealthCheck {
  if (control?.source !== "campaign" || control.isControl !== true)
    return check(
      "control_activity",
      "not_checked",
      "not_applicable",
      "The control is no group without messages.",
    );
  const own = activity.find(({ armId }) => armId === control.armId);
  const acts = (own?.sent ?? 0) + (own?.opens ?? 0) + (own?.clicks ?? 0);
  return acts > 0
    ? check(
        "control_activity",
        "fail",
        "control_received_messages",
        `The control, which is sent nothing, has ${acts} sends, opens or clicks.`,
        acts,
        0,
      )
    : check("control_activity", "pass", null, "The control received nothing.", 0, 0);
}

function checkStopped({ arms, days }: HealthInput): HealthCheck {
  const stopped = stoppedArms(days);
  if (stopped === null)
    return check("arm_stopped", "not_checked", "no_days", "There are no days to follow the arms over.");
  if (stopped.length === 0) return check("arm_stopped", "pass", null, "All arms ran over the same days.");
  const words = stopped.map(
    ({ armId, gap }) => `${nameOf(arms.find((arm) => arm.armId === armId) ?? arms[0]!)} ${gap}`,
  );
  return check(
    "arm_stopped",
    "fail",
    "arm_stopped",
    `Arms did not run over the same days: ${words.join("; ")}. Their people are not of the same time.`,
    stopped.length,
    0,
  );
}

function checkDelivery({ activity }: HealthInput): HealthCheck {
  const sent = activity.filter((arm) => (arm.sent ?? 0) > 0 && arm.delivered !== null);
  if (sent.length < 2 || sent.some((arm) => arm.delivered! > arm.sent!))
    return check(
      "delivery",
      "not_checked",
      "not_applicable",
      "Fewer than two arms report what was delivered.",
    );
  const rates = sent.map((arm) => arm.delivered! / arm.sent!);
  const gap = Math.max(...rates) - Math.min(...rates);
  const { p } = proportionChi2({ groups: sent.map((arm) => [arm.delivered!, arm.sent!]) });
  const skewed = gap > DELIVERY_SKEW && p !== null && p < 0.001;
  const detail = `Delivery differs by ${(100 * gap).toFixed(1)} points between the arms.`;
  return check(
    "delivery",
    skewed ? "warn" : "pass",
    skewed ? "delivery_skew" : null,
    detail,
    gap,
    DELIVERY_SKEW,
  );
}

function checkMachineOpens({ activity }: HealthInput): HealthCheck {
  const opens = activity.reduce((sum, arm) => sum + (arm.opens ?? 0), 0);
  const machine = activity.reduce((sum, arm) => sum + (arm.machineOpens ?? 0), 0);
  if (opens === 0) return check("machine_opens", "not_checked", "not_applicable", "No opens are reported.");
  const share = machine / opens;
  const many = share > MACHINE_OPENS;
  const advice = many ? ": trust clicks and conversions." : ".";
  const detail = `${(100 * share).toFixed(0)} machine opens for every 100 opens${advice}`;
  return check(
    "machine_opens",
    many ? "warn" : "pass",
    many ? "machine_opens" : null,
    detail,
    share,
    MACHINE_OPENS,
  );
}

function checkMaturity({ unitsMaturing, arms }: HealthInput): HealthCheck {
  const unclosed = Math.max(0, ...arms.map((arm) => arm.unclosedDays ?? 0));
  if (unitsMaturing > 0)
    return check(
      "maturity",
      "warn",
      "maturing",
      `${unitsMaturing} people can still convert and do not count yet.`,
      unitsMaturing,
    );
  if (unclosed > 0)
    return check(
      "maturity",
      "warn",
      "immature",
      `${unclosed} days can still be restated by the source.`,
      unclosed,
    );
  return check("maturity", "pass", null, "Nothing counted can still change.", 0);
}

function checkUnit({ arms, definition }: HealthInput): HealthCheck {
  const uncounted = unitsProblem(arms);
  if (uncounted) return check("unit", "not_checked", uncounted, "How often a person counts is not known.");
  const days = daysCounted(arms);
  const spread = spreadOf(definition, arms);
  if (spread === null)
    return check(
      "unit",
      "warn",
      "unit_mismatch",
      "The same people are counted several times, and nobody said how alike their outcomes are: no test is made.",
      days,
    );
  if (spread === 1) return check("unit", "pass", null, "Each person counts once.", days);
  if (definition.repeats)
    return check(
      "unit",
      "pass",
      null,
      `People count ${definition.repeats.mean} times on average; errors are wider for it.`,
      spread,
    );
  return check(
    "unit",
    "warn",
    "unit_bounded",
    `Braze counts people per day, over ${days} days. Errors allow for the worst case, the same people every day: they are ${Math.sqrt(spread).toFixed(1)} times as wide as they may have to be. Say \`repeat_sends: no\` if everybody gets it once.`,
    days,
  );
}

/** Braze's newest day is yesterday's, or today's so far; one day more for time zones. */
const FRESH_DAYS = 2;

function checkFreshness({ arms, today, definition }: HealthInput): HealthCheck {
  const asOf = arms.find((arm) => arm.asOf !== null)?.asOf;
  if (today === null || !asOf || arms[0]?.source === "file" || definition.ended)
    return check("freshness", "not_checked", "not_applicable", "These data do not grow by the day.");
  const days = Math.max(0, (Date.parse(today) - Date.parse(asOf)) / 86_400_000);
  return days > FRESH_DAYS
    ? check(
        "freshness",
        "warn",
        "stale_data",
        `The newest day held is ${asOf}, ${days} days ago: run the pipeline before acting on this.`,
        days,
        FRESH_DAYS,
      )
    : check("freshness", "pass", null, `The newest day held is ${asOf}.`, days, FRESH_DAYS);
}

/** Is a mean of so skewed values, over so few people, near enough to normal for its interval? */
function checkTails({ all }: HealthInput): HealthCheck {
  const known = all.filter(
    (arm) => arm.segment === "all" && arm.kind === "mean" && arm.valueSumcubes !== null,
  );
  if (known.length === 0)
    return check("heavy_tail", "not_checked", "not_applicable", "No amounts of single people are judged.");
  const heavy = [...new Set(known.filter(isHeavy).map(({ metric }) => metric))];
  return heavy.length === 0
    ? check("heavy_tail", "pass", null, "No amount is too skewed for so many people.", 0)
    : check(
        "heavy_tail",
        "warn",
        "heavy_tail",
        `A few people bring most of ${heavy.join(", ")}: its interval is rougher than it says. Judge a capped form of it.`,
        heavy.length,
      );
}

function checkExposure({ definition }: HealthInput): HealthCheck {
  const exposure = definition.exposure ?? "assigned";
  if (exposure === "assigned" || exposure === "sent")
    return check("exposure", "pass", null, `People count from being ${exposure}.`);
  return check(
    "exposure",
    "warn",
    "post_assignment_exposure",
    `People count only once a message was ${exposure}: the arms may differ in who gets so far.`,
  );
}

/** Does the covariate itself differ between the arms? Then the adjustment would hide a broken split. */
function checkPrePeriod({ all, control }: HealthInput): HealthCheck {
  const family = all.filter(
    (arm) => arm.kind === "cuped" && arm.segment === "all" && arm.covariateSumsq !== null,
  );
  const base = family.find((arm) => arm.armId === control?.armId);
  const others = family.filter((arm) => arm.metric === base?.metric && arm !== base);
  if (!base || others.length === 0)
    return check("pre_period", "not_checked", "no_covariate", "Nothing is known from before the test.");
  const arm = ({ n, covariateSum, covariateSumsq }: ArmMetric) => ({
    n: n!,
    sum: covariateSum!,
    sumsq: covariateSumsq!,
  });
  const { comparisons } = compareMetric({ kind: "mean", control: arm(base), treatments: others.map(arm) });
  const p = Math.min(1, ...comparisons.map((comparison) => comparison.adjustedP ?? 1));
  return isPrePeriodImbalanced(p)
    ? check(
        "pre_period",
        "warn",
        "pre_period_imbalance",
        "The arms differed before the test began.",
        p,
        0.001,
      )
    : check("pre_period", "pass", null, "The arms were alike before the test began.", p, 0.001);
}
