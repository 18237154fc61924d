import { namedValue } from "./aliases.ts";
import { type AstNode, bodyOf, isNode, typeOf } from "./ast.ts";
import { expressionHandlers } from "./expressions.ts";
import { functionHandlers } from "./functions/registry.ts";
import { refuseLostWords } from "./lost-words.ts";
import { blankLiterals, LITERALS, parseQuery, refuseStatements } from "./polyglot.ts";
import { SqlProblem } from "./problem.ts";
import { mustBeQuery, queryHandlers } from "./queries.ts";
import { Renderer } from "./render.ts";
import { checkTypes } from "./types/check-types.ts";
import type { TableShapes } from "./types/checker.ts";
import { type Shape, unknownShape } from "./types/scope.ts";
import { aggregateHandlers } from "./window-functions.ts";

export interface RewriteOptions {
  /** DuckDB's text for a table that is no CTE. */
  table: (parts: readonly string[]) => string;
  /** Whether that is a table, whose rows have ids in DuckDB, and no view. None are unless told. */
  hasRowIds?: (parts: readonly string[]) => boolean;
  /** A model's columns must be told by its text: no `*` and no unnamed column in the final select. */
  model: boolean;
  /** `@name` stands for a value given later; models have vars instead. */
  parameters: boolean;
  /** Columns of those tables with their types; without it none are known. `unchecked`: BigQuery gets another text. */
  shapes?: TableShapes | "unchecked" | undefined;
}

export interface Rewritten {
  /** DuckDB's text. */
  sql: string;
  /** Names of the final select in order; undefined where the text does not tell. */
  columns: (string | undefined)[];
  /** The same with their types, as far as they are told. */
  shape: Shape;
}

/** BigQuery's text to DuckDB's. Throws `SqlProblem` for whatever is not on the allow-list. */
export function rewrite(sql: string, options: RewriteOptions): Rewritten {
  refuseWords(sql, options);
  const query = parseQuery(sql);
  mustBeQuery(query);
  hoistAliases(query);
  const columns = outputColumns(query);
  if (options.model) columnsMustBeTold(query, columns);
  const render = new Renderer({
    sql,
    table: options.table,
    hasRowIds: options.hasRowIds,
    expressions: { ...expressionHandlers, ...functionHandlers, ...aggregateHandlers },
    queries: queryHandlers,
  });
  try {
    const text = render.query(query);
    refuseLostWords(sql, query); // behind the rules, so that what a rule names is named by that rule
    const { shapes = () => undefined } = options;
    return {
      sql: text,
      columns,
      shape: shapes === "unchecked" ? unknownShape : checkTypes(query, sql, shapes),
    };
  } catch (error) {
    if (error instanceof RangeError)
      throw new SqlProblem("syntax.depth", "the query is nested too deeply", "Use one CTE per step.");
    throw error;
  }
}

/** Spellings that the parser accepts and reads as something else. */
const misread: readonly (readonly [RegExp, rule: string, message: string, hint: string])[] = [
  [/\bBIG(NUMERIC|DECIMAL)\b/i, "type.not_allowed", "BIGNUMERIC is not allowed", "Use NUMERIC or FLOAT64."],
  [/@@/, "construct.system_variable", "a system variable is not allowed", "Pass the value as a var."],
  [/::/, "cast.double_colon", "x::type is not BigQuery", "Write CAST(x AS INT64)."],
  [/\bILIKE\b/i, "syntax.ilike", "ILIKE is not BigQuery", "Write LOWER(x) LIKE 'a%'."],
  [
    /\b(COUNT_IF|EXTRACT\s*\(\s*(DOW|DOY|EPOCH))\b/i,
    "function.unknown",
    "this is not BigQuery",
    "Write COUNTIF, DAYOFWEEK, DAYOFYEAR or UNIX_SECONDS.",
  ],
  [/\bNATURAL\b/i, "join.kind", "NATURAL JOIN is not BigQuery", "Write USING (…)."],
];

/** Escapes that the parser leaves as they stand, which would change the text. */
function refuseEscapes(sql: string): void {
  for (const match of sql.matchAll(LITERALS)) {
    const [, prefix = "", body] = match;
    if (body === undefined || /r/i.test(prefix)) continue;
    const escapes = /\\(?:[abfnrtv\\"']|x[0-9a-fA-F]{2})|\\/g;
    for (const found of body.matchAll(escapes)) {
      if (found[0].length > 1 && !/b/i.test(prefix)) continue;
      throw new SqlProblem(
        "literal.escape",
        `the escape ${body.slice(found.index, found.index + 2)} is not allowed here`,
        "Write the character itself, or r'…' for a pattern.",
        match.index + prefix.length + found.index,
      );
    }
  }
}

function refuseWords(sql: string, options: RewriteOptions): void {
  refuseStatements(sql);
  refuseEscapes(sql);
  const bare = blankLiterals(sql);
  for (const [pattern, rule, message, hint] of misread) {
    const found = pattern.exec(bare);
    if (found) throw new SqlProblem(rule, message, hint, found.index);
  }
  if (/^\s*FROM\b/i.test(bare) && !bare.includes("|>")) {
    throw new SqlProblem(
      "syntax.from_first",
      "a query begins with SELECT or WITH",
      "Write SELECT … FROM ….",
      0,
    );
  }
  const parameter = /@\w+/.exec(bare);
  if (parameter && !options.parameters) {
    throw new SqlProblem(
      "syntax.parameter",
      `${parameter[0]}: a model takes no query parameters`,
      "Write {{ var('name') }}.",
      parameter.index,
    );
  }
}

/** The parser hangs the alias of `x LIKE ANY (…) AS y` onto the list: it belongs to the column. */
function hoistAliases(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) hoistAliases(item);
    return;
  }
  if (!isNode(value)) return;
  for (const child of Object.values(value)) hoistAliases(child);
  if (!Array.isArray(value.expressions)) return;
  value.expressions = value.expressions.map((item: unknown) => {
    const like = isNode(item) && isNode(item.like) ? (item.like as Record<string, unknown>) : undefined;
    const alias =
      like && isNode(like.right) && isNode(like.right.alias) ? (like.right.alias as AstNode) : undefined;
    return alias === undefined
      ? item
      : { alias: { ...alias, this: { like: { ...like, right: alias.this } } } };
  });
}

/** The leftmost SELECT of a query gives its column names. */
function finalSelect(query: AstNode): AstNode {
  const body = bodyOf(query);
  const type = typeOf(query);
  if (type === "select") return body;
  return finalSelect((type === "subquery" ? body.this : body.left) as AstNode);
}

function outputColumns(query: AstNode): (string | undefined)[] {
  return (finalSelect(query).expressions as AstNode[]).map((item) =>
    typeOf(item) === "star" ? undefined : namedValue(item)[0],
  );
}

function columnsMustBeTold(query: AstNode, columns: readonly (string | undefined)[]): void {
  const items = finalSelect(query).expressions as AstNode[];
  if (items.some((item) => typeOf(item) === "star")) {
    throw new SqlProblem(
      "select.star",
      "* in the final select: a model names its columns",
      "List the columns.",
    );
  }
  const unnamed = columns.indexOf(undefined);
  if (unnamed >= 0) {
    throw new SqlProblem(
      "select.unnamed",
      `column ${unnamed + 1} of the final select has no name`,
      "Write expression AS name.",
    );
  }
  const seen = new Set<string>();
  for (const name of columns) {
    const key = name!.toLowerCase();
    if (seen.has(key))
      throw new SqlProblem(
        "select.duplicate",
        `two columns of the final select are called ${name}`,
        "Rename one of them.",
      );
    seen.add(key);
  }
}
