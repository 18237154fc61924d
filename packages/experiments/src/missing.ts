import { didYouMean } from "@lifecycle/contracts";
import { isControlGroup } from "./control-group.ts";
import type { Definition } from "./definition.ts";
import { hashesOf } from "./digest.ts";
import { check } from "./health-check.ts";
import type { Evaluation } from "./result.ts";
import { NO_ARM_JUDGED } from "./verdict-row.ts";

/** What is said of an id that no data tell of. */
export function nothingKnown(id: string, known: readonly string[]): string {
  if (isControlGroup(id))
    return "No export of the global control group has anybody in it: there is no such group in Braze, nobody is in it, or it was never exported (`users-export-global-control-group` in config/pipelines/braze.yaml).";
  return `Nothing is known of ${id}: it was deleted, has never sent, or the id is wrong.${didYouMean(id, known)}`;
}

/** An experiment that somebody declared and no data tell of: its campaign was deleted, its file never read, or its id is wrong; of the `known` ids the nearest is named. */
export function missingExperiment(id: string, definition: Definition, known: readonly string[]): Evaluation {
  const workspace = id.split("__")[0] ?? id;
  const detail = nothingKnown(id, known);
  const code = isControlGroup(id) ? "group_not_exported" : "experiment_not_found";
  const own = { workspace, experiment_id: id, data_state: "closed" };
  return {
    results: [],
    health: [{ ...own, ...check("arms", "fail", code, detail) }],
    verdicts: [
      {
        ...own,
        experiment_name: definition.name ?? null,
        ...NO_ARM_JUDGED,
        reason: "data_error",
        explanation: detail,
        problems: code,
        metric: null,
        metric_kind: null,
        looks: definition.looks.kind,
        expected_units: null,
        ...hashesOf(definition, []),
        units: 0,
        planned_units: definition.planned_units ?? null,
        alpha: definition.alpha,
        first_date: null,
        last_date: null,
      },
    ],
  };
}
