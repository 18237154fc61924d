import { type AstNode, bodyOf, identifierName, literalText, typeOf } from "../ast.ts";
import { locateMinus } from "../place.ts";
import { callHandlers } from "./calls.ts";
import { type Checker, child, children, childrenIn, type TypeHandler, within } from "./checker.ts";
import { fits, supertype } from "./coercions.ts";
import { constructorHandlers } from "./constructors.ts";
import { match } from "./match.ts";
import {
  badArgument,
  commonType,
  mustBeWrittenAlike,
  noEquality,
  noField,
  noInterval,
  noOperator,
  notBool,
  notComparable,
  nullOperand,
} from "./messages.ts";
import { fieldOf, lacksField, type Scope } from "./scope.ts";
import { nullableOperators, operatorSignatures } from "./signatures.ts";
import { isArray, type SqlType, type Value } from "./sql-type.ts";

/** The value of an expression; of unknown type for whatever has no handler. */
export function expressionValue(node: AstNode, scope: Scope, checker: Checker): Value {
  const handler = handlers[typeOf(node)];
  if (handler === undefined) return { type: undefined, said: "…" };
  return within(checker, node, () => handler(node, scope, checker));
}

/** Must be a BOOL: WHERE, ON, HAVING, QUALIFY, WHEN, IF. */
export function mustBeBool(clause: string, node: AstNode, scope: Scope, checker: Checker): void {
  const value = checker.value(node, scope);
  if (fits(value, "BOOL")) return;
  within(checker, node, () => {
    throw notBool(clause, value);
  });
}

const bool: Value = { type: "BOOL", said: "…" };

const comparisons = new Set(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]);

function operator([symbol, signatures]: readonly [string, string], takesNull: boolean): TypeHandler {
  return (node, scope, checker) => {
    const fields = childrenIn(node, ["left", "right", "this"]);
    const values = fields.map((field) => checker.value(field, scope));
    const said =
      values.length === 1
        ? `${symbol} ${values[0]!.said}`
        : `(${values.map((value) => value.said).join(` ${symbol} `)})`;
    if (!takesNull && values.some(({ literal }) => literal === "null")) throw nullOperand(symbol);
    if (symbol === "||") mustBeWrittenAlike(symbol, values);
    const matched = match(signatures, values);
    if (!("refused" in matched) && symbol === "-" && matched.type === "INTERVAL")
      refuseInterval(fields, values, checker);
    if (!("refused" in matched))
      return { type: matched.type, said: short(said), ...literalSign(node, values) };
    if (!comparisons.has(symbol)) throw noOperator(symbol, values);
    const conflict = supertype(values);
    throw "conflict" in conflict ? notComparable(...conflict.conflict) : noEquality(symbol, values[0]!);
  };
}

/** A date minus a date: at its sign. */
function refuseInterval([left, right]: readonly AstNode[], values: readonly Value[], checker: Checker): void {
  const problem = noInterval(values);
  if (problem === undefined) return;
  if (left !== undefined && right !== undefined) problem.offset = locateMinus(checker.sql, left, right);
  throw problem;
}

/** `-1` is a literal as `1` is. */
function literalSign(node: AstNode, [value]: readonly Value[]): Partial<Value> {
  return typeOf(node) === "neg" && (value!.literal === "int" || value!.literal === "float")
    ? { literal: value!.literal }
    : {};
}

function short(said: string): string {
  return said.length > 50 ? "…" : said;
}

/** A column, or `a.b` where the parser cannot tell a field from a column of a table. */
const column: TypeHandler = (node, scope) => {
  const body = bodyOf(node);
  const name = identifierName(body.name) ?? "";
  const table = identifierName(body.table);
  if (name.startsWith("@")) return { type: undefined, said: name };
  return table === undefined ? scope.column(name) : scope.qualified(table, name);
};

const between: TypeHandler = (node, scope, checker) => {
  const [value, low, high] = ["this", "low", "high"].map((field) =>
    checker.value(child(node, field)!, scope),
  );
  if ([value!, low!, high!].some(({ literal }) => literal === "null")) return bool;
  const found = supertype([value!, low!, high!]);
  if ("conflict" in found) throw notComparable(...found.conflict);
  if (found.type === "JSON") throw noEquality("BETWEEN", value!);
  return bool;
};

const inList: TypeHandler = (node, scope, checker) => {
  const value = checker.value(child(node, "this")!, scope);
  const array = child(node, "unnest");
  const query = child(node, "query");
  if (array !== undefined) return inUnnest(value, array, scope, checker);
  if (query !== undefined) return inQuery(value, query, scope, checker);
  const found = supertype([
    value,
    ...children(node, "expressions").map((item) => checker.value(item, scope)),
  ]);
  if ("conflict" in found) throw notComparable(...found.conflict);
  if (value.type === "JSON") throw noEquality("IN", value);
  return bool;
};

/** The elements of an array are no literals, unless the array is written out. */
function inUnnest(value: Value, array: AstNode, scope: Scope, checker: Checker): Value {
  const list = checker.value(array, scope);
  if (list.type !== undefined && !isArray(list.type)) throw badArgument("IN UNNEST", list, "an ARRAY");
  const isWritten = ["array", "array_func"].includes(typeOf(array));
  const element: Value = {
    type: isArray(list.type) ? list.type.array : undefined,
    said: `an element of ${list.said}`,
    isDescribed: true,
  };
  const found = supertype([value, isWritten ? { ...element, ...literalOf(element.type) } : element]);
  if ("conflict" in found) throw notComparable(...found.conflict);
  if (!isWritten && !fits(value, element.type)) throw notComparable(value, element);
  return bool;
}

/** As the elements of an array that is written out may be literals. */
function literalOf(type: SqlType | undefined): Partial<Value> {
  if (type === "STRING") return { literal: "string" };
  return type === "FLOAT64" ? { literal: "float" } : {};
}

function inQuery(value: Value, query: AstNode, scope: Scope, checker: Checker): Value {
  const { columns, isOpen } = checker.query(query, scope);
  const [only] = columns;
  if (isOpen || columns.length !== 1 || only === undefined) return bool;
  const element: Value = { type: only.value.type, said: only.value.said };
  const found = supertype([value, element]);
  if ("conflict" in found) throw notComparable(...found.conflict);
  if (value.type === "JSON" || element.type === "JSON") throw noEquality("IN", value);
  const days = [value.type, element.type];
  if (days.includes("DATE") && days.includes("DATETIME")) throw notComparable(value, element);
  return bool;
}

const like: TypeHandler = (node, scope, checker) => {
  const value = checker.value(child(node, "left")!, scope);
  const right = child(node, "right")!;
  const isList = bodyOf(node).quantifier !== undefined && bodyOf(node).quantifier !== null;
  const patterns = isList ? listItems(right) : [right];
  for (const pattern of patterns) {
    const given = [value, checker.value(pattern, scope)];
    if (!isList && given.some((one) => one.literal === "null")) throw nullOperand("LIKE");
    if ("refused" in match("S, S -> BOOL", given)) throw noOperator("LIKE", given);
  }
  return bool;
};

function listItems(node: AstNode): AstNode[] {
  return typeOf(node) === "tuple" ? children(node, "expressions") : [child(node, "this") ?? node];
}

const caseOf: TypeHandler = (node, scope, checker) => {
  const operand = child(node, "operand");
  const whens = bodyOf(node).whens as [AstNode, AstNode][];
  const otherwise = child(node, "else_");
  if (operand === undefined) for (const [when] of whens) mustBeBool("WHEN", when, scope, checker);
  else {
    const values = [operand, ...whens.map(([when]) => when)].map((one) => checker.value(one, scope));
    const found = supertype(values);
    if ("conflict" in found) throw notComparable(...found.conflict);
    if (found.type === "JSON") throw noEquality("CASE … WHEN", values[0]!);
  }
  const results = [...whens.map(([, then]) => then), ...(otherwise ? [otherwise] : [])];
  return {
    type: commonType(
      "CASE",
      results.map((one) => checker.value(one, scope)),
    ),
    said: "CASE … END",
  };
};

const ifOf: TypeHandler = (node, scope, checker) => {
  mustBeBool("IF", child(node, "condition")!, scope, checker);
  const values = childrenIn(node, ["true_value", "false_value"]);
  return {
    type: commonType(
      "IF",
      values.map((one) => checker.value(one, scope)),
    ),
    said: "IF(…)",
  };
};

const dot: TypeHandler = (node, scope, checker) => {
  const whole = checker.value(child(node, "this")!, scope);
  const name = identifierName(bodyOf(node).field) ?? "";
  if (lacksField(whole.type, name)) throw noField(whole, name);
  return { type: fieldOf(whole.type, name), said: `${whole.said}.${name}` };
};

const subscript: TypeHandler = (node, scope, checker) => {
  const whole = checker.value(child(node, "this")!, scope);
  const index = child(node, "index")!;
  const said = `${whole.said}[…]`;
  if (literalText(index) !== undefined) return { type: whole.type === "JSON" ? "JSON" : undefined, said };
  if (whole.type !== undefined && !isArray(whole.type)) throw badArgument("[ ]", whole, "an ARRAY");
  for (const position of children(index, "args")) {
    const value = checker.value(position, scope);
    if (!fits(value, "INT64")) throw badArgument("[ ]", value, "INT64");
  }
  return { type: isArray(whole.type) ? whole.type.array : undefined, said };
};

/** A query that stands for one value. */
const subquery: TypeHandler = (node, scope, checker) => {
  const { columns, isOpen } = checker.query(child(node, "this")!, scope);
  const [only] = columns;
  const isClear = !isOpen && columns.length === 1;
  return { type: isClear ? only!.value.type : undefined, said: "(SELECT …)" };
};

/** Whatever it is made of, it gives a BOOL. */
const plainBool: TypeHandler = (node, scope, checker) => {
  const inside = child(node, "this");
  if (typeOf(node) === "exists") checker.query(inside!, scope);
  else if (inside !== undefined) checker.value(inside, scope);
  return bool;
};

function operators(table: typeof operatorSignatures, takesNull: boolean): Record<string, TypeHandler> {
  return Object.fromEntries(Object.entries(table).map(([type, rule]) => [type, operator(rule, takesNull)]));
}

const handlers: Readonly<Record<string, TypeHandler>> = {
  ...operators(operatorSignatures, false),
  ...operators(nullableOperators, true),
  ...callHandlers,
  ...constructorHandlers,
  column,
  paren: (node, scope, checker) => checker.value(child(node, "this")!, scope),
  between,
  in: inList,
  like,
  case: caseOf,
  if_func: ifOf,
  dot,
  subscript,
  subquery,
  exists: plainBool,
  is_null: plainBool,
};
