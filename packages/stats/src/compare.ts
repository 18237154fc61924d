import { gaussianPosterior } from "./bayes-gaussian.ts";
import {
  compareMeans,
  compareProportions,
  compareQuantiles,
  compareRatios,
  compareStratified,
} from "./compare-kinds.ts";
import { dunnettCritical, dunnettLogTail } from "./dunnett.ts";
import type { LiftKind } from "./lift.ts";
import { logNormSf, normIsfLog } from "./normal.ts";
import type { MetricArms, PairEstimate, TestName } from "./pair-estimate.ts";
import { isLevel, type Status } from "./status.ts";

export interface Comparison {
  /** Rate, mean or ratio of each arm. */
  readonly controlValue: number | null;
  readonly treatmentValue: number | null;
  readonly diff: number | null;
  readonly se: number | null;
  readonly test: TestName | null;
  readonly p: number | null;
  readonly logp: number | null;
  /** Interval of this comparison alone. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Dunnett-adjusted over the treatments of this metric. */
  readonly adjustedP: number | null;
  readonly adjustedLogP: number | null;
  /** Interval that holds for all treatments together; this one decides. */
  readonly simultaneousLower: number | null;
  readonly simultaneousUpper: number | null;
  /** (t − c)/|c| with an interval at the simultaneous level, consistent with the one above. */
  readonly lift: number | null;
  readonly liftLower: number | null;
  readonly liftUpper: number | null;
  readonly liftKind: LiftKind | null;
  /** Flat-prior posterior of the difference; shown, never a stopping rule. */
  readonly chanceToWin: number | null;
  readonly expectedLoss: number | null;
  readonly status: Status;
}

export interface MetricComparison {
  /** One per treatment, in order. */
  readonly comparisons: Comparison[];
  /** Dunnett's critical value of the family; null when no treatment can be compared. */
  readonly critical: number | null;
}

const NOTHING = {
  controlValue: null,
  treatmentValue: null,
  diff: null,
  se: null,
  test: null,
  p: null,
  logp: null,
  lower: null,
  upper: null,
  adjustedP: null,
  adjustedLogP: null,
  simultaneousLower: null,
  simultaneousUpper: null,
  lift: null,
  liftLower: null,
  liftUpper: null,
  liftKind: null,
  chanceToWin: null,
  expectedLoss: null,
};

/**
 * The default path for one metric: every treatment against the control. Proportions: score z (Fisher mid-p when an expected
 * count is below 5) with Miettinen–Nurminen intervals; means: Welch with Fieller's lift; ratios, CUPED and quantiles: z (t for
 * CUPED below 100 units); Dunnett over the treatments. `alpha` is the two-sided level of this look. `designEffect`: by how much counts
 * that hold the same people several times spread more than as many people would (Eldridge, Ashby & Kerry 2006); estimates stay.
 */
export function compareMetric(metric: MetricArms, alpha = 0.05, designEffect = 1): MetricComparison {
  if (!isLevel(alpha))
    return {
      comparisons: metric.treatments.map(() => ({ ...NOTHING, status: "invalid_alpha" })),
      critical: null,
    };
  const pairs = estimatePairs(metric).map((pair) =>
    typeof pair === "string" || designEffect === 1 ? pair : widened(pair, Math.sqrt(designEffect)),
  );
  const family = pairs.filter((pair) => typeof pair !== "string");
  if (family.length === 0)
    return { comparisons: pairs.map((pair) => ({ ...NOTHING, status: pair as Status })), critical: null };
  const logTail = dunnettLogTail(family.map(({ variances: [vc, vt] }) => Math.sqrt(vc / (vc + vt))));
  const critical = dunnettCritical(logTail, family.length, alpha);
  const single = normIsfLog(Math.log(alpha / 2));
  const comparisons = pairs.map((pair) =>
    typeof pair === "string"
      ? { ...NOTHING, status: pair }
      : describe(pair, single, critical, family.length, logTail),
  );
  return { comparisons, critical };
}

function estimatePairs(metric: MetricArms): (PairEstimate | Status)[] {
  const { kind, control } = metric;
  if (kind === "proportion")
    return metric.treatments.map((treatment) => compareProportions(control, treatment));
  if (kind === "stratified")
    return metric.treatments.map((treatment) => compareStratified(control, treatment));
  if (kind === "mean") return metric.treatments.map((treatment) => compareMeans(control, treatment));
  if (kind === "quantile") return metric.treatments.map((treatment) => compareQuantiles(control, treatment));
  return metric.treatments.map((treatment) => compareRatios(kind, control, treatment));
}

/** The same estimate with errors so many times as large. */
function widened(pair: PairEstimate, by: number): PairEstimate {
  const z = normIsfLog(pair.logp - Math.LN2) / by;
  const logp = Math.min(0, Math.LN2 + logNormSf(z));
  return {
    ...pair,
    se: pair.se * by,
    p: Math.exp(logp),
    logp,
    interval: (critical) => pair.interval(critical * by),
    lift: (critical) => pair.lift(critical * by),
  };
}

function describe(
  pair: PairEstimate,
  single: number,
  critical: number,
  size: number,
  logTail: (q: number) => number,
): Comparison {
  // Small samples enter the family by the z that has their p, so that exact and t tests share it.
  const adjustedLogP =
    size === 1 ? pair.logp : Math.max(pair.logp, logTail(normIsfLog(pair.logp - Math.LN2)));
  const own = pair.interval(single);
  const simultaneous = size === 1 ? own : pair.interval(critical);
  const lift = pair.lift(critical);
  const posterior = gaussianPosterior({ estimate: pair.diff, se: pair.se });
  return {
    controlValue: pair.controlValue,
    treatmentValue: pair.treatmentValue,
    diff: pair.diff,
    se: pair.se,
    test: pair.test,
    p: pair.p,
    logp: pair.logp,
    lower: own.lower,
    upper: own.upper,
    adjustedP: Math.exp(adjustedLogP),
    adjustedLogP,
    simultaneousLower: simultaneous.lower,
    simultaneousUpper: simultaneous.upper,
    lift: lift.lift,
    liftLower: lift.lower,
    liftUpper: lift.upper,
    liftKind: lift.kind,
    chanceToWin: posterior.chanceToWin,
    expectedLoss: posterior.lossTreatment,
    status: "ok",
  };
}
