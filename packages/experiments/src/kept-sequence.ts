import { DEFAULT_EXPECTED_UNITS } from "@lifecycle/contracts";
import type { Definition } from "./definition.ts";
import type { ExperimentVerdictRow } from "./result.ts";

/** Intervals that hold on any day, by which a test was judged first. */
export interface KeptSequence {
  /** Units at which they are tightest; null in rows from before this was kept. */
  readonly expectedUnits: number | null;
}

/** A condition on what was said: of rows at hand, and of rows of `raw_experiment_verdict`. */
interface Condition {
  readonly holds: (row: ExperimentVerdictRow) => boolean;
  readonly sql: string;
}

const isOneOf = (column: "looks" | "decision" | "reason", ...words: string[]): Condition => ({
  holds: (row) => words.includes(row[column]),
  sql: `${column} IN (${words.map((word) => `'${word}'`).join(", ")})`,
});
const not = ({ holds, sql }: Condition): Condition => ({ holds: (row) => !holds(row), sql: `NOT (${sql})` });
const all = (...conditions: Condition[]): Condition => ({
  holds: (row) => conditions.every(({ holds }) => holds(row)),
  sql: conditions.map(({ sql }) => sql).join(" AND "),
});

const bySequence = isOneOf("looks", "confidence_sequence");
/** So early nothing can be claimed for an arm: looks that are declared by then are followed, and pay for the numbers that were shown. */
const nothingClaimed = isOneOf("reason", "warming_up", "maturing");

/** Something was judged by the sequence. */
export const JUDGED_BY_SEQUENCE = all(bySequence, not(isOneOf("decision", "invalid")), not(nothingClaimed));

/** Its numbers were shown while nothing could be claimed. */
export const SEEN_EARLY = all(bySequence, nothingClaimed);

/** The sequence by which anything was judged, from what was said, oldest first; null when nothing was. */
export function sequenceOf(said: readonly ExperimentVerdictRow[]): KeptSequence | null {
  const first = said.find(JUDGED_BY_SEQUENCE.holds);
  if (!first) return null;
  return { expectedUnits: first.expected_units == null ? null : Number(first.expected_units) };
}

/** Units at which it was looked at on any day while nothing could be claimed: its numbers were shown all the same. */
export function seenEarly(said: readonly (readonly ExperimentVerdictRow[])[]): number[] {
  return said.flatMap((rows) => (rows.some(SEEN_EARLY.holds) ? Number(rows[0]!.units ?? 0) : []));
}

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
