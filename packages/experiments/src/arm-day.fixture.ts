import type { ArmDay } from "./arm-day.ts";

/** For tests: the people whom an arm of a campaign reached on a day, and how many of them converted. */
export function campaignDay(
  armId: string,
  date: string,
  n: number,
  x: number | null,
  change: Partial<ArmDay> = {},
): ArmDay {
  return {
    experimentId: "main__campaign__x",
    metric: "conversion",
    segment: "all",
    armId,
    date,
    n,
    x,
    valueSum: null,
    valueSumsq: null,
    valueSumcubes: null,
    covariateSum: null,
    covariateSumsq: null,
    crossSum: null,
    cappedUnits: null,
    ...change,
  };
}
