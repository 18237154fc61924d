import { FatalError, type RunRequest } from "@lifecycle/contracts";
import {
  type CompiledModel,
  decideSchema,
  describeChange,
  isBreaking,
  pendingTables,
  runInOrder,
  SCHEMA_FAILED,
  SCHEMA_HELD,
  type SchemaDecision,
  schemaChangeRows,
  schemaChangeTable,
  tablesAtOnce,
} from "@lifecycle/transform";
import type { StageDeps } from "./deps.ts";
import { landRows, letterOf } from "./model-outcomes.ts";

/**
 * Decides, as often as it is asked, what becomes of those of `tables` that readers do not see yet. A table that is kept back keeps back
 * what is made from it, also when only that is of `tables`.
 */
export function publishables(
  deps: StageDeps,
  request: RunRequest,
  models: readonly CompiledModel[],
  tables: readonly string[],
): () => Promise<SchemaDecision[]> {
  const seen: Seen = new Map();
  return () => decided(deps, request, models, tables, seen);
}

type Seen = NonNullable<Parameters<typeof pendingTables>[4]>;

async function decided(
  { warehouse, settings }: StageDeps,
  request: RunRequest,
  models: readonly CompiledModel[],
  tables: readonly string[],
  seen: Seen,
): Promise<SchemaDecision[]> {
  const published = models.filter((model) => model.published).map(({ name }) => name);
  const pending = await pendingTables(
    warehouse,
    warehouse.datasets,
    await warehouse.builds.list(),
    published,
    seen,
  );
  const decisions = decideSchema(
    models,
    pending,
    settings.transform.schema_changes,
    request.models?.acceptSchema,
  );
  const wanted = new Set(tables);
  return decisions.filter(({ table }) => wanted.has(table));
}

/** Loads what changed, under an id for each table: a second try that finds some of them published leaves what the first said of them. */
export async function keepChanges(
  deps: StageDeps,
  request: RunRequest,
  decisions: readonly SchemaDecision[],
): Promise<void> {
  const at = deps.now().toISOString();
  for (const decision of decisions) {
    const rows = schemaChangeRows(decision, request.runId, at);
    await landRows(deps, request, schemaChangeTable, `schema-${decision.table}`, rows);
  }
}

/** Throws when the policy says that a change that breaks readers fails the run: then nothing of it is published. */
export function mustBreakNobody(decisions: readonly SchemaDecision[]): void {
  const failed = decisions.filter(({ outcome }) => outcome === "failed");
  if (failed.length === 0) return;
  throw new FatalError(SCHEMA_FAILED, `Nothing is published. ${failed.map(refusal).join("; ")}`);
}

/** What is held is missing work of the run, which then ends `partial`; what is not any more is missing no more. */
export async function keepBack(
  { ledger, logger, now }: Pick<StageDeps, "ledger" | "logger" | "now">,
  request: RunRequest,
  decisions: readonly SchemaDecision[],
): Promise<void> {
  const letters = await ledger.readDeadLetters(request.runId);
  const known = new Set(letters.filter(({ code }) => code === SCHEMA_HELD).map(({ work }) => work));
  for (const decision of decisions) {
    const { table, changes, outcome } = decision;
    const letter = letterOf(request, table, { code: SCHEMA_HELD, message: refusal(decision) }, now());
    if (outcome === "applied") {
      if (known.has(letter.work)) await ledger.removeDeadLetter(request.runId, letter.work);
    } else if (outcome === "held" && !known.has(letter.work)) {
      logger.warn({ table, changes }, "not published: columns changed in a way that breaks readers");
      await ledger.writeDeadLetter(letter);
    }
  }
}

/**
 * Swaps each table by itself, on BigQuery several beside one another: what a swap reads and notes is its own table's. Once one fails, or
 * `signal` aborts, no other begins and those at work are waited for. What is kept back stays as it was published. Answers the swapped.
 */
export async function publishTables(
  warehouse: Pick<StageDeps["warehouse"], "engine" | "publish">,
  { runId }: Pick<RunRequest, "runId">,
  decisions: readonly Pick<SchemaDecision, "table" | "outcome">[],
  signal: AbortSignal,
): Promise<string[]> {
  const applied = decisions.filter(({ outcome }) => outcome === "applied");
  const tasks = applied.map(({ table }) => ({ name: table, dependsOn: [] }));
  await runInOrder(tasks, { atOnce: tablesAtOnce[warehouse.engine], signal }, ({ name }) =>
    warehouse.publish(name, `publish__${runId}__${name}`),
  );
  return tasks.map(({ name }) => name);
}

/** `agg_x is not published: column n (INT64) is gone. …`, and how to let it pass. */
function refusal({ table, changes, waitsFor }: SchemaDecision): string {
  if (waitsFor !== undefined)
    return `${table} is not published: it was made from ${waitsFor}, which waits for \`lifecycle models release ${waitsFor}\``;
  const told = changes.filter(isBreaking).map(describeChange).join(", ");
  return `${table} is not published: ${told}. Readers keep the table they have; \`lifecycle models release ${table}\` publishes the new one`;
}

/** Who may read what, by the models' `grants`: also of a table that has not changed, whose grants may have. */
export async function grantTables(
  { warehouse, logger }: Pick<StageDeps, "warehouse" | "logger">,
  models: readonly CompiledModel[],
  tables: readonly string[],
): Promise<void> {
  const published = new Set(
    (await warehouse.builds.list()).flatMap((build) => (build.publishedVersion ? [build.table] : [])),
  );
  for (const { name, grants } of models) {
    if (!tables.includes(name) || !published.has(name) || Object.keys(grants).length === 0) continue;
    if (await warehouse.grant(name, grants)) logger.info({ table: name, grants }, "granted");
  }
}
