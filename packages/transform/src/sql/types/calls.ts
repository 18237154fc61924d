import { typedNames } from "../aggregates.ts";
import { type AstNode, bodyOf, identifierName, isNode, typeOf } from "../ast.ts";
import { typedFunctions } from "../functions/registry.ts";
import { type Checker, child, children, childrenIn, type TypeHandler, within } from "./checker.ts";
import { abilities, fits, supertype } from "./coercions.ts";
import { structOf } from "./constructors.ts";
import { listed, match, partAt, wantedAt } from "./match.ts";
import {
  badArgument,
  badArguments,
  mustBeWrittenAlike,
  noCommon,
  noEquality,
  noKey,
  noNested,
} from "./messages.ts";
import type { Scope } from "./scope.ts";
import { formatElements, functionSignatures } from "./signatures.ts";
import { isArray, type SqlType, typeText, type Value } from "./sql-type.ts";

/** A call by BigQuery's name; of unknown type for a name that is not in the table. */
function call(written: string, args: readonly AstNode[], scope: Scope, checker: Checker): Value {
  const name = written.toUpperCase().replace(/^SAFE\./, "");
  const said = `${name}(…)`;
  if (name === "STRUCT") return { type: structOf(args, scope, checker), said };
  if (name === "ARRAY") return { type: arrayOf(args[0], scope, checker), said };
  const signatures = functionSignatures[name];
  const at = signatures === undefined ? undefined : partAt(signatures);
  const values = args.map((arg, index) => (index === at ? "part" : checker.value(arg, scope)));
  if (signatures === undefined) return { type: undefined, said };
  if (name === "FORMAT") checkFormat(values);
  if (name === "CONCAT")
    mustBeWrittenAlike(
      name,
      values.filter((value) => value !== "part"),
    );
  return { type: typeOfCall(name, signatures, values), said };
}

export function typeOfCall(
  name: string,
  signatures: string,
  values: readonly (Value | "part")[],
): SqlType | undefined {
  const matched = match(signatures, values);
  if (!("refused" in matched)) return matched.type;
  const given = values.filter((value) => value !== "part");
  const { culprit } = matched;
  const blamed = culprit === undefined ? undefined : values[culprit];
  const conflict = /\b[TNXSI]\b[=<]?(\.\.\.|, T)/.test(signatures) ? supertype(given) : undefined;
  if (conflict !== undefined && "conflict" in conflict && signatures.startsWith("T"))
    throw noCommon(name, ...conflict.conflict);
  if (blamed === undefined || blamed === "part") throw badArguments(name, given);
  const wanted = wantedAt(signatures, culprit!);
  throw blamed.type === "JSON" && wanted.startsWith("a type")
    ? noEquality(name, blamed)
    : badArgument(name, blamed, wanted);
}

/** Elements of the format, which the rewrite wants written out, against the values behind it. */
function checkFormat([format, ...values]: readonly (Value | "part")[]): void {
  const text = format === "part" ? undefined : format?.text;
  const elements = [...(text ?? "").matchAll(/%[^a-zA-Z%]*([a-zA-Z%])/g)].filter(([, type]) => type !== "%");
  for (const [index, [element, type = ""]] of elements.entries()) {
    const value = values[index];
    const wanted = formatElements[type];
    if (value === undefined || value === "part" || wanted === undefined) continue;
    if (value.literal === "null" || value.type === undefined || wanted.includes(typeText(value.type)))
      continue;
    throw badArgument(`${element} of FORMAT`, value, listed(wanted));
  }
}

/** `ARRAY(SELECT …)`. */
function arrayOf(query: AstNode | undefined, scope: Scope, checker: Checker): SqlType | undefined {
  if (query === undefined) return undefined;
  const { columns, isOpen } = checker.query(query, scope);
  const isStruct = bodyOf(query).kind === "STRUCT";
  if (isStruct)
    return {
      array: isOpen ? undefined : { struct: columns.map(({ name, value }) => ({ name, type: value.type })) },
    };
  const only = isOpen || columns.length !== 1 ? undefined : columns[0]!.value;
  if (isArray(only?.type)) throw noNested(only!);
  return { array: only?.type };
}

const functionCall: TypeHandler = (node, scope, checker) =>
  call(String(bodyOf(node).name), children(node, "args"), scope, checker);

const methodCall: TypeHandler = (node, scope, checker) => {
  const method = identifierName(bodyOf(node).method) ?? String(bodyOf(node).method);
  return call(method, children(node, "args"), scope, checker);
};

const clockParts = new Set(["HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"]);

/** What EXTRACT takes a part of. */
function extractable(part: string, isZoned: boolean): SqlType[] {
  if (isZoned) return ["TIMESTAMP"];
  return part === "DATE" || clockParts.has(part)
    ? ["DATETIME", "TIMESTAMP"]
    : ["DATE", "DATETIME", "TIMESTAMP"];
}

const extract: TypeHandler = (node, scope, checker) => {
  const source = child(node, "this")!;
  const isZoned = typeOf(source) === "at_time_zone";
  const value = checker.value(isZoned ? child(source, "this")! : source, scope);
  const field = bodyOf(node).field;
  const part = typeof field === "string" ? field.toUpperCase() : "WEEK";
  const wanted = extractable(part, isZoned);
  const isWanted = value.type === undefined || value.literal === "null" || wanted.includes(value.type);
  if (!isWanted) throw badArgument(`EXTRACT(${part} FROM …)`, value, listed(wanted.map(String)));
  return { type: part === "DATE" ? "DATE" : "INT64", said: `EXTRACT(${part} …)` };
};

/** The arguments of an aggregate or window function, whichever shape the parser gave it. */
function argumentsOf(node: AstNode): AstNode[] {
  if (typeOf(node) === "aggregate_function") return children(node, "args");
  return childrenIn(node, ["this", "separator", "num_buckets", "offset", "default"]);
}

const windowNames: Readonly<Record<string, string>> = {
  row_number: "ROW_NUMBER",
  rank: "RANK",
  dense_rank: "DENSE_RANK",
  percent_rank: "PERCENT_RANK",
  cume_dist: "CUME_DIST",
  n_tile: "NTILE",
  lag: "LAG",
  lead: "LEAD",
  first_value: "FIRST_VALUE",
  last_value: "LAST_VALUE",
  nth_value: "NTH_VALUE",
};

const aggregate: TypeHandler = (node, scope, checker) => {
  const type = typeOf(node);
  const name = typedNames[type] ?? windowNames[type] ?? String(bodyOf(node).name).toUpperCase();
  if (name === "COUNT" && bodyOf(node).star === true) return { type: "INT64", said: "COUNT(*)" };
  const value = call(name, argumentsOf(node), scope, checker);
  const [first] = argumentsOf(node);
  if (bodyOf(node).distinct === true && first !== undefined)
    mustBeKey(`${name}(DISTINCT …)`, "group", first, scope, checker);
  orderKeys(children(node, "order_by"), scope, checker);
  const having = bodyOf(node).having_max;
  if (Array.isArray(having) && isNode(having[0]))
    mustBeKey(`${name}(… HAVING …)`, "order", having[0], scope, checker);
  if (name === "ARRAY_AGG" && isArray(value.type) && isArray(value.type.array))
    throw noNested({ type: value.type.array, said: "its argument" });
  return value;
};

/** Something to group, order or partition by. */
export function mustBeKey(
  clause: string,
  ability: "order" | "group" | "partition",
  node: AstNode,
  scope: Scope,
  checker: Checker,
): void {
  const value = checker.value(node, scope);
  if (value.type === undefined || abilities[ability](value.type)) return;
  within(checker, node, () => {
    throw noKey(clause, value);
  });
}

export function orderKeys(items: readonly AstNode[], scope: Scope, checker: Checker): void {
  for (const item of items) if (isNode(item.this)) mustBeKey("ORDER BY", "order", item.this, scope, checker);
}

/** PARTITION BY and ORDER BY of a window. */
export function windowKeys(over: AstNode, scope: Scope, checker: Checker): void {
  for (const item of (over.partition_by ?? []) as AstNode[])
    mustBeKey("PARTITION BY", "partition", item, scope, checker);
  const order = (over.order_by ?? []) as AstNode[];
  orderKeys(order, scope, checker);
  const frame = over.frame;
  const [only] = order;
  if (
    !isNode(frame) ||
    String(frame.kind).toUpperCase() !== "RANGE" ||
    only === undefined ||
    !isNode(only.this)
  )
    return;
  const isOffset = [frame.start, frame.end].some(
    (bound) => isNode(bound) && (isNode(bound.Preceding) || isNode(bound.Following)),
  );
  const value = checker.value(only.this, scope);
  if (isOffset && !["INT64", "NUMERIC", "FLOAT64"].some((type) => fits(value, type as SqlType)))
    throw badArgument("a RANGE of n PRECEDING", value, "a number to order by");
}

const windowFunction: TypeHandler = (node, scope, checker) => {
  const over = bodyOf(node).over;
  if (isNode(over)) windowKeys(over, scope, checker);
  return checker.value(child(node, "this")!, scope);
};

const typedCalls = Object.fromEntries(
  Object.entries(typedFunctions).map(([type, [name, ...fields]]): [string, TypeHandler] => [
    type,
    (node, scope, checker) => call(name, childrenIn(node, fields), scope, checker),
  ]),
);

const aggregates = Object.fromEntries(
  [...Object.keys(typedNames), ...Object.keys(windowNames), "aggregate_function"].map((type) => [
    type,
    aggregate,
  ]),
);

/** Functions, aggregates and window functions. */
export const callHandlers: Readonly<Record<string, TypeHandler>> = {
  ...typedCalls,
  ...aggregates,
  window_function: windowFunction,
  function: functionCall,
  method_call: methodCall,
  coalesce: (node, scope, checker) =>
    call(String(bodyOf(node).original_name ?? "COALESCE"), children(node, "expressions"), scope, checker),
  trim: (node, scope, checker) => call("TRIM", childrenIn(node, ["this", "characters"]), scope, checker),
  last_day: (node, scope, checker) => call("LAST_DAY", [child(node, "this")!], scope, checker),
  extract,
};
