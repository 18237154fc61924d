import { FatalError, InputError } from "@lifecycle/contracts";
import type { MaterialiseOutcome, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledProject, CompiledTest } from "../compiled.ts";
import type { Severity } from "../project/types.ts";

export interface CheckOutcome {
  model: string;
  name: string;
  severity: Severity;
  /** Rows that break it. */
  failures: number;
}

export interface ModelOutcome {
  name: string;
  rows: number;
  ms: number;
  tests: CheckOutcome[];
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
  logger?: RunLogger | undefined;
  signal?: AbortSignal | undefined;
  onModel?: ((outcome: ModelOutcome) => void) | undefined;
}

/**
 * Builds the models one after another into `<ds>_build` and tests each before anything reads it. A failing test of severity
 * `error` stops there: nothing that depends on the table is built, nothing is published. Throws
 * `FatalError transform.tests_failed` naming model, test and number of rows; `warn` is reported only.
 *
 * A view is built as a table and an incremental model is rebuilt whole: the result is the same rows, the cost is not yet.
 */
export async function runModels(compiled: CompiledProject, options: RunOptions): Promise<ModelOutcome[]> {
  if (compiled.engine !== options.warehouse.engine) {
    throw new InputError(
      "transform.engine",
      `models compiled for ${compiled.engine} cannot run on ${options.warehouse.engine}`,
    );
  }
  const chosen = new Set(options.select);
  const outcomes: ModelOutcome[] = [];
  for (const model of compiled.models) {
    if (!chosen.has(model.name) || model.materialized === "ephemeral") continue;
    options.signal?.throwIfAborted();
    const { outcome, version } = await buildModel(model, options);
    outcomes.push(outcome);
    options.onModel?.(outcome);
    stopOnFailure(outcome, descendants(compiled, model.name, chosen));
    await options.warehouse.builds.audit(model.name, version, model.hash);
  }
  return outcomes;
}

async function buildModel(
  model: CompiledModel,
  options: RunOptions,
): Promise<{ outcome: ModelOutcome; version: number }> {
  const started = performance.now();
  const { rows, version } = await materialise(model, options);
  const tests = await runTests(model, options);
  const ms = Math.round(performance.now() - started);
  const failed = tests.filter((test) => test.failures > 0);
  const fields = { model: model.name, rows, ms, failed_tests: failed.length };
  options.logger?.info(fields, "model built");
  for (const test of failed) {
    if (test.severity === "warn") options.logger?.warn({ ...test }, "test failed, severity warn");
  }
  return { outcome: { name: model.name, rows, ms, tests }, version };
}

async function materialise(
  model: CompiledModel,
  { warehouse, runId }: RunOptions,
): Promise<MaterialiseOutcome> {
  try {
    return await warehouse.materialise({
      table: model.name,
      sql: model.sql,
      ...(model.contract === null ? {} : { columns: model.contract }),
      ...(model.partitionBy === null ? {} : { partitionBy: model.partitionBy }),
      ...(model.clusterBy.length === 0 ? {} : { clusterBy: model.clusterBy }),
      jobId: `transform__${runId}__${model.name}`,
    });
  } catch (error) {
    throw named(error, model);
  }
}

/** The engine's own word, with the model and its file in front. */
function named(error: unknown, model: CompiledModel): unknown {
  if (!(error instanceof FatalError)) return error;
  return new FatalError(error.code, `${model.file} (${model.name}): ${error.message}`, { cause: error });
}

async function runTests(model: CompiledModel, options: RunOptions): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const test of model.tests) outcomes.push(...(await runTest(model, test, options)));
  return outcomes;
}

async function runTest(
  model: CompiledModel,
  test: CompiledTest,
  { warehouse, signal }: RunOptions,
): Promise<CheckOutcome[]> {
  const answer = await warehouse
    .query(test.sql, { maxRows: 1, ...(signal ? { signal } : {}) })
    .catch((error: unknown) => {
      throw named(error, model);
    });
  const row = answer.rows[0] ?? [];
  return test.checks.map(({ name, severity }, index) => ({
    model: model.name,
    name,
    severity,
    failures: Number(row[index] ?? 0),
  }));
}

function stopOnFailure(outcome: ModelOutcome, waiting: readonly string[]): void {
  const failed = outcome.tests.filter((test) => test.severity === "error" && test.failures > 0);
  if (failed.length === 0) return;
  const list = failed
    .map((test) => `${test.name} (${test.failures} ${test.failures === 1 ? "row" : "rows"})`)
    .join(", ");
  const stopped = waiting.length === 0 ? "" : `; not built: ${waiting.join(", ")}`;
  throw new FatalError("transform.tests_failed", `model ${outcome.name} failed ${list}${stopped}`);
}

function descendants(compiled: CompiledProject, name: string, chosen: ReadonlySet<string>): string[] {
  const reached = new Set([name]);
  for (const model of compiled.models)
    if (model.dependsOn.some((parent) => reached.has(parent))) reached.add(model.name);
  return compiled.models
    .map((model) => model.name)
    .filter((other) => other !== name && reached.has(other) && chosen.has(other));
}
