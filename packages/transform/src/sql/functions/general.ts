import { type AstNode, bodyOf, typeOf } from "../ast.ts";
import { structFieldName } from "../casts.ts";
import { besideNumeric } from "../numeric.ts";
import { SqlProblem } from "../problem.ts";
import { quote } from "../text.ts";
import { type Call, type FunctionRule, templates } from "./call.ts";

export const generalFunctions: Readonly<Record<string, FunctionRule>> = {
  ...templates({
    NULLIF: "nullif($1, $2)",
    GENERATE_UUID: "CAST(uuid() AS VARCHAR)",
  }),
  IFNULL: { arguments: [2, 2], sql: coalesceSql },
  COALESCE: { arguments: [1, 99], sql: coalesceSql },
  GREATEST: { arguments: [1, 99], sql: (call) => nullIfAny("greatest", alike(call)) },
  LEAST: { arguments: [1, 99], sql: (call) => nullIfAny("least", alike(call)) },
  STRUCT: {
    arguments: [1, 99],
    sql: (call) =>
      `{${call.args.map((arg) => `${quote(structFieldName(arg))}: ${call.render.expr(fieldValue(arg))}`).join(", ")}}`,
  },
  ARRAY: {
    arguments: [1, 1],
    sql: (call) => {
      const query = call.node(0);
      if (typeOf(query) !== "select" && typeOf(query) !== "union") {
        throw new SqlProblem(
          "array.query",
          "ARRAY( ) takes a query",
          "Write ARRAY(SELECT x FROM UNNEST(a) AS x ORDER BY x).",
        );
      }
      return `ARRAY(${call.render.query(query)})`;
    },
  },
  ERROR: { arguments: [1, 1], sql: (call) => `error(${call.sql(0)})` },
};

/** Arguments that have one type in BigQuery. */
function alike(call: Call): string[] {
  return call.args.map((arg) => besideNumeric(arg, call.args, call.render));
}

function coalesceSql(call: Call): string {
  return `coalesce(${alike(call).join(", ")})`;
}

/** DuckDB skips NULLs, BigQuery answers NULL. */
function nullIfAny(fn: string, values: readonly string[]): string {
  const anyNull = values.map((value) => `${value} IS NULL`).join(" OR ");
  return `CASE WHEN ${anyNull} THEN NULL ELSE ${fn}(${values.join(", ")}) END`;
}

function fieldValue(arg: AstNode): AstNode {
  return typeOf(arg) === "alias" ? (bodyOf(arg).this as AstNode) : arg;
}
