import type { Warehouse } from "@lifecycle/warehouse";

/** A column's name as the engine reads it whatever it is: each has reserved words of its own. */
export function quoted({ engine }: Pick<Warehouse, "engine">, name: string): string {
  return engine === "duckdb" ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll("`", "")}\``;
}
