import type { JudgeContext } from "./judge-context.ts";
import { lookAt } from "./look.ts";
import type { ExperimentResultRow, Verdict } from "./result.ts";
import { orient } from "./verdict.ts";

/** `win` needs the deciding interval on the good side, numbers that can be trusted, and a look that is allowed. */
export function plainVerdict(row: ExperimentResultRow, context: JudgeContext): Verdict {
  const { definition, health, stage, turn, primaries } = context;
  const isBroken =
    health.dataErrors.length > 0 ||
    (health.srm !== null && (health.srm.p ?? 1) < health.srm.threshold) ||
    (health.contaminationRate ?? 0) > definition.contamination_max;
  if (isBroken || row.family_p === null) return "insufficient";
  if (turn.kind === "between") {
    const last = turn.last?.verdicts.find(({ arm_id }) => arm_id === row.arm_id);
    return last && row.segment === "all" && primaries.has(row.metric) ? last.verdict : "insufficient";
  }
  const direction = row.direction === "lower" ? "lower" : "higher";
  if (definition.looks.kind === "fixed") {
    if (!stage.horizonReached) return "insufficient";
    const good = direction === "lower" ? row.effect! < 0 : row.effect! > 0;
    const earlier = turn.kind === "look" ? turn.earlier : [];
    const { alpha } = lookAt(definition, definition.alpha, stage.units, earlier);
    return good && alpha !== null && row.family_p < alpha ? "win" : "no_win";
  }
  if (!stage.minUnitsReached) return "insufficient";
  const { lower } = orient({ low: row.decision_low, high: row.decision_high }, direction);
  return lower !== null && lower > 0 ? "win" : "no_win";
}
