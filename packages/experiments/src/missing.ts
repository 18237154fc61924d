import { didYouMean } from "@lifecycle/contracts";
import type { Definition } from "./definition.ts";
import { hashesOf } from "./digest.ts";
import { check } from "./health-check.ts";
import type { Evaluation } from "./result.ts";

/** What is said of an id that no data tell of. */
export function nothingKnown(id: string, known: readonly string[]): string {
  return `Nothing is known of ${id}: it was deleted, has never sent, or the id is wrong.${didYouMean(id, known)}`;
}

/** An experiment that somebody declared and no data tell of: its campaign was deleted, its file never read, or its id is wrong; of the `known` ids the nearest is named. */
export function missingExperiment(id: string, definition: Definition, known: readonly string[]): Evaluation {
  const workspace = id.split("__")[0] ?? id;
  const detail = nothingKnown(id, known);
  const own = { workspace, experiment_id: id, data_state: "closed" };
  return {
    results: [],
    health: [{ ...own, ...check("arms", "fail", "experiment_not_found", detail) }],
    verdicts: [
      {
        ...own,
        experiment_name: definition.name ?? null,
        arm_id: "all",
        arm_name: null,
        control_arm_id: null,
        decision: "invalid",
        reason: "data_error",
        verdict: "insufficient",
        explanation: detail,
        problems: "experiment_not_found",
        is_winner: false,
        tied_with: null,
        metric: null,
        metric_kind: null,
        looks: definition.looks.kind,
        expected_units: null,
        look: null,
        looks_planned: null,
        is_final_look: null,
        ...hashesOf(definition, []),
        units: 0,
        planned_units: definition.planned_units ?? null,
        information: null,
        units_needed: null,
        next_look_date: null,
        effect: null,
        decision_low: null,
        decision_high: null,
        decision_boundary: null,
        alpha: definition.alpha,
        first_date: null,
        last_date: null,
      },
    ],
  };
}
