import { findDecreasingRoot } from "./roots.ts";
import { isFiniteNumber, type Status } from "./status.ts";

export interface Shrunk {
  /** In the order given: posterior mean and sd of each true effect; null where estimate or se was null. */
  readonly effects: ({ readonly mean: number; readonly sd: number; readonly weight: number } | null)[];
  /** Mean and standard deviation of the true effects over the portfolio. */
  readonly priorMean: number | null;
  readonly priorSd: number | null;
  readonly status: Status;
}

/** Fewer experiments say too little about how much true effects differ. */
const MIN_EXPERIMENTS = 5;

/**
 * Effects of many experiments pulled towards their common mean by how noisy each is (normal–normal empirical Bayes; spread
 * by Paule & Mandel 1982). Corrects the winner's curse in a portfolio view: the best of many looks better than it is.
 * Estimates on one scale (lifts). Below 5 experiments nothing is shrunk.
 */
export function shrinkEffects(
  estimates: readonly ({ readonly estimate: number | null; readonly se: number | null } | null)[],
): Shrunk {
  const usable = estimates.map((e) =>
    e && isFiniteNumber(e.estimate) && isFiniteNumber(e.se) && e.se > 0
      ? { estimate: e.estimate, se: e.se }
      : null,
  );
  const known = usable.filter((e) => e !== null);
  if (known.length < MIN_EXPERIMENTS) {
    return { effects: estimates.map(() => null), priorMean: null, priorSd: null, status: "not_enough_data" };
  }
  const tau2 = pauleMandel(known);
  const priorMean = weightedMean(known, tau2);
  const effects = usable.map((e) => {
    if (e === null) return null;
    const weight = tau2 / (tau2 + e.se ** 2);
    return { mean: priorMean + weight * (e.estimate - priorMean), sd: e.se * Math.sqrt(weight), weight };
  });
  return { effects, priorMean, priorSd: Math.sqrt(tau2), status: "ok" };
}

interface Known {
  readonly estimate: number;
  readonly se: number;
}

function weightedMean(known: readonly Known[], tau2: number): number {
  const total = known.reduce((sum, { se }) => sum + 1 / (se * se + tau2), 0);
  return known.reduce((sum, { estimate, se }) => sum + estimate / (se * se + tau2), 0) / total;
}

/** The τ² at which the weighted squares equal their expectation; 0 when the effects differ less than noise explains. */
function pauleMandel(known: readonly Known[]): number {
  const excess = (tau2: number) => {
    const mean = weightedMean(known, tau2);
    return (
      known.reduce((sum, { estimate, se }) => sum + (estimate - mean) ** 2 / (se * se + tau2), 0) -
      (known.length - 1)
    );
  };
  if (excess(0) <= 0) return 0;
  const scale = Math.max(...known.map(({ estimate }) => Math.abs(estimate))) ** 2;
  return findDecreasingRoot(excess, scale / 10, scale / 10, 0);
}
