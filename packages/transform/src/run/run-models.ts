import { createHash } from "node:crypto";
import { errorCode, errorMessage, FatalError } from "@lifecycle/contracts";
import type { Build, MaterialiseOutcome } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledProject } from "../compiled.ts";
import { withinBudget } from "./cost-cap.ts";
import { buildOf } from "./part-sql.ts";
import { type BuildPlan, inputVersions, planBuild } from "./plan-build.ts";
import { type ModelOutcome, mustFit, named, type RunOptions, readState, type State } from "./run-options.ts";
import { runInOrder, tablesAtOnce } from "./schedule.ts";
import { allTests, tested } from "./test-models.ts";

/**
 * Brings the models up to date in `<ds>_build`, each as soon as what it reads is, and tests each before anything reads it. What did not
 * change is left; what changed in part is built in part where its config says from what. A failing test of severity `error` stops what
 * depends on the table and nothing else; the table is not published (`warehouse.not_audited`). Outcomes are in the project's order.
 * Throws `FatalError transform.tests_failed`, or the engine's error, naming model, test and number of rows; nothing is at work any more then.
 */
export async function runModels(compiled: CompiledProject, given: RunOptions): Promise<ModelOutcome[]> {
  mustFit(compiled, given.warehouse);
  const options = { ...given, warehouse: withinBudget(given.warehouse, given.budget) };
  const chosen = new Set(options.select);
  const models = compiled.models.filter(
    ({ name, materialized }) => chosen.has(name) && materialized !== "ephemeral",
  );
  const state = await readState(models, options);
  const stopped = new Set<string>();
  const { engine } = options.warehouse;
  const { atOnce = tablesAtOnce[engine], signal } = options;
  const outcomes = await runInOrder(afterAll(models, compiled), { atOnce, signal }, async ({ model }) => {
    const obstacle = model.dependsOn.find((name) => stopped.has(name) || isUntested(name, chosen, state));
    const outcome =
      obstacle === undefined ? await bringUpToDate(model, state, options) : blocked(model, obstacle);
    if (outcome.status === "failed" || outcome.status === "blocked") stopped.add(model.name);
    options.onModel?.(outcome);
    return outcome;
  });
  if (options.onFailure !== "report") throwFailures(outcomes);
  return outcomes;
}

/** With each model all that it and its tests read, also through models which are not among these: a view shows the rows of now. */
function afterAll(models: readonly CompiledModel[], compiled: CompiledProject) {
  const above = new Map<string, ReadonlySet<string>>();
  for (const { name, dependsOn, testInputs } of compiled.models) {
    const read = [...dependsOn, ...testInputs];
    above.set(name, new Set(read.flatMap((other) => [other, ...(above.get(other) ?? [])])));
  }
  return models.map((model) => ({ name: model.name, dependsOn: [...above.get(model.name)!], model }));
}

/** Built by an earlier call, and not passed: nothing may read it. */
function isUntested(name: string, chosen: ReadonlySet<string>, { builds }: State): boolean {
  const build = builds.get(name);
  return !chosen.has(name) && build !== undefined && build.auditedAs === undefined;
}

async function bringUpToDate(model: CompiledModel, state: State, options: RunOptions): Promise<ModelOutcome> {
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  let plan: BuildPlan = { action: "whole", reason: "" };
  try {
    mustHaveInputs(model, state);
    const before = state.builds.get(model.name);
    plan = await planBuild(model, state);
    const { action, reason } = plan;
    if (before && plan.action === "skip") {
      if (plan.inputs) await confirm(model, before, plan.inputs, state);
      const { rows } = before;
      return { name: model.name, rows, ms: ms(), tests: [], status: "unchanged", action, reason };
    }
    const isTested = before && plan.action === "test";
    const { rows, version } = isTested ? before : await build(model, plan, state, options);
    // What was built in part over a table that had not passed is tested whole.
    const partitions =
      plan.action === "partitions" && before?.auditedAs === model.hash ? plan.partitions : undefined;
    const tests = await allTests(model, rows, partitions, options);
    const about = {
      name: model.name,
      rows,
      action,
      reason,
      ...(plan.action === "partitions" ? { partitions: plan.partitions } : {}),
    };
    const outcome = tested(about, tests, ms());
    const audited = outcome.status === "built";
    if (isTested) await confirm(model, before, inputVersions(model, state), state);
    if (audited) await options.warehouse.builds.audit(model.name, version, model.hash);
    note(state, model, { version, rows, audited });
    log(outcome, options);
    return outcome;
  } catch (error) {
    // What may pass is tried again with the whole stage; what was stopped from outside is no failure of the model.
    if (options.signal?.aborted || !(error instanceof FatalError)) throw error;
    return failed(model, plan, error, ms(), options);
  }
}

function failed(
  model: CompiledModel,
  { action, reason }: BuildPlan,
  error: FatalError,
  ms: number,
  { logger }: RunOptions,
): ModelOutcome {
  const told = named(error, model);
  logger?.warn({ model: model.name, reason: told.message }, "model failed");
  const why = { code: errorCode(told), message: errorMessage(told) };
  return { name: model.name, rows: 0, ms, tests: [], status: "failed", action, reason, error: why };
}

/** Told by us: the engine would only say that some table does not exist. */
function mustHaveInputs({ name, dependsOn }: CompiledModel, { builds }: State): void {
  const unbuilt = dependsOn.filter((other) => other !== name && !builds.has(other));
  if (unbuilt.length === 0) return;
  throw new FatalError(
    "transform.not_built",
    `needs ${unbuilt.join(", ")}, which ${unbuilt.length === 1 ? "was" : "were"} never built: select +${name}`,
  );
}

async function confirm(
  model: CompiledModel,
  before: Build,
  inputs: Readonly<Record<string, number>>,
  state: State,
): Promise<void> {
  await state.warehouse.builds.confirm(model.name, before.version, inputs);
  state.builds.set(model.name, { ...before, inputs });
}

async function build(
  model: CompiledModel,
  plan: BuildPlan,
  state: State,
  { warehouse, runId }: RunOptions,
): Promise<MaterialiseOutcome> {
  const inputs = inputVersions(model, state);
  const { sql, how } = buildOf(model, plan, warehouse, state.today);
  const contract = model.contract;
  return warehouse.materialise({
    table: model.name,
    sql,
    ...(contract === null ? {} : { columns: contract }),
    ...(model.partitionBy === null ? {} : { partitionBy: model.partitionBy }),
    ...(model.clusterBy.length === 0 ? {} : { clusterBy: model.clusterBy }),
    ...(model.maxBytesBilled === null ? {} : { maxBytesBilled: model.maxBytesBilled }),
    // The same run may build a model again once its inputs have changed: that is another build.
    jobId: `transform__${runId}__${model.name}__${digestOf(inputs)}`,
    how,
    hash: model.buildHash,
    inputs,
  });
}

function digestOf(inputs: Readonly<Record<string, number>>): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(inputs).sort()))
    .digest("hex")
    .slice(0, 12);
}

function note(
  state: State,
  model: CompiledModel,
  done: { version: number; rows: number; audited: boolean },
): void {
  const known = state.builds.get(model.name);
  const inputs = inputVersions(model, state);
  state.builds.set(model.name, {
    table: model.name,
    version: done.version,
    hash: model.buildHash,
    inputs,
    rows: done.rows,
    builtAt: known?.builtAt ?? "",
    auditedAs: done.audited ? model.hash : undefined,
    publishedVersion: known?.publishedVersion,
  });
}

function blocked(model: CompiledModel, by: string): ModelOutcome {
  const reason = `${by} did not pass`;
  return { name: model.name, rows: 0, ms: 0, tests: [], status: "blocked", action: "skip", reason };
}

function log(outcome: ModelOutcome, { logger }: RunOptions): void {
  const { name, rows, ms, tests, action, reason } = outcome;
  const failed = tests.filter((test) => test.failures > 0);
  logger?.info({ model: name, rows, ms, action, reason, failed_tests: failed.length }, "model built");
  for (const { sample: _, ...test } of failed) {
    if (test.severity === "warn") logger?.warn(test, "test failed, severity warn");
  }
}

/** The first failure, with everything it kept from being built. */
function throwFailures(outcomes: readonly ModelOutcome[]): void {
  const failed = outcomes.filter(({ status }) => status === "failed");
  const [first] = failed;
  if (!first?.error) return;
  const waiting = outcomes.filter(({ status }) => status === "blocked").map(({ name }) => name);
  const stopped = waiting.length === 0 ? "" : `; not built: ${waiting.join(", ")}`;
  const told = failed.map(({ error }) => error?.message).join("; ");
  throw new FatalError(first.error.code, `${told}${stopped}`);
}
