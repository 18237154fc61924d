import {
  compareMetric,
  isPrePeriodImbalanced,
  proportionChi2,
  srmChi2,
  srmSequential,
} from "@lifecycle/stats";
import type { ArmActivity } from "./arm-activity.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { armProblem, isImpossible } from "./arm-value.ts";
import { type Definition, shareOf, sharesNow } from "./definition.ts";
import { daysCounted, spreadOf } from "./design-effect.ts";
import type { ExperimentHealthRow, HealthStatus } from "./result.ts";
import { stoppedArms } from "./stopped-arms.ts";

/** What the checks look at. `arms` are everybody assigned, by one metric; `all` the matured ones of every metric and group. */
export interface HealthInput {
  readonly arms: readonly ArmMetric[];
  readonly all: readonly ArmMetric[];
  readonly control: ArmMetric | undefined;
  readonly days: readonly ArmDay[];
  readonly activity: readonly ArmActivity[];
  readonly definition: Definition;
  readonly unitsMaturing: number;
  /** How many experiments are checked in one refresh: more than 100 ask for a stricter threshold. */
  readonly experiments: number;
}

export type HealthCheck = Omit<ExperimentHealthRow, "workspace" | "experiment_id" | "data_state">;

export interface Health {
  readonly checks: readonly HealthCheck[];
  /** Codes of checks that make every number of the experiment worthless, other than shares and crossing units. */
  readonly dataErrors: readonly string[];
  readonly srm: { readonly p: number | null; readonly threshold: number } | null;
  readonly contaminationRate: number | null;
}

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
    checkUnit(input),
    checkExposure(input),
    checkPrePeriod(input),
  ];
  const spoken = new Set(["srm", "srm_sequential", "contamination"]);
  const dataErrors = checks.flatMap(({ check_name, status, code }) =>
    status === "fail" && code && !spoken.has(check_name) ? [code] : [],
  );
  return { checks, dataErrors, srm: srm.test, contaminationRate: contaminationOf(input.activity) };
}

const check = (
  check_name: string,
  status: HealthStatus,
  code: string | null,
  detail: string,
  value: number | null = null,
  threshold: number | null = null,
): HealthCheck => ({ check_name, status, code, value, threshold, detail });

const nameOf = (arm: ArmMetric) => arm.armName ?? arm.armId;

function checkCounts({ all }: HealthInput): HealthCheck {
  const bad = all.find((arm) => isImpossible(armProblem(arm)));
  if (!bad) return check("counts", "pass", null, "All counts can be true.");
  const problem = armProblem(bad)!;
  const words =
    problem === "successes_exceed_trials"
      ? "more conversions than people"
      : problem === "negative"
        ? "a negative count"
        : "a count that is no whole number";
  return check("counts", "fail", problem, `${nameOf(bad)} has ${words} (${bad.metric}).`);
}

function checkArms({ arms, definition }: HealthInput): HealthCheck {
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

function checkShares(input: HealthInput, threshold: number): { checks: HealthCheck[]; test: Health["srm"] } {
  const shares = sharesNow(input.definition);
  const unchecked = (code: string, detail: string) => ({
    checks: [check("srm", "not_checked", code, detail, null, threshold)],
    test: null,
  });
  if (!shares)
    return unchecked("weights_unknown", "The planned shares are not known, so the split cannot be checked.");
  const weights = input.arms.map((arm) => shareOf(shares, arm));
  const known = weights.filter((weight) => weight !== undefined);
  if (known.length < weights.length)
    return unchecked(
      "weights_incomplete",
      "Some arms have no planned share, so the split cannot be checked.",
    );
  const observed = observedUnits(input);
  const test = srmChi2({ observed, weights: known });
  if (test.p === null) return unchecked(test.status, "There are too few units to check the split.");
  const seen = input.arms.map((arm, i) => `${nameOf(arm)} ${observed[i]}`).join(", ");
  const failed = test.p < threshold;
  const sequential = srmSequential({ observed, weights: known });
  const detail = failed
    ? `The split does not fit the plan (${seen}): the arms are not comparable.`
    : `The split fits the plan (${seen}).`;
  return {
    checks: [
      check("srm", failed ? "fail" : "pass", failed ? "srm" : null, detail, test.p, threshold),
      check(
        "srm_sequential",
        sequential.p !== null && sequential.p < threshold ? "fail" : "pass",
        sequential.p !== null && sequential.p < threshold ? "srm_sequential" : null,
        "The same at any number of looks.",
        sequential.p,
        threshold,
      ),
    ],
    test: { p: test.p, threshold },
  };
}

/**
 * Units to compare with the plan. Where Braze counts the same person anew each day, only the units of the largest single day are
 * independent; elsewhere all of them.
 */
function observedUnits({ arms, activity, days, definition }: HealthInput): number[] {
  const repeated = arms.some(({ unitDays }) => (unitDays ?? 0) > 1) && definition.repeat_sends !== "no";
  if (!repeated) {
    return arms.map((arm) => activity.find(({ armId }) => armId === arm.armId)?.assigned ?? arm.n ?? 0);
  }
  const byDay = Map.groupBy(days, ({ date }) => date);
  const total = (rows: readonly ArmDay[]) => rows.reduce((sum, { n }) => sum + n, 0);
  const largest = [...byDay.values()].reduce((best, rows) => (total(rows) > total(best) ? rows : best), []);
  return arms.map((arm) => largest.find(({ armId }) => armId === arm.armId)?.n ?? 0);
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
  const detail = `${(100 * share).toFixed(0)} machine opens for every 100 opens: trust clicks and conversions.`;
  const many = share > MACHINE_OPENS;
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
