import type { Definition } from "./definition.ts";
import type { Hashes } from "./digest.ts";
import type { Health } from "./health-check.ts";
import { type Look, lookAt, noLook } from "./look.ts";
import type { Matured } from "./matured.ts";
import type { Note } from "./notes.ts";
import type { Turn } from "./turn.ts";
import type { Stage } from "./verdict.ts";

/** What one experiment's parts share while it is judged. */
export interface JudgeContext {
  readonly matured: Matured;
  readonly definition: Definition;
  readonly controlId: string;
  readonly health: Health;
  readonly stage: Stage;
  readonly turn: Turn;
  readonly hashes: Hashes;
  /** Notes that hold for every arm. */
  readonly notes: readonly Note[];
  /** Names of the primary metrics. */
  readonly primaries: ReadonlySet<string>;
}

/** Primary metrics share the level among them; the others have it each. */
export function lookFor({ definition, primaries, stage, turn }: JudgeContext, metric: string): Look {
  const alpha = primaries.has(metric) ? definition.alpha / primaries.size : definition.alpha;
  if (turn.kind === "look") return lookAt(definition, alpha, stage.units, turn.earlier);
  return noLook(definition, turn.kind === "any" ? alpha * turn.left : alpha, stage.units);
}
