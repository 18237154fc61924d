import type { BuildMode } from "../builds.ts";
import { ident, sameKey, text } from "./sql.ts";

export type PartialMode = Exclude<BuildMode, { mode: "table" } | { mode: "view" }>;

/** What a MERGE is made of. */
export interface Changes {
  target: string;
  /** The table of the new rows. */
  rows: string;
  /** The table of keys whose rows leave even when no new row has them. */
  gone: string | undefined;
  columns: readonly string[];
  /** The days that are replaced. */
  days: readonly string[];
  /** A predicate with constants that leaves only the partitions that change, for the target as `t`. */
  day: string | undefined;
}

function insertClause({ columns }: Changes, also = ""): string {
  const names = columns.map(ident);
  const values = names.map((name) => `s.${name}`);
  return `WHEN NOT MATCHED BY TARGET${also} THEN INSERT (${names.join(", ")}) VALUES (${values.join(", ")})`;
}

/** Whole days give way to the new rows. `ON FALSE` joins nothing, so only the partitions named are read. */
export function overwriteSql(changes: Changes): string {
  const names = changes.columns.map((name) => `n.${ident(name)}`);
  return `MERGE INTO ${changes.target} AS t
USING (SELECT ${names.join(", ")} FROM ${changes.rows} AS n) AS s
ON FALSE
WHEN NOT MATCHED BY SOURCE AND ${changes.day} THEN DELETE
${insertClause(changes)}`;
}

/**
 * Rows with a key of the new rows, or of `gone`, give way. Each key stands once among the source's rows, to take the old rows away; the new
 * rows match nothing and are put in, also several of one key.
 */
export function mergeSql(changes: Changes, key: readonly string[]): string {
  const { target, rows, gone, columns, day } = changes;
  const keys = key.map(ident).join(", ");
  const own = columns.map((name) => `n.${ident(name)}`).join(", ");
  const keyed = columns.map((name) => (key.includes(name) ? `k.${ident(name)}` : `NULL AS ${ident(name)}`));
  const leaving = [rows, ...(gone === undefined ? [] : [gone])]
    .map((relation) => `SELECT ${keys} FROM ${relation}`)
    .join(" UNION ALL ");
  return `MERGE INTO ${target} AS t
USING (
  SELECT FALSE AS _leaves, ${own} FROM ${rows} AS n
  UNION ALL
  SELECT TRUE AS _leaves, ${keyed.join(", ")} FROM (SELECT DISTINCT ${keys} FROM (${leaving}) AS leaving) AS k
) AS s
ON s._leaves AND ${sameKey("t", "s", key)}${day === undefined ? "" : ` AND (${day})`}
WHEN MATCHED THEN DELETE
${insertClause(changes, " AND NOT s._leaves")}`;
}

/**
 * Ends the current version of each key whose hash is another one now and begins the next: each new version stands twice among the source's
 * rows, once to end the one before. Taken again with the same rows it changes nothing; rows older than the current version are left out.
 */
export function snapshotSql(changes: Changes, key: readonly string[]): string {
  const { target, rows, columns } = changes;
  const own = columns.map((name) => `n.${ident(name)}`).join(", ");
  const versions = (ends: boolean) => `SELECT ${ends ? "TRUE" : "FALSE"} AS _ends, ${own} FROM ${rows} AS n
  LEFT JOIN (SELECT * FROM ${target} WHERE is_current) AS c ON ${sameKey("c", "n", key)}
  WHERE c.record_hash IS NULL OR (c.record_hash <> n.record_hash AND n.effective_from > c.effective_from)`;
  return `MERGE INTO ${target} AS t
USING (
  ${versions(true)}
  UNION ALL
  ${versions(false)}
) AS s
ON s._ends AND t.is_current AND ${sameKey("t", "s", key)}
WHEN MATCHED THEN UPDATE SET effective_to = s.effective_from, is_current = FALSE
${insertClause(changes, " AND NOT s._ends")}`;
}

/** The select with `effective_from`, `effective_to`, `is_current` and `record_hash`: the same hash as on DuckDB. */
export function snapshotSelect(
  select: string,
  columns: readonly { name: string; type: string }[],
  { check, updatedAt }: PartialMode & { mode: "snapshot" },
): string {
  const hashed = columns.filter(({ name }) => check?.includes(name) ?? true);
  const at = updatedAt === undefined ? "CURRENT_TIMESTAMP()" : `CAST(r.${ident(updatedAt)} AS TIMESTAMP)`;
  return `SELECT r.*, ${at} AS effective_from, TIMESTAMP '9999-12-31 00:00:00+00' AS effective_to, TRUE AS is_current,
  TO_HEX(MD5(CONCAT(${hashed.map(({ name, type }) => hashedText(name, type)).join(", ")}))) AS record_hash
FROM (
${select}
) AS r`;
}

/** A column's name, and its value as text with its length, so that no two rows read alike. */
function hashedText(name: string, type: string): string {
  const value = `r.${ident(name)}`;
  const asText: Readonly<Record<string, string>> = {
    BYTES: `TO_HEX(${value})`,
    JSON: `TO_JSON_STRING(${value})`,
    ARRAY: `TO_JSON_STRING(${value})`,
    STRUCT: `TO_JSON_STRING(${value})`,
  };
  const written = asText[type] ?? `CAST(${value} AS STRING)`;
  const present = `CONCAT(CAST(LENGTH(${written}) AS STRING), ':', ${written})`;
  return `${text(`${name}=`)}, CASE WHEN ${value} IS NULL THEN '-' ELSE ${present} END`;
}
