import { DEFAULT_EXPECTED_UNITS } from "@lifecycle/contracts";
import type { Definition } from "./definition.ts";
import type { ExperimentVerdictRow } from "./result.ts";

/** Intervals that hold on any day, by which a test was judged first. */
export interface KeptSequence {
  /** Units at which they are tightest; null in rows from before this was kept. */
  readonly expectedUnits: number | null;
}

/** So early nothing can be claimed for an arm: looks that are declared by then are followed, and pay for the numbers that were shown. */
const NOTHING_CLAIMED: ReadonlySet<string> = new Set(["warming_up", "maturing"]);

const REASONS = [...NOTHING_CLAIMED].map((reason) => `'${reason}'`).join(", ");

/** The sequence by which anything was judged, from what was said, oldest first; null when nothing was. */
export function sequenceOf(said: readonly ExperimentVerdictRow[]): KeptSequence | null {
  const first = said.find(
    ({ looks, decision, reason }) =>
      looks === "confidence_sequence" && decision !== "invalid" && !NOTHING_CLAIMED.has(reason),
  );
  if (!first) return null;
  return { expectedUnits: first.expected_units == null ? null : Number(first.expected_units) };
}

/** The same condition on rows of `raw_experiment_verdict`. */
export const JUDGED_BY_SEQUENCE = `looks = 'confidence_sequence' AND decision <> 'invalid' AND reason NOT IN (${REASONS})`;

const isUnclaimed = ({ looks, reason }: ExperimentVerdictRow) =>
  looks === "confidence_sequence" && NOTHING_CLAIMED.has(reason);

/** Units at which it was looked at on any day while nothing could be claimed: its numbers were shown all the same. */
export function seenEarly(said: readonly (readonly ExperimentVerdictRow[])[]): number[] {
  return said.flatMap((rows) => (rows.some(isUnclaimed) ? Number(rows[0]!.units ?? 0) : []));
}

/** Rows of `raw_experiment_verdict` that `seenEarly` counts. */
export const SEEN_EARLY = `looks = 'confidence_sequence' AND reason IN (${REASONS})`;

/**
 * The definition to judge by. Once a test was judged on any day, it goes on by the same sequence, whatever is declared later: looks
 * planned when numbers are known could be planned for the day on which they look best, and no count of the days that were looked at
 * makes up for that. A sequence needs no correction for it, because it holds on all days together.
 */
export function keepSequence(definition: Definition, sequence: KeptSequence | null): Definition {
  if (sequence === null) return definition;
  const { looks } = definition;
  const declared = looks.kind === "confidence_sequence" ? looks.expected_units : DEFAULT_EXPECTED_UNITS;
  const expected_units = sequence.expectedUnits ?? declared;
  return { ...definition, looks: { kind: "confidence_sequence", expected_units } };
}
