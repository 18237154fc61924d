import { type AstNode, bodyOf, Fields, identifierName, isNode, typeOf } from "./ast.ts";
import { structFieldNames } from "./casts.ts";
import { pivotSql, unpivotSql } from "./pivot.ts";
import { SqlProblem } from "./problem.ts";
import type { Renderer } from "./render.ts";
import { ident } from "./text.ts";

/** FROM with its joins. Comma joins become CROSS JOIN, which binds from the left as BigQuery's comma does. */
export function fromItems(fields: Fields, render: Renderer): string {
  const from = fields.optional("from");
  const joins = fields.list("joins");
  if (from === undefined) return "";
  const fromFields = new Fields("from", from);
  const [first, ...others] = fromFields.list("expressions");
  fromFields.done();
  if (first === undefined) return "";
  const parts = [`FROM ${relation(first, render)}`];
  for (const other of others) parts.push(`CROSS JOIN ${relation(other, render)}`);
  for (const join of joins) parts.push(joinSql(join, render));
  return parts.join("\n");
}

/** What a FROM names: the only table in it, if there is but one that has a name, and the elements of arrays. */
export interface Sources {
  table: string | undefined;
  elements: ReadonlySet<string>;
}

export function sourcesOf(fields: Fields): Sources {
  const from = fields.optional("from");
  const joined = fields.list("joins").map((join) => join.this as AstNode);
  const nodes = [...(from ? new Fields("from", from).list("expressions") : []), ...joined];
  const elements = new Set(nodes.flatMap((node) => elementOf(node) ?? []));
  const [only, ...others] = nodes;
  return { table: only && others.length === 0 ? nameOfTable(only) : undefined, elements };
}

/** The name of an array's element, in lower case. */
function elementOf(node: AstNode): string | undefined {
  return unnestOf(node)?.alias?.toLowerCase();
}

function nameOfTable(node: AstNode): string | undefined {
  const type = typeOf(node);
  if (type !== "table" && type !== "subquery") return undefined;
  const { alias, name } = bodyOf(node);
  return identifierName(alias) ?? (type === "table" ? identifierName(name)?.split(".").at(-1) : undefined);
}

const joinWords: Readonly<Record<string, string>> = {
  Inner: "JOIN",
  Left: "LEFT JOIN",
  Right: "RIGHT JOIN",
  Full: "FULL JOIN",
  Cross: "CROSS JOIN",
  Implicit: "CROSS JOIN",
};

function joinSql(join: AstNode, render: Renderer): string {
  return render.at(join, () => joinText(join, render));
}

function joinText(join: AstNode, render: Renderer): string {
  const fields = new Fields("join", join);
  const kind = fields.text("kind") ?? "";
  const keyword = joinWords[kind];
  if (keyword === undefined)
    throw new SqlProblem(
      "join.kind",
      `a ${kind} join is not allowed`,
      "Use JOIN, LEFT JOIN, FULL JOIN or CROSS JOIN.",
    );
  const target = fields.node("this");
  const on = fields.optional("on");
  const using = fields.list("using").map((column) => ident(nameOf(column)));
  fields.done();
  const side = relation(target, render);
  if (using.length > 0) return `${keyword} ${side} USING (${using.join(", ")})`;
  if (on !== undefined) return `${keyword} ${side} ON ${render.expr(on)}`;
  if (keyword === "CROSS JOIN") return `${keyword} ${side}`;
  if (unnestOf(target) === undefined)
    throw new SqlProblem("join.no_condition", `${keyword} without ON or USING`, "Write ON … or CROSS JOIN.");
  return `${keyword} ${side} ON TRUE`;
}

function relation(node: AstNode, render: Renderer): string {
  return render.at(node, () => relationSql(node, render));
}

function relationSql(node: AstNode, render: Renderer): string {
  const unnest = unnestOf(node);
  if (unnest !== undefined) return unnestSql(unnest, render);
  switch (typeOf(node)) {
    case "table":
      return tableSql(node, render);
    case "subquery":
      return subquerySql(node, render);
    case "pivot":
      return pivotSql(node, render, relation);
    case "unpivot":
      return unpivotSql(node, render, relation);
    case "alias":
      return aliasedSql(node, render);
    case "paren":
      return relation(bodyOf(node).this as AstNode, render);
    case "joined_table":
      return joinedSql(node, render);
    default:
      throw new SqlProblem(
        "from.not_allowed",
        `this is not allowed in FROM`,
        "Read from ref(), source(), a CTE, a sub-query or UNNEST.",
      );
  }
}

/** `(SELECT …) PIVOT(…) AS p` comes as an alias around the pivot. */
function aliasedSql(node: AstNode, render: Renderer): string {
  const fields = new Fields("alias", bodyOf(node));
  const name = fields.name("alias") ?? "";
  const inside = relation(fields.node("this"), render);
  fields.done();
  return `${inside} AS ${ident(name)}`;
}

function joinedSql(node: AstNode, render: Renderer): string {
  const fields = new Fields("joined_table", bodyOf(node));
  const left = relation(fields.node("left"), render);
  const joins = fields.list("joins").map((join) => joinSql(join, render));
  fields.done();
  return `(${[left, ...joins].join(" ")})`;
}

function tableSql(node: AstNode, render: Renderer): string {
  const fields = new Fields("table", bodyOf(node));
  const parts = [fields.name("catalog"), fields.name("schema"), fields.name("name")]
    .filter((part) => part !== undefined)
    .flatMap((part) => part.split("."));
  const alias = fields.name("alias");
  if (fields.raw("table_sample") !== undefined) {
    throw new SqlProblem("from.tablesample", "TABLESAMPLE is not allowed: it answers differently each time");
  }
  fields.done();
  const single = parts.length === 1 ? parts[0]! : undefined;
  const name = single !== undefined && render.isCte(single) ? ident(single) : render.table(parts);
  const own = parts.at(-1)!;
  return `${name} AS ${ident(alias ?? own)}`;
}

function subquerySql(node: AstNode, render: Renderer): string {
  const fields = new Fields("subquery", bodyOf(node));
  const query = fields.node("this");
  const sql = render.query(query);
  const named = fields.name("alias");
  if (named === undefined) refuseSwallowed(query);
  const alias = named ?? render.freshName("sub");
  fields.done();
  return `(\n${sql}\n) AS ${ident(alias)}`;
}

/** The parser reads `FROM (a) UNION ALL b` as `FROM ((a) UNION ALL b)`, and leaves no sign which of them was written. */
function refuseSwallowed(query: AstNode): void {
  const left = bodyOf(query).left;
  if (!isNode(left)) return;
  if (typeOf(left) !== "subquery") refuseSwallowed(left);
  else
    throw new SqlProblem(
      "from.no_alias",
      "a sub-query in FROM without an alias stands before UNION, INTERSECT or EXCEPT",
      "Write FROM (SELECT …) AS q UNION ALL …, or FROM ((SELECT …) UNION ALL …) AS q.",
    );
}

interface Unnest {
  fields: Fields;
  alias: string | undefined;
}

/** An UNNEST with the alias it has itself or in a wrapper around it. */
function unnestOf(node: AstNode): Unnest | undefined {
  if (typeOf(node) === "unnest") {
    const fields = new Fields("unnest", bodyOf(node));
    return { fields, alias: fields.name("alias") };
  }
  const body = bodyOf(node);
  if (typeOf(node) !== "alias" || !isNode(body.this) || typeOf(body.this) !== "unnest") return undefined;
  return { fields: new Fields("unnest", bodyOf(body.this)), alias: new Fields("alias", body).name("alias") };
}

/** A lateral sub-query: as fast as DuckDB's own UNNEST in FROM, and it can number the elements. */
function unnestSql({ fields, alias }: Unnest, render: Renderer): string {
  const array = fields.node("this");
  const withOffset = fields.flag("with_ordinality");
  const offset = fields.name("offset_alias") ?? "offset";
  fields.raw("alias");
  const value = render.expr(array);
  fields.done();
  const item = element(array, value, alias);
  const number = withOffset ? `, generate_subscripts(${value}, 1) - 1 AS ${ident(offset)}` : "";
  return `LATERAL (SELECT ${item}${number}) AS ${ident(render.freshName("unnest"))}`;
}

function element(array: AstNode, value: string, alias: string | undefined): string {
  if (alias !== undefined) return `unnest(${value}) AS ${ident(alias)}`;
  if (hasStructItems(array)) return `unnest(${value}, max_depth := 2)`;
  if (isArrayLiteral(array)) return `unnest(${value})`;
  throw new SqlProblem(
    "unnest.alias",
    "UNNEST without an alias",
    "Write UNNEST(items) AS item and item.sku.",
  );
}

const isArrayLiteral = (node: AstNode): boolean => typeOf(node) === "array_func" || typeOf(node) === "array";

/** `[STRUCT(1 AS a)]` and `ARRAY<STRUCT<a INT64>>[(1)]`: the text itself says that the elements have fields. */
function hasStructItems(node: AstNode): boolean {
  const body = bodyOf(node);
  if (typeOf(node) === "cast" && isNode(body.to) && isNode(body.to.element_type)) {
    return body.to.element_type.data_type === "struct";
  }
  const items = Array.isArray(body.expressions) ? (body.expressions as AstNode[]) : [];
  return isArrayLiteral(node) && items[0] !== undefined && structFieldNames(items[0]) !== undefined;
}

function nameOf(value: AstNode): string {
  const inside = isNode(value.column) ? value.column.name : value;
  if (isNode(inside) && typeof inside.name === "string") return inside.name;
  throw new SqlProblem("join.using", "USING takes plain column names");
}
