import { type AstNode, bodyOf, Fields, isNode, literalText, typeOf } from "./ast.ts";
import { SqlProblem } from "./problem.ts";
import type { Renderer } from "./render.ts";
import { ident } from "./text.ts";

type Relation = (node: AstNode, render: Renderer) => string;

/** One aggregate over named values. With an alias on the aggregate the two engines name the columns differently. */
export function pivotSql(node: AstNode, render: Renderer, relation: Relation): string {
  const fields = new Fields("pivot", bodyOf(node));
  const aggregates = fields.list("expressions");
  const [field, ...more] = fields.list("fields");
  const source = relation(fields.node("this"), render);
  fields.done();
  if (
    aggregates.length !== 1 ||
    typeOf(aggregates[0]!) === "alias" ||
    field === undefined ||
    more.length > 0
  ) {
    throw new SqlProblem(
      "pivot.alias",
      "PIVOT takes one aggregate without an alias",
      "Name the values instead, PIVOT(COUNT(id) FOR typ IN ('send' AS n_send)), or write COUNTIF(typ = 'send') AS n_send.",
    );
  }
  const inside = new Fields("in", bodyOf(field));
  const column = render.expr(inside.node("this"));
  const values = inside.list("expressions").map((value) => pivotValue(value, render));
  inside.done();
  return `(SELECT * FROM ${source} PIVOT (${render.expr(aggregates[0]!)} FOR ${column} IN (${values.join(", ")})))`;
}

function pivotValue(value: AstNode, render: Renderer): string {
  if (typeOf(value) !== "pivot_alias") return render.plain(value);
  const fields = new Fields("pivot_alias", bodyOf(value));
  const sql = render.plain(fields.node("this"));
  const alias = fields.node("alias");
  fields.done();
  return `${sql} AS ${ident(aliasName(alias))}`;
}

export function unpivotSql(node: AstNode, render: Renderer, relation: Relation): string {
  const fields = new Fields("unpivot", bodyOf(node));
  const value = ident(fields.name("value_column") ?? "");
  const name = ident(fields.name("name_column") ?? "");
  const source = relation(fields.node("this"), render);
  const columns = fields.list("columns").map((column) => pivotValue(column, render));
  fields.done();
  // BigQuery puts the value before its name, DuckDB behind it.
  return `(SELECT * EXCLUDE (${name}), ${name} FROM (SELECT * FROM ${source} UNPIVOT (${value} FOR ${name} IN (${columns.join(", ")}))))`;
}

function aliasName(node: AstNode): string {
  const text = literalText(node);
  if (text !== undefined) return text;
  const body = bodyOf(node);
  if (isNode(body.name) && typeof body.name.name === "string") return body.name.name;
  throw new SqlProblem("pivot.alias", "this name is not allowed here");
}
