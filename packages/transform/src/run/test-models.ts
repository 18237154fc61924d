import { FatalError } from "@lifecycle/contracts";
import type { Build } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledProject } from "../compiled.ts";
import { withinBudget } from "./cost-cap.ts";
import { runGates } from "./gates.ts";
import { type ModelOutcome, mustFit, named, type RunOptions } from "./run-options.ts";
import { type CheckOutcome, runTests } from "./run-tests.ts";

const TESTS_FAILED = "transform.tests_failed";

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

/** Tests and, where somebody keeps a history, gates. `partitions`: only these days of the table changed. */
export async function allTests(
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
export function tested(
  about: Pick<ModelOutcome, "name" | "rows" | "action" | "reason" | "partitions">,
  tests: CheckOutcome[],
  ms: number,
): ModelOutcome {
  const isFailed = tests.some((test) => test.severity === "error" && test.failures > 0);
  if (!isFailed) return { ...about, ms, tests, status: "built" };
  const error = { code: TESTS_FAILED, message: failureText(about.name, tests) };
  return { ...about, ms, tests, status: "failed", error };
}

function failureText(name: string, tests: readonly CheckOutcome[]): string {
  const failed = tests.filter((test) => test.severity === "error" && test.failures > 0);
  const list = failed.map(
    (test) => `${test.name} (${test.failures} ${test.failures === 1 ? "row" : "rows"})`,
  );
  return `model ${name} failed ${list.join(", ")}`;
}
