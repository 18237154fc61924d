import { Dialect, parse } from "@polyglot-sql/sdk";
import type { AstNode } from "./ast.ts";
import { SqlProblem } from "./problem.ts";

/** A word that tells what a text is, when the parser only says that it does not parse. */
type Sign = readonly [RegExp, rule: string, message: string, hint: string];

const unparsable: readonly Sign[] = [
  [
    /\|>/,
    "syntax.pipe",
    "pipe syntax |> is not allowed",
    "Write SELECT … FROM … WHERE …, with one CTE per step.",
  ],
  [
    /\bFOR\s+SYSTEM_TIME\b/i,
    "syntax.system_time",
    "FOR SYSTEM_TIME is not allowed",
    "DuckDB keeps no history; keep the versions you need in a snapshot model.",
  ],
];

const otherStatement: Sign = [
  /^\s*(CREATE|DROP|ALTER|TRUNCATE|INSERT|UPDATE|DELETE|MERGE|SET|CALL|EXPORT|LOAD|GRANT|REVOKE|BEGIN|DECLARE)\b/i,
  "statement.not_select",
  "only a SELECT is allowed: the runner alone writes DDL and DML",
  "Write the rows as one SELECT; how it is kept is `materialized` in its config.",
];

/** Throws `SqlProblem` when the first word is that of DDL, DML or a script. */
export function refuseStatements(sql: string): void {
  const found = problemOf(otherStatement, blankLiterals(sql));
  if (found) throw found;
}

function problemOf([pattern, rule, message, hint]: Sign, bare: string): SqlProblem | undefined {
  const found = pattern.exec(bare);
  return found ? new SqlProblem(rule, message, hint, found.index + found[0].search(/\S/)) : undefined;
}

/** The one query of a text. Throws `SqlProblem` for anything else. */
export function parseQuery(sql: string): AstNode {
  const result = parse(sql, Dialect.BigQuery);
  if (!result.success || result.ast === undefined || result.ast === null) throw notParsed(sql, result);
  const statements = result.ast as unknown as AstNode[];
  if (statements.length !== 1) {
    throw new SqlProblem(
      statements.length === 0 ? "statement.empty" : "statement.several",
      statements.length === 0
        ? "there is no statement here"
        : "more than one statement: a model is one SELECT",
      "Keep one SELECT per file.",
      0,
    );
  }
  return statements[0]!;
}

interface Failure {
  error?: string | undefined;
  errorStart?: number | undefined;
}

function notParsed(sql: string, failure: Failure): SqlProblem {
  for (const sign of unparsable) {
    const problem = problemOf(sign, blankLiterals(sql));
    if (problem) return problem;
  }
  const said = (failure.error ?? "does not parse").replace(/^Parse error at line \d+, column \d+: /, "");
  return new SqlProblem(
    "syntax.error",
    said,
    "Check the text before this place for a missing comma, bracket or AS.",
    failure.errorStart,
  );
}

/** Strings with their prefix, and comments: group 1 is the prefix, group 2 the quoted part of a string. */
export const LITERALS =
  /(?<![A-Za-z0-9_])([rRbB]{0,2})('''(?:\\[\s\S]|[^\\])*?'''|"""(?:\\[\s\S]|[^\\])*?"""|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\//g;

/** The text with strings and comments blanked, so that words in them are not read as SQL. Same length. */
export function blankLiterals(sql: string): string {
  return sql.replace(LITERALS, (text) => text.replace(/[^\n]/g, " "));
}
