import type { TableField } from "@google-cloud/bigquery";
import { typeName } from "./schema.ts";

/** An identifier as BigQuery reads it; ours hold no back-tick. */
export function ident(name: string): string {
  return `\`${name.replaceAll("`", "")}\``;
}

export function qualified(dataset: string, table: string): string {
  return `${ident(dataset)}.${ident(table)}`;
}

/** A text literal. */
export function text(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
}

/** `DATE '2026-01-01', …`; a list of none is `NULL`, which nothing is in. */
export function dates(days: readonly string[]): string {
  return days.length === 0 ? "NULL" : days.map((day) => `DATE ${text(day)}`).join(", ");
}

/**
 * Whether the keys of two rows are the same, NULL being the same as NULL. Equalities alone: BigQuery joins by nothing else, and takes
 * `IS NOT DISTINCT FROM` for none.
 */
export function sameKey(a: string, b: string, key: readonly string[]): string {
  const sides = (name: string) => [`${a}.${ident(name)}`, `${b}.${ident(name)}`] as const;
  return key
    .map(sides)
    .map(
      ([left, right]) =>
        `COALESCE(CAST(${left} AS STRING), '') = COALESCE(CAST(${right} AS STRING), '') AND (${left} IS NULL) = (${right} IS NULL)`,
    )
    .join(" AND ");
}

/** The day of a partition column. BigQuery prunes by it when it is compared with constants. */
export function dayOf(relation: string, field: TableField | undefined, column: string): string {
  const value = `${relation}.${ident(column)}`;
  return typeName(field?.type) === "DATE" ? value : `CAST(${value} AS DATE)`;
}
