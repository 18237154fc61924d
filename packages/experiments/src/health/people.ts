import type { ArmActivity } from "../arm-activity.ts";
import { unitsProblem } from "../arm-value.ts";
import { daysCounted, spreadOf } from "../design-effect.ts";
import { check, type HealthCheck, type HealthInput } from "../health-check.ts";

export function contaminationOf(activity: readonly ArmActivity[]): number | null {
  const known = activity.filter(({ crossedUnits }) => crossedUnits !== null);
  const assigned = known.reduce((sum, arm) => sum + (arm.assigned ?? 0), 0);
  if (assigned === 0) return null;
  return known.reduce((sum, arm) => sum + arm.crossedUnits!, 0) / assigned;
}

export function checkContamination({ activity, definition }: HealthInput): HealthCheck {
  const rate = contaminationOf(activity);
  const max = definition.contamination_max;
  if (rate === null)
    return check("contamination", "not_checked", "no_unit_rows", "Single people are not known.", null, max);
  const share = `${(100 * rate).toFixed(2)} % of the people were seen in more than one arm.`;
  return rate > max
    ? check("contamination", "fail", "contamination", share, rate, max)
    : check("contamination", "pass", null, share, rate, max);
}

export function checkDuplicates({ activity }: HealthInput): HealthCheck {
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

export function checkUnit({ arms, definition }: HealthInput): HealthCheck {
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

export function checkExposure({ arms, definition }: HealthInput): HealthCheck {
  const exposure = definition.exposure ?? "assigned";
  if (exposure === "assigned" || exposure === "sent")
    return check("exposure", "pass", null, `People count from being ${exposure}.`);
  if (arms[0]?.dataGrade === "rest_totals")
    return check(
      "exposure",
      "warn",
      "exposure_not_exposed",
      `Braze's totals count the people a message was sent to, and everybody in the control, whether or not it was ${exposure}: these people are judged.`,
    );
  return check(
    "exposure",
    "warn",
    "post_assignment_exposure",
    `People count only once a message was ${exposure}: the arms may differ in who gets so far.`,
  );
}
