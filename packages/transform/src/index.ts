/**
 * The door for long-lived processes. Nothing here loads the parser: that is `@lifecycle/transform/compile`, and its child process.
 */
export { type CheckOptions, checkModels } from "./check/check-models.ts";
export { readTrees, type SourceTable, sourceTablesOf } from "./check/source-tables.ts";
export { type CompileRequest, compileInProcess, compileQueryInProcess } from "./compile-in-process.ts";
export type {
  CompiledCheck,
  CompiledColumn,
  CompiledModel,
  CompiledProject,
  CompiledTest,
} from "./compiled.ts";
export type { Build, DocsInput, Freshness, TestResult } from "./docs/docs-input.ts";
export { renderDocs } from "./docs/docs-page.ts";
export { type LoadOptions, loadProject, type Project } from "./project/load-project.ts";
export type { Engine, Materialisation } from "./project/types.ts";
export { changedModels } from "./run/changed-models.ts";
export { Budget, withinBudget } from "./run/cost-cap.ts";
export type { BuildPlan } from "./run/plan-build.ts";
export { type PlannedModel, planModels } from "./run/plan-models.ts";
export { qualityResultTable, qualityRows, rowHistory } from "./run/quality-rows.ts";
export { runModels } from "./run/run-models.ts";
export type { ModelOutcome, RunLogger, RunOptions } from "./run/run-options.ts";
export type { CheckOutcome } from "./run/run-tests.ts";
export { runInOrder, tablesAtOnce } from "./run/schedule.ts";
export {
  decideSchema,
  describeChange,
  isBreaking,
  type PendingTable,
  pendingTables,
  SCHEMA_FAILED,
  SCHEMA_HELD,
  type SchemaChange,
  type SchemaDecision,
  type SchemaPolicy,
  schemaChangeRows,
  schemaChanges,
  schemaChangeTable,
} from "./run/schema-changes.ts";
export { asksForChanged, downstreamOf, selectModels, sourceTables } from "./run/select-models.ts";
export { testModels } from "./run/test-models.ts";

/** The compiler itself, with the parser: for tests and one-off tools. A process that lives longer calls `compileInProcess`. */
export async function loadCompiler(): Promise<typeof import("./compile/index.ts")> {
  return import("./compile/index.ts");
}
