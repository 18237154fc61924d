import { type AstNode, bodyOf, isNode, literalText, typeOf } from "./ast.ts";
import { kindOf } from "./kinds.ts";
import { timestampSql } from "./literals.ts";
import { callOnce } from "./once.ts";
import { SqlProblem } from "./problem.ts";
import type { Renderer } from "./render.ts";
import { ident, quote } from "./text.ts";

interface TypeRule {
  duckdb: string;
  /** Macro that casts as BigQuery does, and the one that answers NULL instead of raising. */
  cast: string;
  safe: string;
}

const rules: Readonly<Record<string, TypeRule>> = {
  STRING: { duckdb: "VARCHAR", cast: "bq_to_string", safe: "bq_to_string" },
  INT64: { duckdb: "BIGINT", cast: "bq_to_int64", safe: "bq_try_int64" },
  FLOAT64: { duckdb: "DOUBLE", cast: "bq_to_float64", safe: "bq_try_float64" },
  NUMERIC: { duckdb: "DECIMAL(38,9)", cast: "bq_to_numeric", safe: "bq_try_numeric" },
  BOOL: { duckdb: "BOOLEAN", cast: "bq_to_bool", safe: "bq_try_bool" },
  DATE: { duckdb: "DATE", cast: "bq_to_date", safe: "bq_try_date" },
  DATETIME: { duckdb: "TIMESTAMP", cast: "bq_to_datetime", safe: "bq_try_datetime" },
  TIMESTAMP: { duckdb: "TIMESTAMPTZ", cast: "bq_to_timestamp", safe: "bq_try_timestamp" },
  BYTES: { duckdb: "BLOB", cast: "bq_to_bytes", safe: "bq_to_bytes" },
};

const spelled: Readonly<Record<string, string>> = {
  string: "STRING",
  boolean: "BOOL",
  decimal: "NUMERIC",
  date: "DATE",
  timestamp: "TIMESTAMP",
  datetime: "DATETIME",
  int: "INT64",
  big_int: "INT64",
  double: "FLOAT64",
};

/** BigQuery's name of a scalar type as the parser gives it. Throws for those that are not on the list. */
export function typeName(type: AstNode): string {
  const kind = String(type.data_type);
  const name = kind === "custom" ? String(type.name).toUpperCase() : spelled[kind];
  const parameters = ["precision", "scale", "length"].some((field) => typeof type[field] === "number");
  if (parameters) {
    throw new SqlProblem(
      "type.parameters",
      "a type with a length or precision is not allowed",
      "Write NUMERIC or STRING and check the length in a test.",
    );
  }
  if (name === undefined || rules[name] === undefined) {
    throw new SqlProblem(
      "type.not_allowed",
      `type ${name ?? kind.toUpperCase()} is not allowed`,
      `Use one of ${Object.keys(rules).join(", ")}; make JSON with PARSE_JSON.`,
    );
  }
  return name;
}

/** DuckDB's spelling of a type, arrays and structs included. */
function dataTypeSql(type: AstNode): string {
  if (type.data_type === "array" && isNode(type.element_type)) return `${dataTypeSql(type.element_type)}[]`;
  if (type.data_type === "struct" && Array.isArray(type.fields)) {
    const fields = (type.fields as AstNode[]).map(
      (field) => `${ident(fieldName(field))} ${dataTypeSql(field.data_type as AstNode)}`,
    );
    // The parser puts a field's type either under `data_type` as an object or beside it.
    return `STRUCT(${fields.join(", ")})`;
  }
  // A JSON field takes JSON values; a cast of text to JSON is PARSE_JSON's business.
  return type.data_type === "json" ? "JSON" : rules[typeName(type)]!.duckdb;
}

export function castSql(value: AstNode, type: AstNode, render: Renderer): string {
  const typed = typedConstructor(value, type, render);
  if (typed !== undefined) return typed;
  const name = typeName(type);
  const text = literalText(value);
  if (name === "TIMESTAMP" && text !== undefined) return timestampSql(text);
  if (kindOf(value) === "interval") throw new SqlProblem("type.interval", "an INTERVAL cannot be cast here");
  return castCall(name, rules[name]!.cast, render.expr(value));
}

export function safeCastSql(value: AstNode, type: AstNode, render: Renderer): string {
  const name = typeName(type);
  return castCall(name, rules[name]!.safe, render.expr(value));
}

function castCall(type: string, macro: string, value: string): string {
  return type === "NUMERIC" ? callOnce(macro, [value]) : `${macro}(${value})`;
}

/** `ARRAY<STRUCT<a INT64>>[(1), (2)]` and `STRUCT<a INT64>(1)`: the names come from the type. */
function typedConstructor(value: AstNode, type: AstNode, render: Renderer): string | undefined {
  if (type.data_type === "array" && isNode(type.element_type)) {
    const items = bodyOf(value).expressions;
    if (!["array", "array_func"].includes(typeOf(value)) || !Array.isArray(items)) throw castOfComposite();
    const element = type.element_type;
    const parts = (items as AstNode[]).map((item) => elementSql(item, element, render));
    return `CAST([${parts.join(", ")}] AS ${dataTypeSql(type)})`;
  }
  if (type.data_type === "struct") {
    if (typeOf(value) !== "struct") throw castOfComposite();
    return `CAST(${elementSql(value, type, render)} AS ${dataTypeSql(type)})`;
  }
  return undefined;
}

function elementSql(item: AstNode, type: AstNode, render: Renderer): string {
  if (type.data_type !== "struct" || !Array.isArray(type.fields)) return render.expr(item);
  const values = fieldValues(item);
  if (values === undefined) return render.expr(item);
  const names = (type.fields as AstNode[]).map(fieldName);
  if (values.length !== names.length) {
    throw new SqlProblem(
      "array.struct_fields",
      `${values.length} values for ${names.length} fields of the STRUCT`,
    );
  }
  return `{${names.map((name, index) => `${quote(name)}: ${render.expr(values[index]!)}`).join(", ")}}`;
}

/** The parser gives a back-ticked field's name in double quotes. */
export function fieldName(field: AstNode): string {
  return String(field.name).replace(/^["`](.*)["`]$/, "$1");
}

/** Values of `(1, 'x')`, `STRUCT(1, 'x')` or a typed struct. */
export function fieldValues(item: AstNode): AstNode[] | undefined {
  const body = bodyOf(item);
  switch (typeOf(item)) {
    case "tuple":
      return body.expressions as AstNode[];
    case "paren":
      return [body.this as AstNode];
    case "struct":
      return (body.fields as [unknown, AstNode][]).map(([, value]) => value);
    case "function":
      return String(body.name).toUpperCase() === "STRUCT" ? (body.args as AstNode[]) : undefined;
    default:
      return undefined;
  }
}

function castOfComposite(): SqlProblem {
  return new SqlProblem(
    "cast.composite",
    "casting to ARRAY or STRUCT is not allowed",
    "Build it anew: ARRAY(SELECT CAST(x AS INT64) FROM UNNEST(a) AS x).",
  );
}

/** Names of `STRUCT(1 AS a, b)`; undefined when the node is no STRUCT call. */
export function structFieldNames(node: AstNode): string[] | undefined {
  const body = bodyOf(node);
  if (typeOf(node) !== "function" || String(body.name).toUpperCase() !== "STRUCT") return undefined;
  return (body.args as AstNode[]).map(structFieldName);
}

/** The name a field has or takes from its column. */
export function structFieldName(node: AstNode): string {
  const body = bodyOf(node);
  const named =
    typeOf(node) === "alias"
      ? body.alias
      : typeOf(node) === "column"
        ? body.name
        : typeOf(node) === "dot"
          ? body.field
          : undefined;
  if (isNode(named) && typeof named.name === "string") return named.name;
  throw new SqlProblem(
    "struct.unnamed_field",
    "a field of STRUCT without a name",
    "Write STRUCT(expression AS name).",
  );
}
