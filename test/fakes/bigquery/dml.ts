import { ApiError } from "../rest/api-error.ts";
import { count } from "./destination.ts";
import {
  changed,
  type DmlContext,
  type DmlStats,
  deleteRows,
  keep,
  oncePerRow,
  openTarget,
  put,
  rowsIn,
  setValues,
  targetOf,
} from "./dml-rows.ts";
import { merge } from "./merge.ts";
import { assignments, closing, cut, list, syntaxError, topLevel, unquoted, verb } from "./script.ts";

const kinds: Readonly<Record<string, (context: DmlContext, sql: string) => Promise<DmlStats>>> = {
  INSERT: insert,
  DELETE: remove,
  UPDATE: update,
  MERGE: merge,
  TRUNCATE: truncate,
};

export function isDml(sql: string): boolean {
  return verb(sql) in kinds;
}

/**
 * Carries out one DML statement. Every expression of it is asked as part of a SELECT, so that it means what `translate` makes of it; what
 * each clause then does to which row follows the documentation of the statement.
 */
export async function runDml(context: DmlContext, sql: string): Promise<DmlStats> {
  await context.connection.run(`CREATE SCHEMA ${context.work}`);
  return kinds[verb(sql)]!(context, sql);
}

/** `INSERT [INTO] t [(a, b)] SELECT … | VALUES (…), …` */
async function insert(context: DmlContext, sql: string): Promise<DmlStats> {
  const bare = topLevel(sql);
  const head = /^\s*INSERT\s+(?:INTO\s+)?/i.exec(bare)?.[0].length ?? 0;
  const begin = /[(]|\b(SELECT|WITH|VALUES)\b/i.exec(sql.slice(head));
  if (!begin) throw syntaxError("Unexpected end of script");
  const target = targetOf(context, sql.slice(head, head + begin.index));
  let rest = sql.slice(head + begin.index);
  let columns = target.entry.fields.map(({ name }) => name);
  if (begin[0] === "(") {
    const end = closing(rest);
    columns = list(rest.slice(1, end)).map(unquoted);
    rest = rest.slice(end + 1).trim();
  }
  const select = verb(rest) === "VALUES" ? valuesSelect(rest) : rest;
  const fields = await keep(context, "new_rows", select);
  if (fields.length !== columns.length)
    throw new ApiError(
      400,
      "invalidQuery",
      `Inserted row has wrong column count; Has ${fields.length}, expected ${columns.length}`,
    );
  const rows = await rowsIn(context, "new_rows");
  await put(context, target, columns, fields, `${context.work}.new_rows`);
  return changed(context, target, { insertedRowCount: rows });
}

function valuesSelect(sql: string): string {
  const rows = list(sql.replace(/^\s*VALUES\s*/i, "")).map((row) => {
    const items = list(row.trim().replace(/^\(([\s\S]*)\)$/, "$1"));
    return `SELECT ${items.map((item, index) => `${item} AS c${index}`).join(", ")}`;
  });
  return rows.join(" UNION ALL ");
}

/** `DELETE [FROM] t WHERE …` */
async function remove(context: DmlContext, sql: string): Promise<DmlStats> {
  const [head, where] = cut(sql, [/\bWHERE\b/]);
  if (where === undefined) throw syntaxError("DELETE must have a WHERE clause");
  const target = targetOf(context, head!.replace(/^DELETE\s+(FROM\s+)?/i, ""));
  const rows = await openTarget(context, target);
  await keep(
    context,
    "gone",
    `SELECT ${target.alias}.__row AS __row FROM ${rows} AS ${target.alias} WHERE ${where}`,
  );
  const gone = await rowsIn(context, "gone");
  await deleteRows(context, target, `SELECT __row FROM ${context.work}.gone`);
  return changed(context, target, { deletedRowCount: gone });
}

/** `UPDATE t SET a = …, b = … [FROM …] WHERE …` */
async function update(context: DmlContext, sql: string): Promise<DmlStats> {
  const hasFrom = /\bFROM\b/i.test(topLevel(sql));
  const parts = cut(sql, [/\bSET\b/, ...(hasFrom ? [/\bFROM\b/] : []), /\bWHERE\b/]);
  const [head, set, where] = [parts[0]!, parts[1], parts.at(-1)];
  if (set === undefined || where === undefined) throw syntaxError("UPDATE must have a WHERE clause");
  const target = targetOf(context, head.replace(/^UPDATE\s+/i, ""));
  const rows = await openTarget(context, target);
  const other = hasFrom ? `, ${parts[2]}` : "";
  const { columns, values } = assignments(set, target.alias);
  await keep(
    context,
    "new_values",
    `SELECT ${target.alias}.__row AS __row, ${values} FROM ${rows} AS ${target.alias}${other} WHERE ${where}`,
  );
  await oncePerRow(context, `SELECT __row FROM ${context.work}.new_values`);
  const updated = await rowsIn(context, "new_values");
  await setValues(context, target, columns, `${context.work}.new_values`);
  return changed(context, target, { updatedRowCount: updated });
}

/** `TRUNCATE TABLE t` */
async function truncate(context: DmlContext, sql: string): Promise<DmlStats> {
  const target = targetOf(context, sql.replace(/^TRUNCATE\s+TABLE\s+/i, ""));
  const gone = await count(context.connection, target.relation);
  await deleteRows(context, target, `SELECT rowid FROM ${target.relation}`);
  return changed(context, target, { deletedRowCount: gone });
}
