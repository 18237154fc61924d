import type { AstNode } from "../ast.ts";
import type { Checker, TableShapes } from "./checker.ts";
import { expressionValue } from "./expressions.ts";
import { shapeOf } from "./queries.ts";
import type { Shape } from "./scope.ts";

/**
 * Throws `SqlProblem type.…` where BigQuery would refuse a query for its types, which DuckDB casts by itself. Types come from
 * the columns of `tables`, literals, casts and the table of signatures; what none of them tells is unknown and never complains.
 * Returns the types of the query's columns.
 */
export function checkTypes(query: AstNode, sql: string, tables: TableShapes): Shape {
  const checker: Checker = {
    sql,
    tables,
    query: (node, scope) => shapeOf(node, scope, checker),
    value: (node, scope) => expressionValue(node, scope, checker),
  };
  return checker.query(query, undefined);
}
