import type { Column } from "@lifecycle/contracts";

/** An identifier as DuckDB reads it back unchanged. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

export function literal(value: string | number | null): string {
  if (value === null) return "NULL";
  return typeof value === "number" ? String(value) : text(value);
}

export function qualified(schema: string, table: string): string {
  return `${ident(schema)}.${ident(table)}`;
}

/** Whether the keys of two relations are the same. NULL equals NULL. */
export function sameKey(a: string, b: string, key: readonly string[]): string {
  return key.map((name) => `${a}.${ident(name)} IS NOT DISTINCT FROM ${b}.${ident(name)}`).join(" AND ");
}

export function idents(columns: readonly Column[]): string {
  return columns.map((column) => ident(column.name)).join(", ");
}
