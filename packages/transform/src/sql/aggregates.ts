import { type AstNode, bodyOf, Fields, firstOffset, isNode, typeOf } from "./ast.ts";
import { SqlProblem } from "./problem.ts";
import type { Renderer } from "./render.ts";
import { quote } from "./text.ts";
import { orderList } from "./windows.ts";

/** What an aggregate call says, whichever shape the parser gave it. */
interface Aggregate {
  name: string;
  args: AstNode[];
  distinct: boolean;
  order: AstNode[];
  limit: AstNode | undefined;
  ignoreNulls: boolean;
  having: [AstNode, boolean] | undefined;
}

type AggregateRule = (call: Aggregate, render: Renderer, over: string) => string;

/** `f(x)` with DISTINCT allowed: it changes nothing but the rows read. */
function plainly(fn: string, wrap = (sql: string) => sql): AggregateRule {
  return (call, render, over) => {
    only(call, "distinct");
    const args = render.exprs(call.args).join(", ");
    return wrap(`${fn}(${call.distinct ? "DISTINCT " : ""}${args})${over}`);
  };
}

/** Aggregates by BigQuery's name. */
export const aggregateRules: Readonly<Record<string, AggregateRule>> = {
  COUNT: countSql,
  COUNTIF: (call, render, over) => {
    only(call);
    return `count(*) FILTER (WHERE ${render.expr(first(call))})${over}`;
  },
  /** DuckDB widens to HUGEINT: the macro raises where BigQuery overflows. */
  SUM: plainly("sum", (sql) => `bq_sum(${sql})`),
  AVG: (call, render, over) => {
    only(call, "distinct");
    const value = render.expr(first(call));
    return `bq_avg(avg(${call.distinct ? "DISTINCT " : ""}${value})${over}, ${anyOf(value, over)})`;
  },
  MIN: plainly("min"),
  MAX: plainly("max"),
  LOGICAL_AND: plainly("bool_and"),
  LOGICAL_OR: plainly("bool_or"),
  BIT_AND: plainly("bit_and"),
  BIT_OR: plainly("bit_or"),
  BIT_XOR: plainly("bit_xor"),
  STDDEV: plainly("stddev_samp"),
  STDDEV_SAMP: plainly("stddev_samp"),
  STDDEV_POP: plainly("stddev_pop"),
  VARIANCE: plainly("var_samp"),
  VAR_SAMP: plainly("var_samp"),
  VAR_POP: plainly("var_pop"),
  ANY_VALUE: anyValueSql,
  MAX_BY: plainly("arg_max_null"),
  MIN_BY: plainly("arg_min_null"),
  ARRAY_AGG: arrayAggSql,
  STRING_AGG: stringAggSql,
};

/** The type of the averaged expression, seen from inside the aggregate. */
function anyOf(value: string, over: string): string {
  return `any_value(typeof(${value}))${over}`;
}

/** Refuses modifiers that the rule does not render. */
function only(
  call: Aggregate,
  ...known: ("distinct" | "order" | "limit" | "ignoreNulls" | "having")[]
): void {
  const used = {
    distinct: call.distinct,
    order: call.order.length > 0,
    limit: call.limit !== undefined,
    ignoreNulls: call.ignoreNulls,
    having: call.having !== undefined,
  };
  for (const [name, is] of Object.entries(used)) {
    if (is && !known.includes(name as keyof typeof used)) {
      throw new SqlProblem("aggregate.modifier", `${call.name} with ${name.toUpperCase()} is not allowed`);
    }
  }
}

function first(call: Aggregate): AstNode {
  const [value] = call.args;
  if (value === undefined) throw new SqlProblem("function.arguments", `${call.name} needs an argument`);
  return value;
}

function countSql(call: Aggregate, render: Renderer, over: string): string {
  only(call, "distinct");
  if (call.args.length === 0) return `count(*)${over}`;
  return `count(${call.distinct ? "DISTINCT " : ""}${render.expr(first(call))})${over}`;
}

function anyValueSql(call: Aggregate, render: Renderer, over: string): string {
  only(call, "having");
  const value = render.expr(first(call));
  if (call.having === undefined) return `any_value(${value})${over}`;
  const [by, isMax] = call.having;
  return `${isMax ? "arg_max_null" : "arg_min_null"}(${value}, ${render.expr(by)})${over}`;
}

/** `list(x ORDER BY y) FILTER (…)`, cut to the limit. */
function listSql(call: Aggregate, render: Renderer, over: string, dropNulls: boolean): string {
  const value = render.expr(first(call));
  const order = call.order.length > 0 ? ` ORDER BY ${orderList(call.order, render)}` : "";
  const filter = dropNulls ? ` FILTER (WHERE ${value} IS NOT NULL)` : "";
  const list = `array_agg(${call.distinct ? "DISTINCT " : ""}${value}${order})${filter}${over}`;
  return call.limit === undefined ? list : `list_slice(${list}, 1, ${render.plain(call.limit)})`;
}

function arrayAggSql(call: Aggregate, render: Renderer, over: string): string {
  only(call, "distinct", "order", "limit", "ignoreNulls");
  mustBeOrdered(call);
  return listSql(call, render, over, call.ignoreNulls);
}

function stringAggSql(call: Aggregate, render: Renderer, over: string): string {
  only(call, "distinct", "order", "limit");
  mustBeOrdered(call);
  const separator = call.args[1] === undefined ? quote(",") : render.expr(call.args[1]);
  return `array_to_string(${listSql(call, render, over, true)}, ${separator})`;
}

function mustBeOrdered(call: Aggregate): void {
  if (call.order.length > 0) return;
  throw new SqlProblem(
    "aggregate.order",
    `${call.name} without ORDER BY answers in any order`,
    `Write ${call.name}(x ORDER BY x).`,
  );
}

/** The number of elements does not depend on their order: the only place where ARRAY_AGG needs none. */
export function lengthOfArrayAgg(node: AstNode, render: Renderer): string | undefined {
  if (typeOf(node) !== "array_agg") return undefined;
  const call = readAggregate("array_agg", new Fields("array_agg", bodyOf(node)));
  only(call, "distinct", "order", "limit", "ignoreNulls");
  return listSql(call, render, "", call.ignoreNulls);
}

/** The parser's node types of aggregates → BigQuery's names. */
export const typedNames: Readonly<Record<string, string>> = {
  count: "COUNT",
  count_if: "COUNTIF",
  sum: "SUM",
  avg: "AVG",
  min: "MIN",
  max: "MAX",
  logical_and: "LOGICAL_AND",
  logical_or: "LOGICAL_OR",
  bitwise_and_agg: "BIT_AND",
  bitwise_or_agg: "BIT_OR",
  bitwise_xor_agg: "BIT_XOR",
  stddev: "STDDEV",
  stddev_samp: "STDDEV_SAMP",
  stddev_pop: "STDDEV_POP",
  variance: "VARIANCE",
  var_samp: "VAR_SAMP",
  var_pop: "VAR_POP",
  any_value: "ANY_VALUE",
  array_agg: "ARRAY_AGG",
  string_agg: "STRING_AGG",
};

/** A call of an aggregate, whatever stands behind it. */
export function isAggregate(node: AstNode): boolean {
  const type = typeOf(node);
  if (type in typedNames) return true;
  return type === "aggregate_function" && String(bodyOf(node).name).toUpperCase() in aggregateRules;
}

/** Whether an expression calls an aggregate that collapses rows. Sub-queries are their own affair. */
export function isMadeOfAggregates(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(isMadeOfAggregates);
  if (!isNode(node) || subqueries.has(typeOf(node))) return false;
  if (typeOf(node) === "window_function") return Object.values(bodyOf(node)).some(hasAggregateArguments);
  return isAggregate(node) || Object.values(node).some(isMadeOfAggregates);
}

/** Of `SUM(SUM(x)) OVER ()` the inner one collapses rows. */
function hasAggregateArguments(part: unknown): boolean {
  if (!isNode(part) || !isAggregate(part)) return isMadeOfAggregates(part);
  return Object.values(bodyOf(part)).some(isMadeOfAggregates);
}

const subqueries = new Set(["select", "union", "intersect", "except", "subquery"]);

function readAggregate(type: string, fields: Fields): Aggregate {
  const written = fields.text("name") ?? fields.text("original_name");
  fields.raw("original_name");
  const name = (type in typedNames ? typedNames[type] : (written ?? type))!.toUpperCase();
  if (written !== undefined && written.toUpperCase() !== name) {
    throw new SqlProblem("function.unknown", `${written} is not a BigQuery function`, `Write ${name}.`);
  }
  const value = fields.optional("this");
  const separator = fields.optional("separator");
  const having = fields.raw("having_max") as [AstNode, boolean] | undefined;
  const star = fields.flag("star");
  if (fields.optional("filter") !== undefined) {
    throw new SqlProblem(
      "aggregate.filter",
      "FILTER is not BigQuery",
      "Write COUNTIF(x) or SUM(IF(x, value, NULL)).",
    );
  }
  const args =
    type === "aggregate_function"
      ? fields.list("args")
      : [value, separator].filter((arg) => arg !== undefined);
  if (!star && type === "count" && args.some((arg) => typeOf(arg) === "tuple")) {
    throw new SqlProblem(
      "aggregate.arguments",
      "COUNT takes one argument",
      "Write COUNT(DISTINCT CONCAT(a, '|', b)).",
    );
  }
  return {
    name,
    args,
    distinct: fields.flag("distinct"),
    order: fields.list("order_by"),
    limit: fields.optional("limit"),
    ignoreNulls: fields.flag("ignore_nulls"),
    having,
  };
}

/** An aggregate call, with `over` behind it when it stands before OVER. */
export function aggregateSql(type: string, fields: Fields, render: Renderer, over: string): string {
  const call = readAggregate(type, fields);
  if (over === "" && call.args.some(isMadeOfAggregates))
    throw new SqlProblem(
      "aggregate.of_aggregate",
      `${call.name} of another aggregate`,
      "Take the inner one in a WITH query or sub-query, the outer one over its rows.",
      firstOffset(call.args),
    );
  const rule = aggregateRules[call.name];
  if (rule !== undefined) return rule(call, render, over);
  const refused = refusedAggregates[call.name];
  throw new SqlProblem(
    refused === undefined ? "function.unknown" : "function.refused",
    `${call.name} is not on the allow-list`,
    refused ?? "packages/transform/README.md lists what is.",
  );
}

const refusedAggregates: Readonly<Record<string, string>> = {
  APPROX_COUNT_DISTINCT: "The engines approximate differently: write COUNT(DISTINCT x).",
  APPROX_QUANTILES: "Approximate by definition: write PERCENTILE_CONT(x, 0.5) OVER ().",
  APPROX_TOP_COUNT: "Approximate by definition: write GROUP BY, COUNT(*) and QUALIFY ROW_NUMBER().",
  CORR: "One row or a constant answers NULL in one engine and NaN in the other: write it from sums.",
  PERCENTILE_CONT: "It is a window function: write PERCENTILE_CONT(x, 0.5) OVER (PARTITION BY k).",
  PERCENTILE_DISC: "It is a window function: write PERCENTILE_DISC(x, 0.5) OVER (PARTITION BY k).",
};
