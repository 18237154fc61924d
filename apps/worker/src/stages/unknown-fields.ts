import type { RunRequest } from "@lifecycle/contracts";
import { schemaChangeTable } from "@lifecycle/transform";
import type { StageDeps } from "./deps.ts";
import { landRows } from "./model-outcomes.ts";

const MOST_KNOWN = 1_000_000;

/**
 * Loads what `ops_schema_change` shows of fields in the source's answers that no schema knows and that no earlier run of the workspace
 * has told of. Their values are kept in JSON columns of the raw table named.
 */
export async function keepUnknownFields(deps: StageDeps, request: RunRequest): Promise<void> {
  await landRows(deps, request, schemaChangeTable, "schema-fields", await unknownFields(deps, request));
}

async function unknownFields(deps: StageDeps, request: RunRequest): Promise<object[]> {
  const { ledger, now } = deps;
  const landed = await ledger.listLanded(request.runId);
  const found = new Map<string, { table: string; field: string; type: string }>();
  for (const { schemaChanges = [] } of await ledger.readManifests(request.runId, landed))
    for (const change of schemaChanges) found.set(keyOf(change.table, change.field), change);
  if (found.size === 0) return [];
  for (const key of await toldBefore(deps, request)) found.delete(key);
  const changed_at = now().toISOString();
  return [...found.values()].map(({ table, field, type }) => ({
    run_id: request.runId,
    table_name: table,
    column_name: field,
    change: "unknown_field",
    old_type: null,
    new_type: type,
    is_breaking: false,
    policy: "keep",
    outcome: "kept",
    changed_at,
  }));
}

const keyOf = (table: unknown, field: unknown) => `${table} ${field}`;

/** By other runs: what this one told, before it was interrupted, it tells again. */
async function toldBefore(
  { warehouse }: StageDeps,
  { workspace, runId }: RunRequest,
): Promise<Iterable<string>> {
  const table = `${warehouse.datasets.raw}.${schemaChangeTable.table}`;
  const sql = `SELECT DISTINCT table_name, column_name FROM ${table} WHERE change = 'unknown_field' AND workspace = '${workspace}' AND run_id <> '${runId}'`;
  const { rows } = await warehouse.query(sql, { maxRows: MOST_KNOWN });
  return rows.map(([name, field]) => keyOf(name, field));
}
