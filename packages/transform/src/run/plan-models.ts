import type { CompiledProject } from "../compiled.ts";
import { buildOf } from "./part-sql.ts";
import { type BuildPlan, planBuild } from "./plan-build.ts";
import { mustFit, type RunOptions, readState } from "./run-options.ts";

/** What would be done with a model, and the select that would be run for it. */
export interface PlannedModel {
  name: string;
  plan: BuildPlan;
  sql: string | undefined;
}

/** What `runModels` would do with each model, given what is built now. Models after one that is to be built may turn out to have less to do. */
export async function planModels(
  compiled: CompiledProject,
  options: Pick<RunOptions, "warehouse" | "select" | "fullRefresh" | "evenUnchanged" | "now">,
): Promise<PlannedModel[]> {
  mustFit(compiled, options.warehouse);
  const chosen = new Set(options.select);
  const models = compiled.models.filter(
    ({ name, materialized }) => chosen.has(name) && materialized !== "ephemeral",
  );
  const state = await readState(models, options);
  const plans: PlannedModel[] = [];
  const moved = new Set<string>();
  for (const model of models) {
    const mover = model.inputs.find((name) => moved.has(name));
    const own = await planBuild(model, state);
    const plan: BuildPlan =
      mover !== undefined && own.action === "skip" ? { action: "whole", reason: `after ${mover}` } : own;
    const isBuilt = plan.action !== "skip" && plan.action !== "test";
    if (isBuilt) moved.add(model.name);
    const sql = isBuilt ? buildOf(model, plan, options.warehouse, state.today).sql : undefined;
    plans.push({ name: model.name, plan, sql });
  }
  return plans;
}
