import type { RunRequest } from "@lifecycle/contracts";
import { isBreaking, type SchemaChange, type SchemaPolicy, schemaChanges } from "@lifecycle/transform";
import type { StageDeps } from "./deps.ts";
import { letterOf } from "./model-outcomes.ts";

/** A build that readers do not see yet, and how its columns differ from those they know. */
export interface Publishable {
  table: string;
  changes: SchemaChange[];
  outcome: "applied" | "held" | "failed";
}

/** Of `tables`, those that were built and passed since they were last published, with what the policy says of their columns. */
export async function publishables(
  { warehouse, settings }: StageDeps,
  request: RunRequest,
  tables: readonly string[],
): Promise<Publishable[]> {
  const builds = new Map((await warehouse.builds.list()).map((build) => [build.table, build]));
  const policy: SchemaPolicy = request.models?.acceptSchema ? "accept" : settings.transform.schema_changes;
  const found: Publishable[] = [];
  for (const table of tables) {
    const build = builds.get(table);
    if (build?.auditedAs === undefined || build.publishedVersion === build.version) continue;
    const changes = build.publishedVersion === undefined ? [] : await schemaChanges(warehouse, table);
    const isRefused = policy !== "accept" && changes.some(isBreaking);
    const refusal = policy === "hold" ? ("held" as const) : ("failed" as const);
    found.push({ table, changes, outcome: isRefused ? refusal : "applied" });
  }
  return found;
}

/** Rows of `raw_schema_change`, without stamps. */
export function changeRows(
  { settings, now }: StageDeps,
  request: RunRequest,
  found: readonly Publishable[],
): object[] {
  const at = now().toISOString();
  return found.flatMap(({ changes, outcome }) =>
    changes.map((change) => ({
      run_id: request.runId,
      table_name: change.table,
      column_name: change.column,
      change: change.change,
      old_type: change.oldType,
      new_type: change.newType,
      is_breaking: isBreaking(change),
      policy: request.models?.acceptSchema ? "accept" : settings.transform.schema_changes,
      outcome,
      changed_at: at,
    })),
  );
}

/** Swaps one table at a time. What the policy keeps back stays as it was published and is missing work of the run. Answers the swapped. */
export async function publishTables(
  { warehouse, ledger, logger, now }: StageDeps,
  request: RunRequest,
  found: readonly Publishable[],
  signal: AbortSignal,
): Promise<string[]> {
  const done: string[] = [];
  for (const { table, changes, outcome } of found) {
    signal.throwIfAborted();
    if (outcome !== "applied") {
      const told = changes.filter(isBreaking).map(describe).join(", ");
      const message = `${table} is not published: ${told}. The table readers have stays; \`lifecycle models release ${table}\` publishes the new one`;
      logger.warn({ table, changes }, "columns changed in a way that breaks readers");
      await ledger.writeDeadLetter(
        letterOf(request, table, { code: `transform.schema_${outcome}`, message }, now()),
      );
      continue;
    }
    await warehouse.publish(table, `publish__${request.runId}__${table}`);
    done.push(table);
  }
  return done;
}

function describe({ column, change, oldType, newType }: SchemaChange): string {
  return change === "dropped"
    ? `column ${column} (${oldType}) is gone`
    : `column ${column} was ${oldType} and is ${newType}`;
}
