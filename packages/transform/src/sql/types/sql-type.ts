/** GoogleSQL's scalar types, as far as a model meets them. */
export type ScalarType =
  | "STRING"
  | "BYTES"
  | "INT64"
  | "NUMERIC"
  | "FLOAT64"
  | "BOOL"
  | "DATE"
  | "DATETIME"
  | "TIMESTAMP"
  | "JSON"
  | "INTERVAL";

/** A type, or undefined for what the text and the declared columns do not tell: that never complains. */
export type SqlType = ScalarType | { array: SqlType | undefined } | { struct: readonly Field[] };

export interface Field {
  name: string | undefined;
  type: SqlType | undefined;
}

/** Literals that BigQuery reads as the type that stands beside them. `null` and `empty` ([]) have none of their own. */
export type Literal = "string" | "int" | "float" | "null" | "empty";

/** What is known of an expression's value. */
export interface Value {
  type: SqlType | undefined;
  literal?: Literal | undefined;
  /** How a person would name the expression: `t.amount`, `'abc'`, `SUM(…)`. */
  said: string;
  /** Of a string literal: its text. */
  text?: string | undefined;
  /** `said` are words, no expression. */
  isDescribed?: boolean | undefined;
}

const declared: Readonly<Record<string, ScalarType>> = {
  STRING: "STRING",
  BYTES: "BYTES",
  INT64: "INT64",
  INT: "INT64",
  INTEGER: "INT64",
  BIGINT: "INT64",
  FLOAT64: "FLOAT64",
  FLOAT: "FLOAT64",
  NUMERIC: "NUMERIC",
  DECIMAL: "NUMERIC",
  BOOL: "BOOL",
  BOOLEAN: "BOOL",
  DATE: "DATE",
  DATETIME: "DATETIME",
  TIMESTAMP: "TIMESTAMP",
  JSON: "JSON",
};

/** A type as a YAML declares it: `INT64`, `array<string>`, `STRUCT<a INT64, b ARRAY<DATE>>`. Undefined for what is not on the list. */
export function declaredType(text: string | null | undefined): SqlType | undefined {
  const plain = text?.trim() ?? "";
  const scalar = declared[plain.toUpperCase()];
  if (scalar !== undefined) return scalar;
  const inside = /^(ARRAY|STRUCT)\s*<(.*)>$/is.exec(plain);
  if (inside === null) return undefined;
  const [, kind, rest = ""] = inside;
  if (kind!.toUpperCase() === "ARRAY") return { array: declaredType(rest) };
  return { struct: topLevelParts(rest).map(fieldOf) };
}

function fieldOf(text: string): Field {
  const found = /^(\w+)\s+(.+)$/s.exec(text);
  return found === null
    ? { name: undefined, type: declaredType(text) }
    : { name: found[1], type: declaredType(found[2]) };
}

/** Parts between commas that stand in no `< >`. */
function topLevelParts(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of text) {
    if (letter === "<") depth += 1;
    if (letter === ">") depth -= 1;
    if (letter === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

export function isArray(type: SqlType | undefined): type is { array: SqlType | undefined } {
  return typeof type === "object" && "array" in type;
}

export function isStruct(type: SqlType | undefined): type is { struct: readonly Field[] } {
  return typeof type === "object" && "struct" in type;
}

/** As BigQuery writes it; `?` stands for what is not known. */
export function typeText(type: SqlType | undefined): string {
  if (type === undefined) return "?";
  if (typeof type === "string") return type;
  if (isArray(type)) return `ARRAY<${typeText(type.array)}>`;
  const fields = type.struct.map(
    ({ name, type: own }) => `${name === undefined ? "" : `${name} `}${typeText(own)}`,
  );
  return `STRUCT<${fields.join(", ")}>`;
}

/** Whether nothing in it is unknown. */
export function isWhole(type: SqlType | undefined): boolean {
  if (type === undefined) return false;
  if (isArray(type)) return isWhole(type.array);
  return isStruct(type) ? type.struct.every((field) => isWhole(field.type)) : true;
}
