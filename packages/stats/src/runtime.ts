import { isFiniteNumber, type Status } from "./status.ts";

/**
 * `power.runtime`: days until every arm has its units at its share of new enrolments (re-sends bring nobody new), plus
 * the conversion window, in whole weeks unless told otherwise. Null when an arm can never fill.
 */
export function experimentRuntime(input: {
  readonly requiredPerArm: readonly number[];
  /** Shares on any scale. */
  readonly allocation: readonly number[];
  /** New users per day over all arms. */
  readonly enrolmentsPerDay: number;
  readonly windowDays?: number | undefined;
  readonly alreadyEnrolled?: readonly number[] | undefined;
  readonly roundToWeeks?: boolean | undefined;
}): { enrolDays: number | null; totalDays: number | null; status: Status } {
  const {
    requiredPerArm,
    allocation,
    enrolmentsPerDay,
    windowDays = 0,
    alreadyEnrolled,
    roundToWeeks = true,
  } = input;
  const none = { enrolDays: null, totalDays: null };
  const numbers = [
    ...requiredPerArm,
    ...allocation,
    ...(alreadyEnrolled ?? []),
    enrolmentsPerDay,
    windowDays,
  ];
  if (!numbers.every(isFiniteNumber)) return { ...none, status: "non_finite" };
  if (numbers.some((value) => value < 0)) return { ...none, status: "negative" };
  if (requiredPerArm.length === 0 || requiredPerArm.length !== allocation.length) {
    return { ...none, status: "invalid_parameter" };
  }
  const whole = allocation.reduce((sum, share) => sum + share, 0);
  const days = requiredPerArm.map((required, i) => {
    const missing = required - (alreadyEnrolled?.[i] ?? 0);
    return missing <= 0 ? 0 : Math.ceil(missing / ((enrolmentsPerDay * allocation[i]!) / whole) - 1e-9);
  });
  const enrolDays = Math.max(...days);
  if (!Number.isFinite(enrolDays)) return { ...none, status: "unreachable" };
  const total = enrolDays + windowDays;
  return { enrolDays, totalDays: roundToWeeks ? 7 * Math.ceil(total / 7) : total, status: "ok" };
}

/** The largest arm a fixed audience can give: audience × share. Needing more is "not reachable", not a date. */
export function reachableUnits(audience: number, allocation: readonly number[]): number[] {
  const whole = allocation.reduce((sum, share) => sum + share, 0);
  return allocation.map((share) => (whole > 0 ? Math.floor((audience * share) / whole) : 0));
}
