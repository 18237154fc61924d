import { asymptoticSequence, groupSequentialBounds, normCritical, normSf } from "@lifecycle/stats";
import type { Definition } from "./definition.ts";

/** How this look at the numbers decides: the level of one comparison, and what the looks before it have used up. */
export interface Look {
  readonly kind: Definition["looks"]["kind"];
  /** Level of an interval at this look (`fixed`, `group_sequential`); null when this look may decide nothing. */
  readonly alpha: number | null;
  /** Units at which an interval that holds on all days is tightest, and the level over all looks. */
  readonly expectedUnits: number | null;
  readonly overallAlpha: number;
  /** Share of the planned units that has been seen; null without a plan. */
  readonly share: number | null;
  /** Shares at which boundaries were used, this one last; for the picture. */
  readonly shares: readonly number[];
}

/** Looks closer together than this bring nothing new (as in `groupSequentialBounds`). */
const SAME_LOOK = 1e-5;

/**
 * The look that `units` (all arms together, matured) allow, after looks at `earlier` numbers of units. `alpha` is the level of the
 * family at hand. A look at the same data again decides as it did before; looks beyond the planned end keep the last boundary. A
 * `fixed` test has one look, at its end; looks that were taken under other rules cost it what they would in even spending.
 */
export function lookAt(
  definition: Definition,
  alpha: number,
  units: number,
  earlier: readonly number[],
): Look {
  const { looks, planned_units: planned } = definition;
  const base = noLook(definition, alpha, units);
  if (looks.kind === "confidence_sequence") return base;
  const isFixed = looks.kind === "fixed";
  if (isFixed && earlier.every((n) => n === units)) return { ...base, alpha };
  const shares = usedShares([...earlier, units], units, isFixed ? units : planned!);
  const { z } = groupSequentialBounds({ family: isFixed ? "pocock" : looks.spending, alpha, t: shares });
  const bound = z?.findLast((value) => value !== null) ?? null;
  const level = bound === null || !Number.isFinite(bound) ? null : 2 * normSf(bound);
  return { ...base, alpha: level !== null && level > 0 ? level : null, shares };
}

/** No look is due: the numbers are shown, and decide nothing. */
export function noLook(definition: Definition, alpha: number, units: number): Look {
  const share = definition.planned_units ? units / definition.planned_units : null;
  return {
    kind: definition.looks.kind,
    alpha: null,
    expectedUnits:
      definition.looks.kind === "confidence_sequence"
        ? definition.looks.expected_units
        : (definition.planned_units ?? null),
    overallAlpha: alpha,
    share,
    shares: [],
  };
}

/** Rising information shares up to the present one; what lies beyond the plan counts as its end, once. */
function usedShares(units: readonly number[], now: number, planned: number): number[] {
  const rising = [...new Set(units)].filter((n) => n > 0 && n <= now).sort((a, b) => a - b);
  const shares: number[] = [];
  for (const n of rising) {
    const share = Math.min(1, n / planned);
    if (share - (shares.at(-1) ?? 0) >= SAME_LOOK) shares.push(share);
  }
  return shares;
}

export interface Ends {
  readonly low: number | null;
  readonly high: number | null;
}

/** The interval of a confidence sequence for one of `comparisons` effects: the level is shared out equally among them. */
export function sequenceInterval(
  look: Look,
  estimate: number,
  se: number,
  n: number,
  comparisons: number,
): Ends {
  const alpha = look.overallAlpha / comparisons;
  const { lower, upper } = asymptoticSequence({
    estimate,
    se,
    n,
    nStar: look.expectedUnits ?? undefined,
    alpha,
  });
  return { low: lower, high: upper };
}

/** How many standard errors the deciding interval reaches, for pictures and for sizes still needed; null when nothing may be decided. */
export function criticalOf(look: Look, n: number, comparisons: number): number | null {
  if (look.kind === "confidence_sequence") return sequenceInterval(look, 0, 1, n, comparisons).high;
  return look.alpha === null ? null : normCritical(look.alpha / comparisons);
}
