import { type AstNode, bodyOf, isNode, typeOf } from "./ast.ts";

/** What can be told of an expression's type from its text alone. */
export type Kind =
  | "int"
  | "float"
  | "numeric"
  | "string"
  | "bool"
  | "date"
  | "datetime"
  | "timestamp"
  | "interval"
  | "unknown";

const byFunction: Readonly<Record<string, Kind>> = {
  DATE: "date",
  CURRENT_DATE: "date",
  DATE_ADD: "date",
  DATE_SUB: "date",
  DATE_TRUNC: "date",
  PARSE_DATE: "date",
  LAST_DAY: "date",
  DATE_FROM_UNIX_DATE: "date",
  CURRENT_TIMESTAMP: "timestamp",
  TIMESTAMP: "timestamp",
  TIMESTAMP_ADD: "timestamp",
  TIMESTAMP_SUB: "timestamp",
  TIMESTAMP_TRUNC: "timestamp",
  TIMESTAMP_SECONDS: "timestamp",
  TIMESTAMP_MILLIS: "timestamp",
  TIMESTAMP_MICROS: "timestamp",
  PARSE_TIMESTAMP: "timestamp",
  DATETIME: "datetime",
  DATETIME_ADD: "datetime",
  DATETIME_SUB: "datetime",
  DATETIME_TRUNC: "datetime",
  CURRENT_DATETIME: "datetime",
  PARSE_DATETIME: "datetime",
  DATE_DIFF: "int",
  TIMESTAMP_DIFF: "int",
  DATETIME_DIFF: "int",
  UNIX_DATE: "int",
  UNIX_SECONDS: "int",
  UNIX_MILLIS: "int",
  UNIX_MICROS: "int",
  STRPOS: "int",
  INSTR: "int",
};

const byType: Readonly<Record<string, Kind>> = {
  count: "int",
  count_if: "int",
  length: "int",
  array_length: "int",
  extract: "int",
  row_number: "int",
  rank: "int",
  dense_rank: "int",
  interval: "interval",
  avg: "float",
  boolean: "bool",
  last_day: "date",
  timestamp: "timestamp",
  concat: "string",
};

const byDataType: Readonly<Record<string, Kind>> = {
  date: "date",
  datetime: "datetime",
  timestamp: "timestamp",
  string: "string",
  decimal: "numeric",
  boolean: "bool",
  big_int: "int",
  bigint: "int",
  int: "int",
  double: "float",
};

const byName: Readonly<Record<string, Kind>> = {
  INT64: "int",
  FLOAT64: "float",
  DATETIME: "datetime",
  NUMERIC: "numeric",
};

/** The kind of an expression, `unknown` for columns and whatever else the text does not tell. */
export function kindOf(node: AstNode): Kind {
  const type = typeOf(node);
  const body = bodyOf(node);
  switch (type) {
    case "literal":
      return kindOfLiteral(body);
    case "cast":
    case "safe_cast":
      return isNode(body.to) ? kindOfDataType(body.to) : "unknown";
    case "function":
      return byFunction[String(body.name).toUpperCase()] ?? "unknown";
    case "paren":
    case "neg":
    case "window_function":
      return isNode(body.this) ? kindOf(body.this) : "unknown";
    default:
      return byType[type] ?? "unknown";
  }
}

function kindOfDataType(type: AstNode): Kind {
  const name = String(type.data_type);
  return name === "custom"
    ? (byName[String(type.name).toUpperCase()] ?? "unknown")
    : (byDataType[name] ?? "unknown");
}

function kindOfLiteral(body: Readonly<Record<string, unknown>>): Kind {
  switch (body.literal_type) {
    case "number":
      return /^\d+$/.test(String(body.value)) ? "int" : "float";
    case "hex_number":
      return "int";
    case "date":
    case "datetime":
    case "timestamp":
      return body.literal_type;
    case "string":
    case "raw_string":
    case "triple_quoted_string":
      return "string";
    default:
      return "unknown";
  }
}
