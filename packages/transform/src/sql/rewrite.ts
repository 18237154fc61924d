import { aggregateHandlers } from "./aggregates.ts";
import { type AstNode, bodyOf, typeOf } from "./ast.ts";
import { expressionHandlers } from "./expressions.ts";
import { functionHandlers } from "./functions/registry.ts";
import { blankLiterals, parseQuery } from "./polyglot.ts";
import { SqlProblem } from "./problem.ts";
import { mustBeQuery, namedValue, queryHandlers } from "./queries.ts";
import { Renderer } from "./render.ts";

export interface RewriteOptions {
  /** DuckDB's text for a table that is no CTE. */
  table: (parts: readonly string[]) => string;
  /** A model's columns must be told by its text: no `*` and no unnamed column in the final select. */
  model: boolean;
  /** `@name` stands for a value given later; models have vars instead. */
  parameters: boolean;
}

export interface Rewritten {
  /** DuckDB's text. */
  sql: string;
  /** Names of the final select in order; undefined where the text does not tell. */
  columns: (string | undefined)[];
}

/** BigQuery's text to DuckDB's. Throws `SqlProblem` for whatever is not on the allow-list. */
export function rewrite(sql: string, options: RewriteOptions): Rewritten {
  refuseWords(sql, options);
  const query = parseQuery(sql);
  mustBeQuery(query);
  const columns = outputColumns(query);
  if (options.model) columnsMustBeTold(query, columns);
  const render = new Renderer({
    sql,
    table: options.table,
    expressions: { ...expressionHandlers, ...functionHandlers, ...aggregateHandlers },
    queries: queryHandlers,
  });
  try {
    return { sql: render.query(query), columns };
  } catch (error) {
    if (error instanceof RangeError)
      throw new SqlProblem("syntax.depth", "the query is nested too deeply", "Use one CTE per step.");
    throw error;
  }
}

/** Spellings that the parser accepts and reads as something else. */
const misread: readonly (readonly [RegExp, rule: string, message: string, hint: string])[] = [
  [/\bBIG(NUMERIC|DECIMAL)\b/i, "type.not_allowed", "BIGNUMERIC is not allowed", "Use NUMERIC or FLOAT64."],
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

function refuseWords(sql: string, options: RewriteOptions): void {
  const bare = blankLiterals(sql);
  for (const [pattern, rule, message, hint] of misread) {
    const found = pattern.exec(bare);
    if (found) throw new SqlProblem(rule, message, hint, found.index);
  }
  if (/^\s*FROM\b/i.test(bare))
    throw new SqlProblem(
      "syntax.from_first",
      "a query begins with SELECT or WITH",
      "Write SELECT … FROM ….",
      0,
    );
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
