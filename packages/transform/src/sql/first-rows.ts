import { type AstNode, bodyOf, Fields, identifierName, isNode, literalInteger, typeOf } from "./ast.ts";
import type { Renderer } from "./render.ts";
import { ident } from "./text.ts";
import { isOrdered, overSql } from "./windows.ts";

/** The parts of a SELECT that decide whether it only keeps the first row of each key. */
export interface Deduplication {
  items: readonly AstNode[];
  /** The FROM clause as a node and as DuckDB's text, without joins. */
  from: AstNode;
  fromText: string;
  /** DuckDB's text of the WHERE clause; empty without one. */
  where: string;
  qualify: AstNode;
}

/**
 * `WHERE … QUALIFY ROW_NUMBER() OVER (PARTITION BY key ORDER BY …) = 1` over one table, as a condition that leaves the other rows of a
 * key out by their row ids. A window sorts all its rows with all their columns, although nearly every key has one row only; here
 * those are told by counting keys, and only row ids of the others are sorted: half the time (measured on five million rows).
 * Undefined where that would not be the same: the plain text stands.
 */
export function firstRows(given: Deduplication, render: Renderer): string | undefined {
  const alias = tableWithRowIds(given.from, render);
  const over = firstRowWindow(given.qualify);
  if (alias === undefined || over === undefined || given.items.some(hasWindow)) return undefined;
  const keys = render.exprs(new Fields("over", over).list("partition_by"));
  if (keys.length === 0) return undefined;
  const row = `${ident(alias)}.rowid`;
  const twice = ident(render.freshName("twice"));
  const counted = [
    `SELECT ${keys.map((key, i) => `${key} AS "_key_${i}"`).join(", ")}`,
    given.fromText,
    ...(given.where === "" ? [] : [given.where]),
    `GROUP BY ${keys.map((_, i) => i + 1).join(", ")} HAVING count(*) > 1`,
  ];
  const same = keys.map((key, i) => `${key} IS NOT DISTINCT FROM ${twice}."_key_${i}"`);
  const others = [
    `SELECT ${row}`,
    given.fromText,
    `SEMI JOIN (${counted.join("\n")}) AS ${twice} ON ${same.join(" AND ")}`,
    ...(given.where === "" ? [] : [given.where]),
    `QUALIFY row_number()${overSql(over, render)} > 1`,
  ];
  const kept = `${row} NOT IN (\n${others.join("\n")}\n)`;
  return given.where === "" ? kept : `(${given.where.replace(/^WHERE /, "")}) AND ${kept}`;
}

/** The name by which the only table of FROM is known, if its rows have ids. */
function tableWithRowIds(from: AstNode, render: Renderer): string | undefined {
  const expressions = from.expressions as AstNode[];
  const [table] = expressions;
  if (expressions.length !== 1 || table === undefined || typeOf(table) !== "table") return undefined;
  const fields = new Fields("table", bodyOf(table));
  const parts = [fields.name("catalog"), fields.name("schema"), fields.name("name")]
    .filter((part) => part !== undefined)
    .flatMap((part) => part.split("."));
  return render.hasRowIds(parts) ? (fields.name("alias") ?? parts.at(-1)) : undefined;
}

/** The window of `ROW_NUMBER() OVER (…) = 1`. */
function firstRowWindow(qualify: AstNode): AstNode | undefined {
  const condition = qualify.this;
  if (!isNode(condition) || typeOf(condition) !== "eq") return undefined;
  const { left, right } = bodyOf(condition);
  if (!isNode(left) || !isNode(right) || literalInteger(right) !== "1") return undefined;
  const { this: called, over } = bodyOf(left);
  if (typeOf(left) !== "window_function" || !isNode(called) || typeOf(called) !== "row_number")
    return undefined;
  const isNamed = isNode(over) && identifierName(over.window_name) !== undefined;
  return isNode(over) && !isNamed && isOrdered(over) ? over : undefined;
}

/** A window in the list sees every row, those too that are left out later. */
function hasWindow(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasWindow);
  if (!isNode(value)) return false;
  return "window_function" in value || Object.values(value).some(hasWindow);
}
