import {
  type Aliases,
  aliasesOf,
  aliasOf,
  namedValue,
  withAliases,
  withAliasesInOrder,
  withoutAliases,
} from "./aliases.ts";
import {
  type AstNode,
  bodyOf,
  Fields,
  identifierName,
  isNode,
  literalInteger,
  typeOf,
  words,
} from "./ast.ts";
import { firstRows } from "./first-rows.ts";
import { fromItems, sourcesOf } from "./from.ts";
import { SqlProblem } from "./problem.ts";
import type { Handler, Handlers, Renderer } from "./render.ts";
import { ident, quote } from "./text.ts";
import { namedWindows, orderList } from "./windows.ts";

/** SELECT, set operations and WITH. */
export const queryHandlers: Handlers = {
  select: selectSql,
  union: setOperation("UNION"),
  intersect: setOperation("INTERSECT"),
  except: setOperation("EXCEPT"),
  /** A query in brackets as an operand or as the whole statement. */
  subquery: (fields, render) => {
    if (fields.name("alias") !== undefined)
      throw new SqlProblem("query.alias", "a bracketed query takes no alias here");
    return `(${render.query(fields.node("this"))})`;
  },
};

function selectSql(fields: Fields, render: Renderer): string {
  return render.withCtes((declare) => {
    const ctes = withSql(fields, render, declare);
    return `${ctes}${selectBody(fields, render)}`;
  });
}

function selectBody(fields: Fields, render: Renderer): string {
  const kind = fields.text("kind");
  if (kind !== undefined && kind !== "STRUCT") {
    throw new SqlProblem("select.as_value", `SELECT AS ${kind} is not allowed`, "Select the fields by name.");
  }
  const distinct = fields.flag("distinct") ? "DISTINCT " : "";
  const items = fields.list("expressions");
  refuseStarWithUsing(items, fields);
  const aliases = aliasesOf(items);
  const from = sourcesOf(fields);
  const own = items.map((item, index) => withoutAliases(item, aliases, from, index + 1));
  const list =
    kind === "STRUCT"
      ? `{${items.map((item) => structItem(item, render)).join(", ")}}`
      : selectList(own, render);
  const fromText = fromItems(fields, render);
  const where = clause("WHERE", withoutAliases(fields.optional("where_clause"), aliases, from), render);
  const qualify = withAliases(fields.optional("qualify"), aliases);
  const kept = distinct === "" ? keptRows(fields, { fromText, where, qualify }, render) : undefined;
  const clauses = [
    `SELECT ${distinct}${list}`,
    fromText,
    kept ?? where,
    groupBy(fields.optional("group_by"), aliases, render),
    clause("HAVING", withAliases(fields.optional("having"), aliases), render),
    namedWindows(fields.list("windows"), render),
    kept === undefined ? clause("QUALIFY", qualify, render) : "",
    ...tail(fields, render, aliases),
  ];
  return clauses.filter((text) => text !== "").join("\n");
}

/** WHERE and QUALIFY as one WHERE, of a select that keeps the first row of each key and does nothing else with its rows. */
function keptRows(
  fields: Fields,
  { fromText, where, qualify }: { fromText: string; where: string; qualify: AstNode | undefined },
  render: Renderer,
): string | undefined {
  const from = fields.optional("from");
  const isGrouped = ["group_by", "having"].some((name) => fields.optional(name) !== undefined);
  const isMore = ["joins", "windows"].some((name) => fields.list(name).length > 0);
  if (from === undefined || qualify === undefined || isGrouped || isMore) return undefined;
  const items = fields.list("expressions");
  const kept = firstRows({ items, from, fromText, where, qualify }, render);
  return kept === undefined ? undefined : `WHERE ${kept}`;
}

/** `name: expression` of SELECT AS STRUCT. */
function structItem(item: AstNode, render: Renderer): string {
  const [name, value] = namedValue(item);
  if (name === undefined) {
    throw new SqlProblem(
      "struct.unnamed_field",
      "a field of SELECT AS STRUCT without a name",
      "Write expression AS name.",
    );
  }
  return `${quote(name)}: ${render.expr(value)}`;
}

function selectList(items: readonly AstNode[], render: Renderer): string {
  return items
    .map((item) => (typeOf(item) === "star" ? starSql(item, render) : selectItem(item, render)))
    .join(",\n  ");
}

function selectItem(item: AstNode, render: Renderer): string {
  if (typeOf(item) !== "alias") return withOwnName(item, render);
  const fields = new Fields("alias", bodyOf(item));
  const name = fields.name("alias") ?? "";
  const sql = render.expr(fields.node("this"));
  fields.done();
  return `${sql} AS ${ident(name)}`;
}

/** `a.b.c` is named `c` in BigQuery, in DuckDB after the whole text. */
function withOwnName(item: AstNode, render: Renderer): string {
  const [name] = namedValue(item);
  const sql = render.expr(item);
  return name === undefined || name.startsWith("@") ? sql : `${sql} AS ${ident(name)}`;
}

function starSql(item: AstNode, render: Renderer): string {
  const fields = new Fields("star", bodyOf(item));
  const table = fields.name("table");
  const except = fields.list("except").map((name) => ident(identifierName(name) ?? String(name)));
  const replace = fields.list("replace").map((alias) => selectItem({ alias }, render));
  fields.done();
  const prefix = table === undefined ? "*" : `${table.split(".").map(ident).join(".")}.*`;
  const without = except.length > 0 ? ` EXCLUDE (${except.join(", ")})` : "";
  return `${prefix}${without}${replace.length > 0 ? ` REPLACE (${replace.join(", ")})` : ""}`;
}

function clause(keyword: string, node: AstNode | undefined, render: Renderer): string {
  if (node === undefined) return "";
  const fields = new Fields(keyword, node);
  const sql = `${keyword} ${render.expr(fields.node("this"))}`;
  fields.done();
  return sql;
}

const groupings = new Set(["ROLLUP", "CUBE", "GROUPING SETS"]);

function groupBy(node: AstNode | undefined, aliases: Aliases, render: Renderer): string {
  if (node === undefined) return "";
  const fields = new Fields("group_by", node);
  if (fields.flag("all")) {
    fields.done();
    return "GROUP BY ALL";
  }
  const groups = fields.list("expressions").map((item) => groupItem(item, aliases, render));
  fields.done();
  return `GROUP BY ${groups.join(", ")}`;
}

/** BigQuery groups by the alias: as an ordinal there is no doubt. */
function groupItem(item: AstNode, aliases: Aliases, render: Renderer): string {
  const body = bodyOf(item);
  const name = String(body.name).toUpperCase();
  if (typeOf(item) === "function" && groupings.has(name)) {
    const sets = (body.args as AstNode[]).map((arg) => groupingSet(arg, aliases, render));
    return `${name} (${sets.join(", ")})`;
  }
  return aliasOf(item, aliases)?.ordinal.toString() ?? render.plain(item);
}

function groupingSet(item: AstNode, aliases: Aliases, render: Renderer): string {
  if (typeOf(item) === "tuple") {
    return `(${(bodyOf(item).expressions as AstNode[]).map((part) => groupingSet(part, aliases, render)).join(", ")})`;
  }
  return render.expr(aliasOf(item, aliases)?.value ?? item);
}

/** After USING, BigQuery's * begins with the joined columns, DuckDB's keeps the tables' order. */
function refuseStarWithUsing(items: readonly AstNode[], fields: Fields): void {
  const usesUsing = fields.list("joins").some((join) => Array.isArray(join.using) && join.using.length > 0);
  const star = items.some((item) => typeOf(item) === "star" && !isNode(bodyOf(item).table));
  if (usesUsing && star) {
    throw new SqlProblem(
      "select.star_using",
      "* after JOIN … USING gives the columns in another order",
      "List the columns, or write t.*.",
    );
  }
}

/** ORDER BY, LIMIT, OFFSET: of a SELECT or of a set operation, which keep them in different shapes. */
function tail(fields: Fields, render: Renderer, aliases: Aliases = new Map()): string[] {
  const order = fields.optional("order_by");
  return [
    order === undefined
      ? ""
      : `ORDER BY ${orderList(withAliasesInOrder(orderItems(order), aliases), render)}`,
    bound("LIMIT", fields.optional("limit"), render),
    bound("OFFSET", fields.optional("offset"), render),
  ];
}

function orderItems(order: AstNode): AstNode[] {
  const fields = new Fields("order_by", order);
  const items = fields.list("expressions");
  fields.done();
  return items;
}

function bound(keyword: string, node: AstNode | undefined, render: Renderer): string {
  if (node === undefined) return "";
  const value = isNode(node.this) ? (node.this as AstNode) : node;
  const isParameter = typeOf(value) === "column";
  if (literalInteger(value) === undefined && !isParameter) {
    throw new SqlProblem("limit.not_literal", `${keyword} takes a whole number`);
  }
  return `${keyword} ${render.plain(value)}`;
}

function setOperation(keyword: string): Handler {
  return (fields, render) =>
    render.withCtes((declare) => {
      const ctes = withSql(fields, render, declare);
      const all = fields.flag("all");
      if (!all && !fields.flag("distinct")) {
        throw new SqlProblem(
          "set.no_mode",
          `${keyword} needs ALL or DISTINCT`,
          `Write ${keyword} ALL or ${keyword} DISTINCT.`,
        );
      }
      if (all && keyword !== "UNION")
        throw new SqlProblem("set.mode", `${keyword} ALL is not BigQuery`, `Write ${keyword} DISTINCT.`);
      const left = render.query(fields.node("left"));
      const right = render.query(fields.node("right"));
      const operator = all ? `${keyword} ALL` : keyword;
      return [`${ctes}${left}`, operator, right, ...tail(fields, render)]
        .filter((text) => text !== "")
        .join("\n");
    });
}

function withSql(fields: Fields, render: Renderer, declare: (name: string) => void): string {
  const node = fields.optional("with");
  if (node === undefined) return "";
  const clauseFields = new Fields("with", node);
  const recursive = clauseFields.flag("recursive");
  const ctes = clauseFields.list("ctes");
  if (recursive) for (const cte of ctes) declare(identifierName(cte.alias) ?? "");
  const parts = ctes.map((cte) => cteSql(cte, render, declare));
  clauseFields.done();
  return `WITH ${recursive ? "RECURSIVE " : ""}${parts.join(",\n")}\n`;
}

function cteSql(cte: AstNode, render: Renderer, declare: (name: string) => void): string {
  const fields = new Fields("with", cte);
  const name = fields.name("alias") ?? "";
  const sql = render.query(fields.node("this"));
  declare(name);
  fields.done();
  return `${ident(name)} AS (\n${sql}\n)`;
}

/** Refuses everything at the top that is not one query. */
export function mustBeQuery(node: AstNode): void {
  if (typeOf(node) in queryHandlers) return;
  throw new SqlProblem(
    "statement.not_select",
    `${words(typeOf(node))} is not a SELECT: the runner alone writes DDL and DML`,
    "Write the rows as one SELECT; how it is kept is `materialized` in its config.",
    0,
  );
}
