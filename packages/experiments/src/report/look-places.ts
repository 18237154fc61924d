import { addDays } from "@lifecycle/contracts";
import type { Definition } from "../definition.ts";
import { looksOf } from "../history.ts";
import { criticalOf, lookAt } from "../look.ts";
import type { RecordedVerdict } from "../published.ts";
import { scheduleOf } from "../turn.ts";

/** A place for a look on the axis: one that was taken, one passed over because a later one was due with it, or one still to come. */
export interface LookPlace {
  readonly state: "taken" | "passed" | "to_come";
  /** Of the declared looks; null where any day is one. */
  readonly number: number | null;
  /** What was said at it, as it was said then. */
  readonly said: RecordedVerdict | null;
  /** Share of the planned units, and units of all arms: seen where it was taken, else planned; null where the plan names days alone. */
  readonly information: number | null;
  readonly units: number | null;
  /** The day it was taken, UTC; else the one that the plan gives. */
  readonly date: string | null;
  /** How far from zero the effect had to be to decide, in its own unit; of a look to come, as is to be expected. */
  readonly boundary: number | null;
  /** Taken under rules that were changed since. */
  readonly isEarlierPlan: boolean;
}

/** What the boundaries of looks to come follow from: the newest error, on so many units, at this level for so many comparisons. */
export interface Outlook {
  readonly units: number;
  readonly se: number;
  readonly alpha: number;
  readonly comparisons: number;
}

/** All places for looks at one arm, in order. `own` is what was said of it, oldest first. */
export function lookPlaces(
  own: readonly RecordedVerdict[],
  definition: Definition,
  outlook: Outlook | null,
): LookPlace[] {
  if (definition.looks.kind === "confidence_sequence")
    return own.filter(({ effect }) => effect !== null).map((said) => takenPlace(said, false));
  // Changed rules are said anew at once, so the newest row is by those that hold now.
  const hash = own.at(-1)?.definition_hash;
  const taken = looksOf(own.map((row) => [row])).map(({ definitionHash: rules, verdicts }) =>
    takenPlace(firstSaid(own, verdicts[0]!), rules !== hash),
  );
  const now = taken.filter(({ isEarlierPlan }) => !isEarlierPlan);
  const last = now.at(-1);
  const declared = declaredPlaces(definition, own.at(-1)?.first_date ?? null);
  const passed = declared.filter(
    ({ number }) => number! < (last?.number ?? 0) && now.every((place) => place.number !== number),
  );
  const toCome = last?.said?.is_final_look ? [] : declared.slice(last?.number ?? 0);
  return [
    ...taken.filter(({ isEarlierPlan }) => isEarlierPlan),
    ...[...now, ...passed.map((place) => ({ ...place, state: "passed" as const }))].toSorted(
      (a, b) => a.number! - b.number!,
    ),
    ...withBoundaries(toCome, taken, definition, outlook),
  ];
}

/** A look may be told of once more, for a new day to look again: it was taken when it was told of first. */
function firstSaid(own: readonly RecordedVerdict[], last: RecordedVerdict): RecordedVerdict {
  const isSame = (row: RecordedVerdict) =>
    row.look === last.look &&
    row.definition_hash === last.definition_hash &&
    row.data_hash === last.data_hash;
  return own.find(isSame) ?? last;
}

function takenPlace(said: RecordedVerdict, isEarlierPlan: boolean): LookPlace {
  const units = said.units === null ? null : Number(said.units);
  return {
    state: "taken",
    number: said.look === null ? null : Number(said.look),
    said,
    information: said.information,
    units,
    date: said.evaluated_at.slice(0, 10),
    boundary: said.decision_boundary ?? null,
    isEarlierPlan,
  };
}

function declaredPlaces(definition: Definition, firstDate: string | null): LookPlace[] {
  const { planned_units: planned, planned_days: days } = definition;
  const end = firstDate !== null && days !== undefined ? addDays(firstDate, days) : null;
  const isFixed = definition.looks.kind === "fixed";
  return scheduleOf(definition).map((look, i) => {
    const units = "units" in look && Number.isFinite(look.units) ? look.units : null;
    return {
      state: "to_come",
      number: i + 1,
      said: null,
      information: units !== null && planned ? units / planned : null,
      units,
      date: "date" in look ? look.date : isFixed ? end : null,
      boundary: null,
      isEarlierPlan: false,
    };
  });
}

/** Each look uses up its part of the level, and its people make the error smaller. */
function withBoundaries(
  toCome: readonly LookPlace[],
  taken: readonly LookPlace[],
  definition: Definition,
  outlook: Outlook | null,
): LookPlace[] {
  const earlier = taken.flatMap(({ units }) => units ?? []);
  return toCome.map((place, i) => {
    const { units } = place;
    if (outlook === null || units === null || units <= Math.max(0, ...earlier)) return place;
    const before = [...earlier, ...toCome.slice(0, i).flatMap((look) => look.units ?? [])];
    const critical = criticalOf(lookAt(definition, outlook.alpha, units, before), units, outlook.comparisons);
    const se = outlook.se * Math.sqrt(outlook.units / units);
    return { ...place, boundary: critical === null ? null : critical * se };
  });
}
