import { stampColumns, type TableContract } from "@lifecycle/contracts";
import type { Build, Datasets, QueryTarget } from "@lifecycle/warehouse";
import type { CompiledModel } from "../compiled.ts";

export type SchemaPolicy = "fail" | "hold" | "accept";

/** One difference between a build's columns and those that readers know. */
export interface SchemaChange {
  table: string;
  column: string;
  change: "added" | "dropped" | "type_changed";
  oldType: string | null;
  newType: string | null;
}

/** Code of what is kept back until somebody releases it, and of what makes a run fail. */
export const SCHEMA_HELD = "transform.schema_held";
export const SCHEMA_FAILED = "transform.schema_failed";

/** Where changes are loaded: what `ops_schema_change` shows. */
export const schemaChangeTable: TableContract = {
  table: "raw_schema_change",
  columns: [
    { name: "run_id", type: "STRING", required: true },
    { name: "table_name", type: "STRING", required: true },
    { name: "column_name", type: "STRING", required: true },
    {
      name: "change",
      type: "STRING",
      required: true,
      description: "added, dropped or type_changed of a published table; unknown_field of a source's answers",
    },
    { name: "old_type", type: "STRING" },
    { name: "new_type", type: "STRING" },
    { name: "is_breaking", type: "BOOL", required: true },
    {
      name: "policy",
      type: "STRING",
      required: true,
      description: "fail, hold or accept; keep for an unknown field",
    },
    {
      name: "outcome",
      type: "STRING",
      required: true,
      description: "applied, held or failed; kept (in a JSON column) for an unknown field",
    },
    { name: "changed_at", type: "TIMESTAMP", required: true },
    ...stampColumns,
  ],
};

/** A reader of the old columns does not notice a new one; anything else it does. A renamed column is one dropped and one added. */
export function isBreaking({ change }: SchemaChange): boolean {
  return change !== "added";
}

/** A build that passed its tests and that readers do not see yet. */
export interface PendingTable {
  table: string;
  /** How its columns differ from those that readers know; none where nothing was published yet. */
  changes: readonly SchemaChange[];
}

/**
 * Of `tables`, those that were built and passed since they were last published. `seen` keeps what was found of a build, so that asking
 * again costs nothing.
 */
export async function pendingTables(
  warehouse: QueryTarget,
  datasets: Datasets,
  builds: Iterable<Pick<Build, "table" | "version" | "auditedAs" | "publishedVersion">>,
  tables: Iterable<string>,
  seen = new Map<string, readonly SchemaChange[]>(),
): Promise<PendingTable[]> {
  const known = new Map([...builds].map((build) => [build.table, build]));
  const found: PendingTable[] = [];
  for (const table of tables) {
    const build = known.get(table);
    if (build?.auditedAs === undefined || build.publishedVersion === build.version) continue;
    const key = `${table} ${build.version}`;
    const isFirst = build.publishedVersion === undefined;
    const changes = seen.get(key) ?? (isFirst ? [] : await schemaChanges(warehouse, datasets, table));
    seen.set(key, changes);
    found.push({ table, changes });
  }
  return found;
}

export interface SchemaDecision extends PendingTable {
  policy: SchemaPolicy;
  outcome: "applied" | "held" | "failed";
  /** It breaks no reader itself; it was made from this table, which is kept back. */
  waitsFor?: string;
}

/**
 * What becomes of tables that are ready to be published. One that breaks its readers is kept back unless the policy or `released`
 * lets it pass, and with it whatever is made from it: readers never see a table beside an older version of what it was made from.
 */
export function decideSchema(
  models: readonly Pick<CompiledModel, "name" | "inputs">[],
  pending: readonly PendingTable[],
  policy: SchemaPolicy,
  released: Iterable<string> = [],
): SchemaDecision[] {
  const free = new Set(released);
  const refusal = policy === "fail" ? "failed" : "held";
  const policyOf = (table: string) => (free.has(table) ? "accept" : policy);
  const isRefused = ({ table, changes }: PendingTable) =>
    policyOf(table) !== "accept" && changes.some(isBreaking);
  const kept = madeFrom(models, pending.filter(isRefused));
  return pending.map((one) => {
    const { table } = one;
    const common = { ...one, policy: policyOf(table) };
    const origin = kept.get(table);
    if (origin === undefined) return { ...common, outcome: "applied" };
    return { ...common, outcome: refusal, ...(isRefused(one) ? {} : { waitsFor: origin }) };
  });
}

/** For each model that reads one of `tables`, directly or through others, and for these themselves: which of them. */
function madeFrom(
  models: readonly Pick<CompiledModel, "name" | "inputs">[],
  tables: readonly PendingTable[],
): Map<string, string> {
  const origins = new Map(tables.map(({ table }) => [table, table]));
  for (const { name, inputs } of models) {
    const input = inputs.find((other) => origins.has(other));
    if (input !== undefined && !origins.has(name)) origins.set(name, origins.get(input)!);
  }
  return origins;
}

/** `column n was INT64 and is STRING`. */
export function describeChange({ column, change, oldType, newType }: SchemaChange): string {
  if (change === "dropped") return `column ${column} (${oldType}) is gone`;
  if (change === "added") return `column ${column} (${newType}) is new`;
  return `column ${column} was ${oldType} and is ${newType}`;
}

/** Rows of `raw_schema_change`, without stamps. */
export function schemaChangeRows(decision: SchemaDecision, runId: string, at: string): object[] {
  return decision.changes.map((change) => ({
    run_id: runId,
    table_name: change.table,
    column_name: change.column,
    change: change.change,
    old_type: change.oldType,
    new_type: change.newType,
    is_breaking: isBreaking(change),
    policy: decision.policy,
    outcome: decision.outcome,
    changed_at: at,
  }));
}

/** How the build of a table differs from what is published. */
export async function schemaChanges(
  warehouse: QueryTarget,
  { build, published }: Datasets,
  table: string,
): Promise<SchemaChange[]> {
  const before = await columnTypes(warehouse, published, table);
  const after = await columnTypes(warehouse, build, table);
  const changes: SchemaChange[] = [];
  for (const [column, oldType] of before) {
    const newType = after.get(column) ?? null;
    if (newType === oldType) continue;
    changes.push({ table, column, change: newType === null ? "dropped" : "type_changed", oldType, newType });
  }
  for (const [column, newType] of after)
    if (!before.has(column)) changes.push({ table, column, change: "added", oldType: null, newType });
  return changes;
}

/** No row is read: only the names and types of the columns are wanted. */
async function columnTypes(
  warehouse: QueryTarget,
  dataset: string,
  table: string,
): Promise<Map<string, string>> {
  const { columns } = await warehouse.query(`SELECT * FROM ${dataset}.${table} WHERE FALSE`, { maxRows: 1 });
  return new Map(columns.map(({ name, type }) => [name, type]));
}
