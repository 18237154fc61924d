import { type AstNode, bodyOf, identifierName, isNode, literalText, typeOf } from "../ast.ts";
import { fieldName, fieldValues, typeName } from "../casts.ts";
import { type Checker, child, children, type TypeHandler } from "./checker.ts";
import { casts, fits } from "./coercions.ts";
import { badArgument, commonType, noCast, noNested } from "./messages.ts";
import type { Scope } from "./scope.ts";
import {
  declaredType,
  type Field,
  isArray,
  isStruct,
  type Literal,
  type SqlType,
  typeText,
  type Value,
} from "./sql-type.ts";

const literalTypes: Readonly<Record<string, SqlType>> = {
  hex_number: "INT64",
  byte_string: "BYTES",
  date: "DATE",
  datetime: "DATETIME",
  timestamp: "TIMESTAMP",
};

const literal: TypeHandler = (node) => {
  const { literal_type: kind, value } = bodyOf(node);
  const text = literalText(node);
  if (text !== undefined)
    return {
      type: "STRING",
      literal: "string",
      said: `'${text.length > 30 ? `${text.slice(0, 27)}…` : text}'`,
      text,
    };
  const said = String(Array.isArray(value) ? value[0] : value);
  if (kind === "number") {
    const isWhole = /^\d+$/.test(said);
    return { type: isWhole ? "INT64" : "FLOAT64", literal: isWhole ? "int" : "float", said };
  }
  const type = literalTypes[String(kind)];
  return { type, said: kind === "hex_number" ? `0x${said}` : `${typeText(type)} '${said}'` };
};

/** A type as the parser gives it in CAST. */
function castType(type: AstNode): SqlType | undefined {
  if (type.data_type === "array")
    return { array: isNode(type.element_type) ? castType(type.element_type) : undefined };
  if (type.data_type === "struct" && Array.isArray(type.fields)) {
    const fields = type.fields as AstNode[];
    return {
      struct: fields.map((field) => ({
        name: fieldName(field),
        type: isNode(field.data_type) ? castType(field.data_type) : undefined,
      })),
    };
  }
  return type.data_type === "json" ? "JSON" : declaredType(typeName(type));
}

const cast: TypeHandler = (node, scope, checker) => {
  const inside = child(node, "this")!;
  const to = castType(child(node, "to")!);
  const value = checker.value(inside, scope);
  const said = `${typeOf(node).toUpperCase()}(${value.said} AS ${typeText(to)})`;
  const isPlain = typeof to === "string" && value.type !== undefined && value.literal !== "null";
  const allowed = typeof value.type === "string" ? casts[value.type] : [];
  if (isPlain && !allowed.includes(to)) throw noCast(value, to);
  return { type: to, said };
};

/** Fields of `STRUCT(1 AS a, b)`: named by alias or column. */
export function structOf(args: readonly AstNode[], scope: Scope, checker: Checker): SqlType {
  const fields = args.map((arg): Field => {
    const isAlias = typeOf(arg) === "alias";
    const body = bodyOf(arg);
    const named = isAlias ? body.alias : typeOf(arg) === "dot" ? body.field : body.name;
    return {
      name: ["alias", "column", "dot"].includes(typeOf(arg)) ? identifierName(named) : undefined,
      type: checker.value(isAlias ? child(arg, "this")! : arg, scope).type,
    };
  });
  return { struct: fields };
}

/** `[1, x]`; of STRUCTs the first one tells the names. */
const array: TypeHandler = (node, scope, checker) => {
  const items = children(node, "expressions").map((item) => elementOf(item, scope, checker));
  if (items.length === 0) return { type: { array: undefined }, literal: "empty", said: "[]" };
  const nested = items.find(({ type }) => isArray(type));
  if (nested !== undefined) throw noNested(nested);
  const element = items.some(({ type }) => isStruct(type))
    ? oneStruct(items)
    : elementType(commonType("[ ]", items), items);
  return { type: { array: element }, said: "[…]" };
};

/** The first gives the names; a field whose types differ from item to item is not told. */
function oneStruct(items: readonly Value[]): SqlType | undefined {
  const [first, ...others] = items.map(({ type }) => (isStruct(type) ? type.struct : undefined));
  if (first === undefined || others.some((fields) => fields?.length !== first.length)) return undefined;
  const isAlike = (type: SqlType | undefined, at: number) =>
    others.every((fields) => JSON.stringify(fields![at]!.type) === JSON.stringify(type));
  return {
    struct: first.map(({ name, type }, at) => ({ name, type: isAlike(type, at) ? type : undefined })),
  };
}

function elementType(type: SqlType | undefined, items: readonly Value[]): SqlType | undefined {
  return items.every(({ literal: kind }) => kind === "null") ? undefined : type;
}

function elementOf(item: AstNode, scope: Scope, checker: Checker): Value {
  if (typeOf(item) !== "tuple") return checker.value(item, scope);
  const fields = (fieldValues(item) ?? []).map((part) => ({
    name: undefined,
    type: checker.value(part, scope).type,
  }));
  return { type: { struct: fields }, said: "(…)" };
}

const interval: TypeHandler = (node, scope, checker) => {
  const count = child(node, "this");
  if (count === undefined) return { type: "INTERVAL", said: "INTERVAL" };
  const value = checker.value(count, scope);
  // The parser gives `INTERVAL 1 DAY` and `INTERVAL '1' DAY` as the same text.
  const isNull =
    ["cast", "safe_cast"].includes(typeOf(count)) && typeOf(child(count, "this") ?? count) === "null";
  if (value.literal !== "string" && !isNull && !fits(value, "INT64"))
    throw badArgument("INTERVAL", value, "INT64");
  return { type: "INTERVAL", said: "INTERVAL …" };
};

const plain =
  (type: SqlType | undefined, said: string, kind?: Literal): TypeHandler =>
  () => ({ type, said, literal: kind });

export const constructorHandlers: Readonly<Record<string, TypeHandler>> = {
  literal,
  null: plain(undefined, "NULL", "null"),
  boolean: (node) => ({ type: "BOOL", said: bodyOf(node).value === true ? "TRUE" : "FALSE" }),
  cast,
  safe_cast: cast,
  array,
  array_func: array,
  interval,
  struct: () => ({ type: undefined, said: "STRUCT(…)" }),
};
