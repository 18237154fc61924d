import {
  isArray,
  isStruct,
  isWhole,
  type Literal,
  type ScalarType,
  type SqlType,
  type Value,
} from "./sql-type.ts";

/**
 * The table of coercions: what BigQuery reads as another type by itself. Whatever is not here takes a CAST. Each line is held
 * against Google's engine by `test/integration/transform-googlesql/type-check.test.ts`.
 */
export const coercions: Readonly<Partial<Record<ScalarType, readonly ScalarType[]>>> = {
  INT64: ["NUMERIC", "FLOAT64"],
  NUMERIC: ["FLOAT64"],
  DATE: ["DATETIME"],
};

/** Literals are read as more: the text must then be such a value. */
export const literalCoercions: Readonly<Partial<Record<Literal, readonly ScalarType[]>>> = {
  string: ["DATE", "DATETIME", "TIMESTAMP"],
  float: ["NUMERIC"],
};

/** CAST and SAFE_CAST: from → to. */
export const casts: Readonly<Record<ScalarType, readonly ScalarType[]>> = {
  STRING: [
    "STRING",
    "BYTES",
    "INT64",
    "FLOAT64",
    "NUMERIC",
    "BOOL",
    "DATE",
    "DATETIME",
    "TIMESTAMP",
    "INTERVAL",
  ],
  BYTES: ["BYTES", "STRING"],
  INT64: ["INT64", "FLOAT64", "NUMERIC", "STRING", "BOOL"],
  FLOAT64: ["INT64", "FLOAT64", "NUMERIC", "STRING"],
  NUMERIC: ["INT64", "FLOAT64", "NUMERIC", "STRING"],
  BOOL: ["INT64", "STRING", "BOOL"],
  DATE: ["STRING", "DATE", "DATETIME", "TIMESTAMP"],
  DATETIME: ["STRING", "DATE", "DATETIME", "TIMESTAMP"],
  TIMESTAMP: ["STRING", "DATE", "DATETIME", "TIMESTAMP"],
  JSON: ["JSON"],
  INTERVAL: ["INTERVAL", "STRING"],
};

/** How the text of every DATE, DATETIME and TIMESTAMP begins. */
const DAY = /^\s*\d{1,5}-\d{1,2}-\d{1,2}/;

/** Whether a value may stand where a type is wanted; also when it is not known. */
export function fits(value: Value, wanted: SqlType | undefined): boolean {
  const { type, literal } = value;
  if (type === undefined || wanted === undefined || literal === "null") return true;
  if (literal === "empty") return isArray(wanted);
  if (typeof type === "string" && typeof wanted === "string") {
    if (type === wanted || coercions[type]?.includes(wanted)) return true;
    if (literal === undefined || literalCoercions[literal]?.includes(wanted) !== true) return false;
    return value.text === undefined || literal !== "string" || DAY.test(value.text);
  }
  return compositesMeet(type, wanted);
}

/** ARRAYs and STRUCTs take each other where their elements could: written out they may be literals, which coerce. */
function compositesMeet(a: SqlType, b: SqlType): boolean {
  if (isArray(a) && isArray(b)) return typesMeet(a.array, b.array);
  if (!isStruct(a) || !isStruct(b)) return false;
  return (
    a.struct.length === b.struct.length &&
    a.struct.every((field, at) => typesMeet(field.type, b.struct[at]?.type))
  );
}

/** Whether two types could have a common one, their values being literals or not. */
function typesMeet(a: SqlType | undefined, b: SqlType | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  if (typeof a !== "string" || typeof b !== "string") return compositesMeet(a, b);
  const literals: Partial<Record<ScalarType, Literal>> = { STRING: "string", FLOAT64: "float" };
  const reach = (from: ScalarType, to: ScalarType) =>
    fits({ type: from, literal: literals[from], said: "" }, to);
  return reach(a, b) || reach(b, a);
}

/** The common type of values that must have one; `conflict` names the first two that have none. */
export type Common = { type: SqlType | undefined } | { conflict: [Value, Value] };

/**
 * BigQuery's supertype: what all but the literals can be read as; literals then follow, or decide where nothing else is there.
 * With an unknown value among them the answer is unknown, but two others that can never meet are still a conflict.
 */
export function supertype(values: readonly Value[]): Common {
  const typed = values.filter(({ literal }) => literal !== "null");
  const plain = typed.filter(({ literal, type }) => literal === undefined && type !== undefined);
  const literals = typed.filter(({ literal }) => literal !== undefined);
  let found: Value | undefined;
  for (const value of [...plain, ...literals]) {
    const next = found === undefined ? value : wider(found, value);
    if (next === undefined) return { conflict: [found!, value] };
    found = next;
  }
  if (typed.some(({ type }) => type === undefined)) return { type: undefined };
  return { type: found === undefined ? "INT64" : found.type };
}

/** The one of two that the other can be read as. */
function wider(a: Value, b: Value): Value | undefined {
  if (a.literal === "empty" && isArray(b.type)) return b;
  if (typeof a.type === "object" && typeof b.type === "object") {
    if (!compositesMeet(a.type, b.type)) return undefined;
    const isSame = isWhole(a.type) && JSON.stringify(a.type) === JSON.stringify(b.type);
    return isSame || b.literal === "empty"
      ? a
      : { ...a, type: isArray(a.type) ? { array: undefined } : undefined };
  }
  if (fits(b, a.type)) return a;
  return fits(a, b.type) ? b : undefined;
}

/** What may be compared for order, grouped by, told apart, and be a window's partition. */
export const abilities: Readonly<
  Record<"order" | "group" | "partition" | "equal", (type: SqlType) => boolean>
> = {
  order: (type) => !isStruct(type) && !holds(type, "JSON"),
  group: (type) => !holds(type, "JSON"),
  partition: (type) => !holds(type, "JSON") && !holds(type, "FLOAT64"),
  equal: (type) => !holds(type, "JSON"),
};

function holds(type: SqlType | undefined, part: ScalarType): boolean {
  if (isArray(type)) return holds(type.array, part);
  return isStruct(type) ? type.struct.some((field) => holds(field.type, part)) : type === part;
}
