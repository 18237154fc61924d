import { stampColumns, type TableContract } from "@lifecycle/contracts";
import type { Warehouse } from "@lifecycle/warehouse";

export type SchemaPolicy = "fail" | "hold" | "accept";

/** One difference between a build's columns and those that readers know. */
export interface SchemaChange {
  table: string;
  column: string;
  change: "added" | "dropped" | "type_changed";
  oldType: string | null;
  newType: string | null;
}

/** Where changes are loaded: what `ops_schema_change` shows. */
export const schemaChangeTable: TableContract = {
  table: "raw_schema_change",
  columns: [
    { name: "run_id", type: "STRING", required: true },
    { name: "table_name", type: "STRING", required: true },
    { name: "column_name", type: "STRING", required: true },
    { name: "change", type: "STRING", required: true, description: "added, dropped or type_changed" },
    { name: "old_type", type: "STRING" },
    { name: "new_type", type: "STRING" },
    { name: "is_breaking", type: "BOOL", required: true },
    { name: "policy", type: "STRING", required: true, description: "fail, hold or accept" },
    { name: "outcome", type: "STRING", required: true, description: "applied, held or failed" },
    { name: "changed_at", type: "TIMESTAMP", required: true },
    ...stampColumns,
  ],
};

/** A reader of the old columns does not notice a new one; anything else it does. A renamed column is one dropped and one added. */
export function isBreaking({ change }: SchemaChange): boolean {
  return change !== "added";
}

/** How the build of a table differs from what is published; nothing for a table that never was. */
export async function schemaChanges(warehouse: Warehouse, table: string): Promise<SchemaChange[]> {
  const { build, published } = warehouse.datasets;
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
  warehouse: Warehouse,
  dataset: string,
  table: string,
): Promise<Map<string, string>> {
  const { columns } = await warehouse.query(`SELECT * FROM ${dataset}.${table} WHERE FALSE`, { maxRows: 1 });
  return new Map(columns.map(({ name, type }) => [name, type]));
}
