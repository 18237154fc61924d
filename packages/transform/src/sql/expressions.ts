import { arithmeticHandlers } from "./arithmetic.ts";
import { type AstNode, bodyOf, type Fields, literalText, typeOf } from "./ast.ts";
import { castSql, safeCastSql, structFieldNames } from "./casts.ts";
import { literalSql } from "./literals.ts";
import { besideNumeric } from "./numeric.ts";
import { SqlProblem } from "./problem.ts";
import type { Handler, Handlers, Renderer } from "./render.ts";
import { ident, quote } from "./text.ts";

/** Operators, literals, casts, columns and constructors: everything that is neither a function nor a query. */
export const expressionHandlers: Handlers = {
  literal: (fields, _render, node) => {
    fields.raw("literal_type");
    fields.raw("value");
    return literalSql(node);
  },
  null: () => "NULL",
  boolean: (fields) => (fields.flag("value") ? "TRUE" : "FALSE"),
  paren: (fields, render) => `(${render.expr(fields.node("this"))})`,
  column: columnSql,
  dot: (fields, render) => `(${render.expr(fields.node("this"))}).${ident(fields.name("field") ?? "")}`,
  subscript: subscriptSql,
  cast: (fields, render) => {
    noFormat(fields);
    return castSql(fields.node("this"), fields.node("to"), render);
  },
  safe_cast: (fields, render) => {
    noFormat(fields);
    return safeCastSql(fields.node("this"), fields.node("to"), render);
  },

  and: binary("AND"),
  or: binary("OR"),
  not: (fields, render) => `(NOT ${render.expr(fields.node("this"))})`,
  eq: comparison("="),
  neq: comparison("<>"),
  lt: comparison("<"),
  lte: comparison("<="),
  gt: comparison(">"),
  gte: comparison(">="),
  null_safe_eq: comparison("IS NOT DISTINCT FROM"),
  null_safe_neq: comparison("IS DISTINCT FROM"),
  is_null: (fields, render) =>
    `(${render.expr(fields.node("this"))} IS ${fields.flag("not") ? "NOT " : ""}NULL)`,
  is_true: (fields, render) =>
    `(${render.expr(fields.node("this"))} IS ${fields.flag("not") ? "NOT " : ""}TRUE)`,
  is_false: (fields, render) =>
    `(${render.expr(fields.node("this"))} IS ${fields.flag("not") ? "NOT " : ""}FALSE)`,
  between: betweenSql,
  in: inSql,
  like: likeSql,
  exists: (fields, render) =>
    `${fields.flag("not") ? "NOT " : ""}EXISTS (${render.query(fields.node("this"))})`,
  subquery: (fields, render) => `(${render.query(fields.node("this"))})`,
  case: caseSql,
  if_func: (fields, render) => {
    fields.raw("original_name");
    const [yes, no] = [fields.node("true_value"), fields.node("false_value")];
    const condition = render.expr(fields.node("condition"));
    return `CASE WHEN ${condition} THEN ${besideNumeric(yes, [no], render)} ELSE ${besideNumeric(no, [yes], render)} END`;
  },

  ...arithmeticHandlers,
  concat: binary("||"),
  bitwise_and: binary("&"),
  bitwise_or: binary("|"),
  bitwise_xor: (fields, render) =>
    `xor(${render.expr(fields.node("left"))}, ${render.expr(fields.node("right"))})`,
  bitwise_not: (fields, render) => `(~${render.expr(fields.node("this"))})`,

  array_func: (fields, render) => arraySql(fields.list("expressions"), render),
  array: (fields, render) => arraySql(fields.list("expressions"), render),
  interval: () => {
    throw new SqlProblem(
      "type.interval",
      "an INTERVAL stands only in DATE_ADD and the like, or beside + and -",
      "Keep a number of days or seconds instead.",
    );
  },
  tuple: () => {
    throw new SqlProblem(
      "construct.tuple",
      "a bracketed list of values is allowed only after IN and inside an array of STRUCTs",
      "Write STRUCT(a AS x, b AS y).",
    );
  },
  at_time_zone: () => {
    throw new SqlProblem(
      "construct.at_time_zone",
      "AT TIME ZONE is allowed only inside EXTRACT",
      "Write DATETIME(ts, 'zone') or FORMAT_TIMESTAMP(format, ts, 'zone').",
    );
  },
};

function binary(operator: string): Handler {
  return (fields, render) =>
    `(${render.expr(fields.node("left"))} ${operator} ${render.expr(fields.node("right"))})`;
}

/** Beside a column a bare number takes the column's type; two numbers keep INT64. */
function comparison(operator: string): Handler {
  return (fields, render) =>
    `(${render.plain(fields.node("left"))} ${operator} ${render.plain(fields.node("right"))})`;
}

function columnSql(fields: Fields): string {
  const name = fields.name("name") ?? "";
  const table = fields.name("table");
  if (name.startsWith("@")) return `$${name.slice(1)}`;
  if (/^_(TABLE_SUFFIX|PARTITIONTIME|PARTITIONDATE|FILE_NAME)$/i.test(name)) {
    throw new SqlProblem(
      "construct.pseudo_column",
      `${name} has no counterpart`,
      "Keep the value in a column of its own.",
    );
  }
  return table === undefined ? ident(name) : `${ident(table)}.${ident(name)}`;
}

const subscripts: Readonly<Record<string, string>> = {
  OFFSET: "bq_offset",
  SAFE_OFFSET: "bq_safe_offset",
  ORDINAL: "bq_ordinal",
  SAFE_ORDINAL: "bq_safe_ordinal",
};

function subscriptSql(fields: Fields, render: Renderer): string {
  const value = render.expr(fields.node("this"));
  const index = fields.node("index");
  const key = literalText(index);
  if (key !== undefined) return `json_extract(${value}, ${quote(`$."${key}"`)})`;
  const body = bodyOf(index);
  const macro = typeOf(index) === "function" ? subscripts[String(body.name).toUpperCase()] : undefined;
  const [position] = Array.isArray(body.args) ? (body.args as AstNode[]) : [];
  if (macro === undefined || position === undefined) {
    throw new SqlProblem(
      "array.subscript",
      "a bare number in [ ] is read differently for arrays and for JSON",
      "Write [OFFSET(0)] or [SAFE_OFFSET(0)] for an array, JSON_QUERY(x, '$[0]') for JSON.",
    );
  }
  return `${macro}(${value}, ${render.expr(position)})`;
}

function noFormat(fields: Fields): void {
  if (fields.optional("format") !== undefined) {
    throw new SqlProblem(
      "cast.format",
      "CAST … FORMAT is not allowed",
      "Use PARSE_DATE or FORMAT_DATE with % elements.",
    );
  }
  if (fields.flag("double_colon_syntax")) {
    throw new SqlProblem("cast.double_colon", "x::type is not BigQuery", "Write CAST(x AS INT64).");
  }
}

function betweenSql(fields: Fields, render: Renderer): string {
  const [value, low, high] = ["this", "low", "high"].map((name) => render.plain(fields.node(name)));
  return `(${value} ${fields.flag("not") ? "NOT " : ""}BETWEEN ${low} AND ${high})`;
}

function inSql(fields: Fields, render: Renderer): string {
  const value = render.expr(fields.node("this"));
  const not = fields.flag("not") ? "NOT " : "";
  const array = fields.optional("unnest");
  if (array !== undefined) return `(${not}bq_in(${value}, ${render.expr(array)}))`;
  const query = fields.optional("query");
  if (query !== undefined) return `(${value} ${not}IN (${render.query(query)}))`;
  const items = fields.list("expressions");
  return `(${value} ${not}IN (${items.map((item) => render.plain(item)).join(", ")}))`;
}

/** BigQuery's LIKE knows the backslash; DuckDB's only when told. */
function likeSql(fields: Fields, render: Renderer): string {
  const value = render.expr(fields.node("left"));
  const right = fields.node("right");
  const quantifier = fields.text("quantifier")?.toUpperCase();
  const one = (pattern: AstNode) => {
    if (/(^|[^\\])(\\\\)*\\$/.test(literalText(pattern) ?? ""))
      throw new SqlProblem("like.pattern", "a LIKE pattern that ends with a backslash", "Write it twice.");
    return `${value} LIKE ${render.expr(pattern)} ESCAPE '\\'`;
  };
  if (quantifier === undefined) return `(${one(right)})`;
  if (quantifier !== "ANY" && quantifier !== "ALL" && quantifier !== "SOME") {
    throw new SqlProblem("construct.not_allowed", `LIKE ${quantifier} is not allowed`);
  }
  const inside = bodyOf(right);
  const patterns = Array.isArray(inside.expressions)
    ? (inside.expressions as AstNode[])
    : [inside.this as AstNode];
  return `(${patterns.map(one).join(quantifier === "ALL" ? " AND " : " OR ")})`;
}

function caseSql(fields: Fields, render: Renderer): string {
  const operand = fields.optional("operand");
  const whens = fields.list("whens") as unknown as [AstNode, AstNode][];
  const otherwise = fields.optional("else_");
  const results = [...whens.map(([, then]) => then), ...(otherwise ? [otherwise] : [])];
  const result = (node: AstNode) => besideNumeric(node, results, render);
  const branches = whens.map(([when, then]) => `WHEN ${render.expr(when)} THEN ${result(then)}`);
  const head = operand === undefined ? "CASE" : `CASE ${render.expr(operand)}`;
  return [head, ...branches, ...(otherwise ? [`ELSE ${result(otherwise)}`] : []), "END"].join(" ");
}

/** In an array of STRUCTs the later ones may be bare tuples: they take the names of the first. */
function arraySql(items: readonly AstNode[], render: Renderer): string {
  const names = items[0] === undefined ? undefined : structFieldNames(items[0]);
  const parts = items.map((item) => {
    if (typeOf(item) !== "tuple" || names === undefined) return render.expr(item);
    const values = bodyOf(item).expressions as AstNode[];
    if (values.length !== names.length) {
      throw new SqlProblem(
        "array.struct_fields",
        `this tuple has ${values.length} values, the first STRUCT ${names.length}`,
      );
    }
    return `{${values.map((value, index) => `${quote(names[index]!)}: ${render.expr(value)}`).join(", ")}}`;
  });
  return `[${parts.join(", ")}]`;
}
