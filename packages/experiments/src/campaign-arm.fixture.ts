import type { ArmMetric } from "./arm-metric.ts";

/** For tests: an arm of a campaign whose people were counted for twenty days, the control where it is called `c`. */
export function campaignArm(armId: string, n: number, x: number, change: Partial<ArmMetric> = {}): ArmMetric {
  return {
    workspace: "main",
    experimentId: "main__campaign__x",
    experimentName: "Mail",
    source: "campaign",
    dataGrade: "rest_totals",
    unit: "recipient",
    armId,
    armName: armId,
    isControl: armId === "c",
    controlBasis: "reported",
    metric: "conversion",
    kind: "proportion",
    role: "primary",
    segment: "all",
    n,
    x,
    valueSum: null,
    valueSumsq: null,
    covariateSum: null,
    covariateSumsq: null,
    crossSum: null,
    cap: null,
    valueSumcubes: null,
    cappedUnits: null,
    unitDays: 1,
    unclosedDays: 0,
    firstDate: "2026-01-01",
    lastDate: "2026-01-20",
    windowDays: 0,
    asOf: "2026-01-20",
    ...change,
  };
}
