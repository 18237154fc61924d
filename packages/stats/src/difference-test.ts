import type { Status } from "./status.ts";

/** A difference t − c, in the metric's own unit, and what a test says of it; null where nothing can be said. */
export interface DifferenceTest {
  readonly diff: number | null;
  readonly se: number | null;
  readonly p: number | null;
  readonly logp: number | null;
  /** One-sided tests leave one end infinite. */
  readonly lower: number | null;
  readonly upper: number | null;
  readonly status: Status;
}

export const NO_DIFFERENCE = { diff: null, se: null, p: null, logp: null, lower: null, upper: null };
