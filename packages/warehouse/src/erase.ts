import type { Column, Needles } from "@lifecycle/contracts";

export interface EraseRequest {
  /** A raw table. */
  table: string;
  /** Its text and JSON columns that may hold what is looked for. */
  columns: readonly Column[];
  needles: Needles;
  /** Made from meaning: the same id is the same erasure. */
  jobId: string;
}

/** A condition that holds for rows with one of the needles as a value of a column, or as a text anywhere within a JSON column. */
export function holdsAny(
  engine: "duckdb" | "bigquery",
  { columns, needles }: Pick<EraseRequest, "columns" | "needles">,
): string {
  const quote = (text: string) =>
    engine === "duckdb" ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
  const list = (texts: readonly string[]) => texts.map(quote).join(", ");
  const json = (name: string) =>
    engine === "duckdb" ? `CAST(${name} AS VARCHAR)` : `TO_JSON_STRING(${name})`;
  // A key of that name is no value.
  const inside = (text: string, needle: string) => {
    const value = JSON.stringify(needle);
    return `STRPOS(REPLACE(${text}, ${quote(`${value}:`)}, ''), ${quote(value)}) > 0`;
  };
  const name = (column: Column) => (engine === "duckdb" ? `"${column.name}"` : `\`${column.name}\``);
  const conditions = columns.flatMap((column) => {
    const of = name(column);
    if (column.type === "JSON")
      return [
        ...needles.exact.map((needle) => inside(json(of), needle)),
        ...needles.anyCase.map((needle) => inside(`LOWER(${json(of)})`, needle)),
      ];
    return [
      ...(needles.exact.length > 0 ? [`${of} IN (${list(needles.exact)})`] : []),
      ...(needles.anyCase.length > 0 ? [`LOWER(${of}) IN (${list(needles.anyCase)})`] : []),
    ];
  });
  return conditions.length > 0 ? conditions.join(" OR ") : "FALSE";
}
