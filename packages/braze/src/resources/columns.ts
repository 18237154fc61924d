import { type Column, type ColumnType, stampColumns, type TableContract } from "@lifecycle/contracts";

/** A raw table of Braze, with the stamps last. */
export function rawTable(
  table: string,
  required: readonly string[],
  columns: readonly (readonly [name: string, type: ColumnType])[],
): TableContract {
  const own = columns.map(
    ([name, type]): Column => ({ name, type, ...(required.includes(name) ? { required: true } : {}) }),
  );
  return { table, columns: [...own, ...stampColumns] };
}

/**
 * The same for a table with personal data: the columns named in `personal`, and whatever unknown fields hold, are hashed
 * before landing unless told otherwise.
 */
export function personalTable(
  table: string,
  personal: readonly string[],
  columns: readonly (readonly [name: string, type: ColumnType])[],
): TableContract {
  const plain = rawTable(table, personal, columns);
  return {
    ...plain,
    columns: plain.columns.map((column) =>
      column.name === "extra" || personal.includes(column.name) ? { ...column, pii: true } : column,
    ),
  };
}

/** A row of which nothing is told: every column of the table's own is null. */
export function emptyRow({ columns }: TableContract): Record<string, null> {
  const stamps = new Set(stampColumns.map(({ name }) => name));
  return Object.fromEntries(columns.flatMap(({ name }) => (stamps.has(name) ? [] : [[name, null]])));
}

export const counterColumns = (...names: string[]) => names.map((name) => [name, "INT64"] as const);

/** Conversion events A to D, dated at the conversion and at the send; never to be added up. */
export const CONVERSIONS = [
  "conversions",
  "conversions1",
  "conversions2",
  "conversions3",
  "conversions_by_send_time",
  "conversions1_by_send_time",
  "conversions2_by_send_time",
  "conversions3_by_send_time",
] as const;
