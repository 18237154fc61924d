import { normCritical, normPdf, normSf } from "./normal.ts";
import { allFinite, isFiniteNumber, isLevel, type Status } from "./status.ts";

export interface GaussianPosterior {
  readonly mean: number | null;
  readonly sd: number | null;
  readonly chanceToWin: number | null;
  readonly chanceToLose: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly lossTreatment: number | null;
  readonly lossControl: number | null;
  readonly status: Status;
}

const NONE = {
  mean: null,
  sd: null,
  chanceToWin: null,
  chanceToLose: null,
  lower: null,
  upper: null,
  lossTreatment: null,
  lossControl: null,
};

/** E[(−Z − z)+] = φ(z) − z·Φ̄(z); by continued fraction for z > 3, where the difference would cancel. */
function standardLoss(z: number): number {
  if (z <= 3) return normPdf(z) - z * normSf(z);
  let k = 0;
  for (let i = 60; i >= 1; i--) k = i / (z + k);
  return (normPdf(z) * k) / (z + k);
}

/**
 * `bayes.gaussian`: posterior of any estimate with a standard error under N(priorMean, priorSd²); `priorSd` null is flat.
 * Chances and expected losses are about an effect above and below 0, in the estimate's own unit.
 */
export function gaussianPosterior(input: {
  readonly estimate: number;
  readonly se: number;
  readonly priorMean?: number | undefined;
  readonly priorSd?: number | null | undefined;
  readonly credible?: number | undefined;
}): GaussianPosterior {
  const { estimate, se, priorMean = 0, priorSd = null, credible = 0.95 } = input;
  if (!allFinite(estimate, se, priorMean)) return { ...NONE, status: "non_finite" };
  if (se <= 0) return { ...NONE, status: se === 0 ? "zero_variance" : "negative" };
  if (!isLevel(credible) || (priorSd !== null && !(isFiniteNumber(priorSd) && priorSd > 0))) {
    return { ...NONE, status: "invalid_parameter" };
  }
  // Weights relative to the data's own precision, so that 1/se² cannot overflow.
  const pull = priorSd === null ? 0 : (se / priorSd) ** 2;
  const mean = (estimate + priorMean * pull) / (1 + pull);
  const sd = se / Math.sqrt(1 + pull);
  const half = normCritical(1 - credible) * sd;
  const z = mean / sd;
  return {
    mean,
    sd,
    chanceToWin: normSf(-z),
    chanceToLose: normSf(z),
    lower: mean - half,
    upper: mean + half,
    lossTreatment: sd * standardLoss(z),
    lossControl: sd * standardLoss(-z),
    status: "ok",
  };
}
