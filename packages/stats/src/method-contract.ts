import { compoundRevenue, dailyJackknife, designEffect } from "./aggregates.ts";
import { alphaSpending } from "./alpha-spending.ts";
import { barnardTest } from "./barnard.ts";
import { betaBinomial } from "./bayes-beta.ts";
import { gaussianPosterior } from "./bayes-gaussian.ts";
import { betaPpf, betaTails } from "./beta.ts";
import { aaCalibration } from "./calibration.ts";
import { chi2Quantile, chi2Tail } from "./chi-square.ts";
import { asymptoticSequence, mixtureSequentialTest } from "./confidence-sequence.ts";
import { cupedLift, cupedTest } from "./cuped.ts";
import { cupedRatioTest } from "./cuped-ratio.ts";
import { evaluateDecision } from "./decision.ts";
import { dunnett } from "./dunnett.ts";
import { fisherTest } from "./exact-tests.ts";
import { groupSequentialBounds } from "./group-sequential.ts";
import { meanLift, welchTest } from "./means.ts";
import { mergeMoments, momentsFromSums } from "./moments.ts";
import { adjustPValues } from "./multiplicity.ts";
import { nonInferiorMean, nonInferiorProportion } from "./non-inferiority.ts";
import { normalQuantile, normalTail } from "./normal.ts";
import { meanMde, meanSampleSize, proportionMde, proportionPower, proportionSampleSize } from "./power.ts";
import { differenceInterval, holdoutIncrement, wilsonInterval } from "./proportion-intervals.ts";
import { proportionLift } from "./proportion-lift.ts";
import { proportionChi2, proportionZTest } from "./proportions.ts";
import { ratioLift, ratioTest } from "./ratios.ts";
import { experimentRuntime } from "./runtime.ts";
import { proportionScoreTest } from "./score-difference.ts";
import { mantelHaenszel } from "./segments.ts";
import { srmChi2, srmSequential } from "./srm.ts";
import { tQuantile, tTail } from "./student-t.ts";
import { effectTrend } from "./trend.ts";
import { validateCounts, validateMoments } from "./validation.ts";
import { winsorize } from "./winsorize.ts";

/** Every method by its stable id: the names under which results are stored and independent values are kept. */
export const methods = {
  "dist.normal.sf": normalTail,
  "dist.normal.isf": normalQuantile,
  "dist.t.sf": tTail,
  "dist.t.isf": tQuantile,
  "dist.chi2.sf": chi2Tail,
  "dist.chi2.isf": chi2Quantile,
  "dist.beta.tails": betaTails,
  "dist.beta.ppf": betaPpf,
  "moments.fromSums": momentsFromSums,
  "moments.merge": mergeMoments,
  "moments.winsorize": winsorize,
  "prop.ztest": proportionZTest,
  "prop.chi2": proportionChi2,
  "prop.ci.wilson": wilsonInterval,
  "prop.ci.diff": differenceInterval,
  "prop.ci.lift": proportionLift,
  "prop.scoretest": proportionScoreTest,
  "prop.fisher": fisherTest,
  "prop.barnard": barnardTest,
  "mean.welch": welchTest,
  "mean.lift": meanLift,
  "ratio.delta": ratioTest,
  "ratio.lift": ratioLift,
  "cuped.mean": cupedTest,
  "cuped.lift": cupedLift,
  "cuped.ratio": cupedRatioTest,
  "srm.chi2": srmChi2,
  "srm.sequential": srmSequential,
  "multi.adjust": adjustPValues,
  "multi.dunnett": dunnett,
  "seq.asympcs": asymptoticSequence,
  "seq.msprt": mixtureSequentialTest,
  "gs.spending": alphaSpending,
  "gs.bounds": groupSequentialBounds,
  "power.prop": proportionPower,
  "power.prop.n": proportionSampleSize,
  "power.prop.mde": proportionMde,
  "power.mean.n": meanSampleSize,
  "power.mean.mde": meanMde,
  "power.runtime": experimentRuntime,
  "bayes.betaBinomial": betaBinomial,
  "bayes.gaussian": gaussianPosterior,
  "ni.mean": nonInferiorMean,
  "ni.prop": nonInferiorProportion,
  "trend.effect": effectTrend,
  "segments.mh": mantelHaenszel,
  "aa.calibration": aaCalibration,
  "agg.compoundRevenue": compoundRevenue,
  "agg.dailyJackknife": dailyJackknife,
  "agg.designEffect": designEffect,
  "holdout.incremental": holdoutIncrement,
  "validate.counts": validateCounts,
  "validate.moments": validateMoments,
  "decision.evaluate": evaluateDecision,
} as const;

export type MethodId = keyof typeof methods;

/**
 * Runs a method by id: plain objects in and out, undefined numbers as null beside a status. Inputs come from files, so
 * their shape is the method's own business; an id nobody knows is a programmer's error and throws.
 */
export default function runMethod(method: string, inputs: unknown): Record<string, unknown> {
  if (!Object.hasOwn(methods, method)) throw new RangeError(`Unknown statistics method "${method}"`);
  return { ...methods[method as MethodId](inputs as never) };
}
