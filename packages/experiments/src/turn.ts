import { FIFTHS, type Looks } from "@lifecycle/contracts";
import type { Definition } from "./definition.ts";
import type { TakenLook } from "./history.ts";
import { levelLeft } from "./level-left.ts";
import type { Stage } from "./verdict.ts";

/** The look that comes next: at so many units of all arms, or on a day. */
export type NextLook = { readonly units: number } | { readonly date: string };

/**
 * Whose turn it is when an experiment is evaluated. `any`: every day may be looked at, also where other looks were declared
 * `inPlaceOf` that once it was; by the share of the level that looks before it `left`. `look`: a declared look is taken, after others
 * at `earlier` units. `between`: nothing is decided by numbers; what the last look said stands.
 */
export type Turn = { readonly of: number | null; readonly next: NextLook | null } & (
  | { readonly kind: "any"; readonly inPlaceOf: Looks | null; readonly left: number }
  | {
      readonly kind: "look";
      readonly number: number;
      readonly isFinal: boolean;
      readonly earlier: readonly number[];
    }
  | { readonly kind: "between"; readonly last: TakenLook | null }
);

interface Now {
  readonly definition: Definition;
  /** As declared now. */
  readonly looks: Looks;
  readonly stage: Stage;
  readonly definitionHash: string;
  readonly dataHash: string;
  readonly taken: readonly TakenLook[];
  /** Units at which it was looked at on any day while nothing could be claimed. */
  readonly seen: readonly number[];
}

/**
 * A look is taken once, at the first evaluation that finds it due; several that are due together are one. The same counts again are the
 * same look. When the definition changed, the looks are those of the new plan, what is due of them is judged anew, and every look
 * before has used up its part of the level. A test that was declared over may have its counts corrected: its last look then says what
 * it says of the corrected ones; of more people than it saw, it is another look. Looked at for the last time is for good, even if the
 * end is taken back.
 */
export function turnOf(now: Now): Turn {
  const { definition, stage, taken } = now;
  if (definition.looks.kind === "confidence_sequence")
    return {
      kind: "any",
      of: null,
      next: null,
      inPlaceOf: isSame(definition.looks, now.looks) ? null : now.looks,
      left: levelLeft(
        definition.alpha,
        taken.flatMap(({ verdicts }) => verdicts),
      ),
    };
  const schedule = scheduleOf(definition);
  const newest = taken.at(-1);
  const last = newest?.definitionHash === now.definitionHash ? newest : null;
  const passed = stage.horizonReached
    ? schedule.length
    : schedule.filter((look) => isDue(look, stage)).length;
  const isRepeat = last !== null && passed <= last.number && isSameLook(last, now);
  const number = isRepeat ? last.number : passed;
  const shared = { of: schedule.length, next: schedule[Math.max(number, last?.number ?? 0)] ?? null };
  const isReady = stage.minDaysReached && stage.minUnitsReached && stage.matured && number > 0;
  const isNew = last === null || (last.isFinal ? mayGoOn(last, now) : number > last.number);
  if (!isReady || !(isRepeat || isNew)) return { ...shared, kind: "between", last };
  const paid = (isRepeat ? taken.slice(0, -1) : taken).map(({ units }) => units);
  const earlier = [...apart(now.seen, stage.units), ...paid];
  return { ...shared, kind: "look", number, isFinal: number >= schedule.length, earlier };
}

/** Evaluations by the hour are hardly more than one a day: of neighbours, nearer than a twentieth of what there is now, one counts. */
function apart(seen: readonly number[], units: number): number[] {
  const last = new Map(seen.map((n) => [Math.floor((20 * n) / units), n]));
  return [...last.values()].filter((n) => n > 0);
}

/** Whether what is seen now is what the look saw, or a correction of it. */
function isSameLook(last: TakenLook, { definition, stage, dataHash }: Now): boolean {
  if (last.isFinal && !stage.horizonReached) return false;
  return last.dataHash === dataHash || (isOverBy(definition, last) && !hasGrown(last, stage));
}

const isOverBy = ({ ended }: Definition, { isFinal }: TakenLook) => isFinal && ended === true;
const hasGrown = ({ units }: TakenLook, stage: Stage) => stage.units > units;

/** Whoever says that a test is over, and lets people come, looks at them again; until a plan has nothing left to spend. */
function mayGoOn(last: TakenLook, { definition, stage }: Now): boolean {
  const { looks, planned_units: planned } = definition;
  const isSpent = looks.kind === "group_sequential" && last.units >= planned!;
  return isOverBy(definition, last) && hasGrown(last, stage) && !isSpent;
}

/** The declared looks in order; the one of a `fixed` test is its end. */
export function scheduleOf({ looks, planned_units: planned }: Definition): NextLook[] {
  if (looks.kind !== "group_sequential") return [{ units: planned ?? Number.POSITIVE_INFINITY }];
  if (looks.dates) return looks.dates.map((date) => ({ date }));
  return (looks.at ?? FIFTHS).map((share) => ({ units: Math.ceil(share * planned!) }));
}

function isDue(look: NextLook, { units, asOf }: Stage): boolean {
  return "units" in look ? units >= look.units : asOf !== null && asOf >= look.date;
}

function isSame(sequence: Looks, declared: Looks): boolean {
  const isOne = sequence.kind === "confidence_sequence" && declared.kind === "confidence_sequence";
  return isOne && sequence.expected_units === declared.expected_units;
}
