import { createHash } from "node:crypto";
import { errorCode, errorMessage, FatalError, InputError } from "@lifecycle/contracts";
import type { Build, MaterialiseOutcome, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledProject } from "../compiled.ts";
import { type Budget, withinBudget } from "./cost-cap.ts";
import { type GateContext, runGates } from "./gates.ts";
import { buildOf } from "./part-sql.ts";
import { type BuildPlan, inputVersions, type PlanContext, planBuild } from "./plan-build.ts";
import { type CheckOutcome, runTests } from "./run-tests.ts";

export interface ModelOutcome {
  name: string;
  rows: number;
  ms: number;
  tests: CheckOutcome[];
  /**
   * `built`, wholly or in part, and passed its tests; `unchanged`: nothing was to do; `failed`: an error, or a test of severity
   * `error`; `blocked`: something it reads failed, so it stands as it was.
   */
  status: "built" | "unchanged" | "failed" | "blocked";
  /** What was done and why: `whole`, `partitions`, `merge`, `test`, `skip`. */
  action: BuildPlan["action"];
  reason: string;
  /** Days that were built, of a model built in part. */
  partitions?: readonly string[];
  /** Why it failed. */
  error?: { code: string; message: string };
}

/** What the runner says while it works: pino's shape. */
export interface RunLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface RunOptions {
  warehouse: Warehouse;
  /** Names of the models to build, such as `selectModels` or `downstreamOf` give; the project's order holds. */
  select: readonly string[];
  /** Makes the job ids: the same run builds the same jobs. */
  runId: string;
  /** Builds everything whole, as if it had never been built. */
  fullRefresh?: boolean | undefined;
  /** Builds also what has not changed. */
  evenUnchanged?: boolean | undefined;
  /** `report` answers the failures as outcomes; otherwise they are thrown once every other branch is done. */
  onFailure?: "throw" | "report" | undefined;
  /** The gates of `meta` are asked when this is given: of them the number of rows needs to know what was usual. */
  history?: GateContext["history"] | undefined;
  /** The current moment unless told. */
  now?: (() => Date) | undefined;
  /** Columns whose values no sample shows, besides those the models tag as personal. */
  personalColumns?: ReadonlySet<string> | undefined;
  logger?: RunLogger | undefined;
  /** What the run may be billed; counted up. */
  budget?: Budget | undefined;
  signal?: AbortSignal | undefined;
  onModel?: ((outcome: ModelOutcome) => void) | undefined;
}

/**
 * Brings the models up to date in `<ds>_build`, one after another, and tests each before anything reads it. What did not change is
 * left; what changed in part is built in part where its config says from what. A failing test of severity `error` stops what
 * depends on the table and nothing else; the table is not published (`warehouse.not_audited`).
 * Throws `FatalError transform.tests_failed`, or the engine's error, naming model, test and number of rows.
 */
export async function runModels(compiled: CompiledProject, given: RunOptions): Promise<ModelOutcome[]> {
  mustFit(compiled, given.warehouse);
  const options = { ...given, warehouse: withinBudget(given.warehouse, given.budget) };
  const chosen = new Set(options.select);
  const models = compiled.models.filter(
    ({ name, materialized }) => chosen.has(name) && materialized !== "ephemeral",
  );
  const state = await readState(models, options);
  const outcomes: ModelOutcome[] = [];
  const stopped = new Set<string>();
  for (const model of models) {
    options.signal?.throwIfAborted();
    const obstacle = model.dependsOn.find((name) => stopped.has(name) || isUntested(name, chosen, state));
    const outcome =
      obstacle === undefined ? await bringUpToDate(model, state, options) : blocked(model, obstacle);
    if (outcome.status === "failed" || outcome.status === "blocked") stopped.add(model.name);
    outcomes.push(outcome);
    options.onModel?.(outcome);
  }
  if (options.onFailure !== "report") throwFailures(outcomes);
  return outcomes;
}

/**
 * Asks the tests and gates of tables as they stand, whatever became of their inputs. Builds nothing and lets nothing pass: whether a
 * table may be published is for the run to say that builds it. A table that was never built is a failure, and stops no other.
 */
export async function testModels(
  compiled: CompiledProject,
  given: Omit<RunOptions, "fullRefresh" | "evenUnchanged" | "onFailure">,
): Promise<ModelOutcome[]> {
  mustFit(compiled, given.warehouse);
  const options = { ...given, warehouse: withinBudget(given.warehouse, given.budget) };
  const chosen = new Set(options.select);
  const builds = new Map((await options.warehouse.builds.list()).map((build) => [build.table, build]));
  const outcomes: ModelOutcome[] = [];
  for (const model of compiled.models) {
    if (!chosen.has(model.name) || model.materialized === "ephemeral") continue;
    options.signal?.throwIfAborted();
    const outcome = await testAsItStands(model, builds.get(model.name), options);
    outcomes.push(outcome);
    options.onModel?.(outcome);
  }
  return outcomes;
}

async function testAsItStands(
  model: CompiledModel,
  build: Build | undefined,
  options: RunOptions,
): Promise<ModelOutcome> {
  const started = performance.now();
  const about = { name: model.name, rows: build?.rows ?? 0, action: "test", reason: "asked for" } as const;
  const failed = (error: { code: string; message: string }): ModelOutcome => ({
    ...about,
    ms: 0,
    tests: [],
    status: "failed",
    error,
  });
  if (!build)
    return failed({ code: "transform.not_built", message: `${model.name} was never built: nothing to test` });
  try {
    const tests = await allTests(model, about.rows, undefined, options);
    return tested(about, tests, Math.round(performance.now() - started));
  } catch (error) {
    if (options.signal?.aborted || !(error instanceof FatalError)) throw error;
    return failed({ code: error.code, message: named(error, model).message });
  }
}

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

/** Built by an earlier call, and not passed: nothing may read it. */
function isUntested(name: string, chosen: ReadonlySet<string>, { builds }: State): boolean {
  const build = builds.get(name);
  return !chosen.has(name) && build !== undefined && build.auditedAs === undefined;
}

function mustFit(compiled: CompiledProject, warehouse: Warehouse): void {
  if (compiled.engine === warehouse.engine) return;
  throw new InputError(
    "transform.engine",
    `models compiled for ${compiled.engine} cannot run on ${warehouse.engine}`,
  );
}

type State = PlanContext & { builds: Map<string, Build> };

async function readState(
  models: readonly CompiledModel[],
  options: Pick<RunOptions, "warehouse" | "fullRefresh" | "evenUnchanged" | "now">,
): Promise<State> {
  const { warehouse, fullRefresh, evenUnchanged, now } = options;
  const builds = new Map((await warehouse.builds.list()).map((build) => [build.table, build]));
  const sources = [...new Set(models.flatMap((model) => model.sources))];
  const rawVersions = await warehouse.builds.rawVersions(sources);
  const today = (now?.() ?? new Date()).toISOString().slice(0, 10);
  return { warehouse, builds, rawVersions, fullRefresh, evenUnchanged, today };
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
      return {
        name: model.name,
        rows: before.rows,
        ms: ms(),
        tests: [],
        status: "unchanged",
        action,
        reason,
      };
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
    const told = named(error, model);
    options.logger?.warn({ model: model.name, reason: told.message }, "model failed");
    return {
      name: model.name,
      rows: 0,
      ms: ms(),
      tests: [],
      status: "failed",
      action: plan.action,
      reason: plan.reason,
      error: { code: errorCode(told), message: errorMessage(told) },
    };
  }
}

/** Tests and, where somebody keeps a history, gates. `partitions`: only these days of the table changed. */
async function allTests(
  model: CompiledModel,
  rows: number,
  partitions: readonly string[] | undefined,
  { warehouse, history, now, personalColumns, signal }: RunOptions,
): Promise<CheckOutcome[]> {
  const tests = await runTests(model, warehouse, { partitions, personal: personalColumns, signal });
  const gates = history && (await runGates(model, rows, { warehouse, history, now: now?.() ?? new Date() }));
  return [...tests, ...(gates ?? [])];
}

/** What the tests say of a table: `built` when none of severity `error` fails. */
function tested(
  about: Pick<ModelOutcome, "name" | "rows" | "action" | "reason" | "partitions">,
  tests: CheckOutcome[],
  ms: number,
): ModelOutcome {
  const isFailed = tests.some((test) => test.severity === "error" && test.failures > 0);
  if (!isFailed) return { ...about, ms, tests, status: "built" };
  const error = { code: TESTS_FAILED, message: failureText(about.name, tests) };
  return { ...about, ms, tests, status: "failed", error };
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

/** The engine's own word, with the model and its file in front. */
function named(error: FatalError, model: CompiledModel): FatalError {
  return new FatalError(error.code, `${model.file} (${model.name}): ${error.message}`, { cause: error });
}

const TESTS_FAILED = "transform.tests_failed";

function failureText(name: string, tests: readonly CheckOutcome[]): string {
  const failed = tests.filter((test) => test.severity === "error" && test.failures > 0);
  const list = failed.map(
    (test) => `${test.name} (${test.failures} ${test.failures === 1 ? "row" : "rows"})`,
  );
  return `model ${name} failed ${list.join(", ")}`;
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
