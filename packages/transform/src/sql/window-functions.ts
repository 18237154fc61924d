import { aggregateSql, typedNames } from "./aggregates.ts";
import { bodyOf, Fields, typeOf } from "./ast.ts";
import { SqlProblem } from "./problem.ts";
import type { Handler, Handlers, Renderer } from "./render.ts";
import { isOrdered, overSql } from "./windows.ts";

/** Functions that stand only before OVER: parser's type → BigQuery's name, DuckDB's text. */
const windowRules: Readonly<Record<string, (fields: Fields, render: Renderer) => string>> = {
  row_number: () => "row_number()",
  rank: () => "rank()",
  dense_rank: () => "dense_rank()",
  percent_rank: () => "percent_rank()",
  cume_dist: () => "cume_dist()",
  n_tile: (fields, render) => `ntile(${render.plain(fields.node("num_buckets"))})`,
  lag: offsetFunction("lag"),
  lead: offsetFunction("lead"),
  first_value: valueFunction("first_value"),
  last_value: valueFunction("last_value"),
  nth_value: (fields, render) => {
    const value = render.expr(fields.node("this"));
    const nth = render.plain(fields.node("offset"));
    return `nth_value(${value}, ${nth}${fields.flag("ignore_nulls") ? " IGNORE NULLS" : ""})`;
  },
};

function offsetFunction(name: string) {
  return (fields: Fields, render: Renderer): string => {
    const parts = [render.expr(fields.node("this"))];
    const offset = fields.optional("offset");
    const otherwise = fields.optional("default");
    if (offset !== undefined) parts.push(render.plain(offset));
    if (otherwise !== undefined) parts.push(render.expr(otherwise));
    return `${name}(${parts.join(", ")})`;
  };
}

function valueFunction(name: string) {
  return (fields: Fields, render: Renderer): string =>
    `${name}(${render.expr(fields.node("this"))}${fields.flag("ignore_nulls") ? " IGNORE NULLS" : ""})`;
}

const percentiles: Readonly<Record<string, string>> = {
  PERCENTILE_CONT: "quantile_cont",
  PERCENTILE_DISC: "quantile_disc",
};

function windowSql(fields: Fields, render: Renderer): string {
  const called = fields.node("this");
  const over = fields.node("over");
  fields.raw("keep");
  const type = typeOf(called);
  const inside = new Fields(type, bodyOf(called));
  const rule = windowRules[type];
  const overText = overSql(over, render);
  if (rule !== undefined) {
    if (!isOrdered(over)) {
      throw new SqlProblem(
        "window.order",
        `${type.toUpperCase()} without ORDER BY in its window answers in any order`,
        "Write OVER (PARTITION BY … ORDER BY …).",
      );
    }
    const sql = rule(inside, render);
    inside.done();
    return `${sql}${overText}`;
  }
  const sql = percentileSql(type, inside, render, overText) ?? aggregateSql(type, inside, render, overText);
  inside.done();
  return sql;
}

function percentileSql(type: string, fields: Fields, render: Renderer, over: string): string | undefined {
  const name = type === "aggregate_function" ? (fields.text("name")?.toUpperCase() ?? "") : "";
  const fn = percentiles[name];
  if (fn === undefined) return undefined;
  fields.flag("ignore_nulls"); // BigQuery's default and DuckDB's only way
  const [value, fraction] = fields.list("args");
  if (value === undefined || fraction === undefined)
    throw new SqlProblem("function.arguments", `${name} takes two arguments`);
  return `${fn}(${render.expr(value)}, ${render.expr(fraction)})${over}`;
}

function aggregateHandler(type: string): Handler {
  return (fields, render) => aggregateSql(type, fields, render, "");
}

function onlyBeforeOver(type: string): Handler {
  return () => {
    throw new SqlProblem("window.no_over", `${type.replaceAll("_", " ").toUpperCase()} needs an OVER clause`);
  };
}

const aggregateTypes = [
  ...Object.keys(typedNames),
  "aggregate_function",
  "approx_count_distinct",
  "array_concat_agg",
];

/** Aggregates and window functions. */
export const aggregateHandlers: Handlers = {
  window_function: windowSql,
  ...Object.fromEntries(aggregateTypes.map((type) => [type, aggregateHandler(type)])),
  ...Object.fromEntries(Object.keys(windowRules).map((type) => [type, onlyBeforeOver(type)])),
};

/** Names for the README's list. */
export const windowFunctionNames: readonly string[] = [
  "ROW_NUMBER",
  "RANK",
  "DENSE_RANK",
  "PERCENT_RANK",
  "CUME_DIST",
  "NTILE",
  "LAG",
  "LEAD",
  "FIRST_VALUE",
  "LAST_VALUE",
  "NTH_VALUE",
  ...Object.keys(percentiles),
];
