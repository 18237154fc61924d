import { type AstNode, bodyOf, isNode } from "../ast.ts";
import { locate } from "../place.ts";
import { SqlProblem } from "../problem.ts";
import type { Scope, Shape } from "./scope.ts";
import type { Value } from "./sql-type.ts";

/** Columns of a table that is no CTE, as far as they are declared. */
export type TableShapes = (parts: readonly string[]) => Shape | undefined;

/** What the rooms of the type check share: the text, the tables, and how they call each other. */
export interface Checker {
  sql: string;
  tables: TableShapes;
  /** What a query gives. */
  query: (node: AstNode, scope: Scope | undefined) => Shape;
  /** The value of an expression; of unknown type for whatever no handler knows. */
  value: (node: AstNode, scope: Scope) => Value;
}

/** Tells the value of one node. Throws `SqlProblem type.…` where BigQuery would refuse it. */
export type TypeHandler = (node: AstNode, scope: Scope, checker: Checker) => Value;

/** Runs `work`; what it refuses without a place is at `node`. */
export function within<T>(checker: Checker, node: AstNode, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SqlProblem) error.offset ??= locate(checker.sql, node);
    throw error;
  }
}

export function child(node: AstNode, field: string): AstNode | undefined {
  const value = bodyOf(node)[field];
  return isNode(value) ? value : undefined;
}

export function children(node: AstNode, field: string): AstNode[] {
  const value = bodyOf(node)[field];
  return Array.isArray(value) ? (value as AstNode[]) : [];
}

/** Those of the fields that hold a node, in their order. */
export function childrenIn(node: AstNode, fields: readonly string[]): AstNode[] {
  return fields.map((field) => child(node, field)).filter((found) => found !== undefined);
}
