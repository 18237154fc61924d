import { isFiniteNumber } from "./status.ts";

/** A treatment that may be shipped: its estimate and simultaneous interval against control, positive = good. */
export interface Candidate {
  readonly id: string;
  readonly estimate: number;
  readonly se: number;
}

export interface Winner {
  readonly id: string;
  /** The runner-up when the interval of winner minus runner-up covers 0: either may be shipped. */
  readonly tiedWith: string | null;
}

/**
 * Among treatments that may ship, the one with the largest estimate. `seOfDifference` is the standard error of winner
 * minus runner-up (they share a control, so it is not the root of both squares); `critical` a normal critical value.
 */
export function chooseWinner(
  candidates: readonly Candidate[],
  seOfDifference: (winner: Candidate, runnerUp: Candidate) => number,
  critical: number,
): Winner | null {
  const ranked = candidates.filter((c) => isFiniteNumber(c.estimate)).sort((a, b) => b.estimate - a.estimate);
  const [first, second] = ranked;
  if (!first) return null;
  if (!second) return { id: first.id, tiedWith: null };
  const tied = first.estimate - second.estimate <= critical * seOfDifference(first, second);
  return { id: first.id, tiedWith: tied ? second.id : null };
}
