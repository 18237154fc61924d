import { SqlProblem } from "../problem.ts";
import { casts, supertype } from "./coercions.ts";
import { isArray, isStruct, type ScalarType, type SqlType, typeText, type Value } from "./sql-type.ts";

/** `t.amount (NUMERIC)`. */
export function shown({ said, type, literal }: Value): string {
  if (literal === "null" || literal === "empty" || type === undefined) return said;
  return `${said} (${isArray(type) || !isStruct(type) ? typeText(type) : "STRUCT"})`;
}

export function notComparable(a: Value, b: Value): SqlProblem {
  return new SqlProblem(
    "type.compare",
    `BigQuery cannot compare ${shown(a)} with ${shown(b)}`,
    notADay(a, b) ?? meeting(a, b),
  );
}

/** BigQuery reads a text beside a DATE as one; this is none. */
function notADay(a: Value, b: Value): string | undefined {
  const [text, time] = a.literal === "string" ? [a, b] : [b, a];
  if (text.literal !== "string" || !isTime(time.type)) return undefined;
  return `${text.said} is read as a ${String(time.type)} here: write a day such as '2026-01-31'.`;
}

export function noEquality(symbol: string, value: Value): SqlProblem {
  return new SqlProblem("type.compare", `BigQuery has no ${symbol} for ${shown(value)}`, plainer(value));
}

export function noOperator(symbol: string, values: readonly Value[]): SqlProblem {
  const [a, b] = values;
  const odd = values.find(({ type }) => type !== undefined && type !== "BOOL");
  if (boolOperators.has(symbol) && odd !== undefined) return notBool(symbol, odd);
  const text = b === undefined ? `${symbol} ${shown(a!)}` : `${shown(a!)} ${symbol} ${shown(b)}`;
  const hint = b === undefined ? numberFrom(values) : operatorHint(symbol, a!, b);
  return new SqlProblem("type.operator", `BigQuery has no ${text}`, hint);
}

/** `-` of two times, where BigQuery gives an INTERVAL; undefined for other differences. */
export function noInterval(values: readonly Value[]): SqlProblem | undefined {
  const [a, b] = values;
  const types = [a?.type, b?.type];
  const time = (["TIMESTAMP", "DATETIME", "DATE"] as const).find((type) => types.includes(type));
  if (a === undefined || b === undefined || time === undefined || types.includes("INTERVAL"))
    return undefined;
  return new SqlProblem(
    "operator.date_minus_date",
    `${shown(a)} - ${shown(b)} gives an INTERVAL, which tables here cannot hold`,
    `Write ${time}_DIFF(${a.said}, ${b.said}, ${time === "DATE" ? "DAY" : "SECOND"}).`,
  );
}

const boolOperators = new Set(["NOT", "AND", "OR", "IS TRUE", "IS FALSE"]);

export function nullOperand(symbol: string): SqlProblem {
  const instead = /^[=<>!]+$/.test(symbol)
    ? "Write IS NULL or IS NOT NULL."
    : "Write CAST(NULL AS INT64) for a missing number.";
  return new SqlProblem("type.null", `BigQuery takes no bare NULL beside ${symbol}`, instead);
}

export function noCommon(what: string, a: Value, b: Value): SqlProblem {
  return new SqlProblem(
    "type.common",
    `${what} gives ${shown(a)} and ${shown(b)}, which have no type in common`,
    meeting(a, b),
  );
}

/** What BigQuery's CONCAT writes out by itself, and DuckDB in another way: `1` and `1.0`. */
const writtenOtherwise: ReadonlySet<SqlType | undefined> = new Set<SqlType | undefined>([
  "FLOAT64",
  "NUMERIC",
  "DATETIME",
  "TIMESTAMP",
]);

/** Throws where the two engines make different texts of a value. */
export function mustBeWrittenAlike(symbol: string, values: readonly Value[]): void {
  const odd = values.find(({ type }) => writtenOtherwise.has(type));
  if (odd === undefined) return;
  throw new SqlProblem(
    "concat.cast",
    `${symbol} of ${shown(odd)}: the engines write it out differently`,
    `Write CAST(${odd.said} AS STRING).`,
  );
}

export function noNested(inner: Value): SqlProblem {
  return new SqlProblem(
    "type.array",
    `BigQuery has no ARRAY of ARRAYs, and ${shown(inner)} is one already`,
    "Wrap it: STRUCT(x AS items).",
  );
}

export function noField(whole: Value, name: string): SqlProblem {
  const fields = isStruct(whole.type) ? whole.type.struct.map((field) => field.name).join(", ") : "";
  return new SqlProblem(
    "type.field",
    `${shown(whole)} has no field ${name}`,
    fields === "" ? "Only a STRUCT and JSON have fields." : `It has ${fields}.`,
  );
}

/** The common type of values that have to agree. */
export function commonType(what: string, values: readonly Value[]): SqlType | undefined {
  const found = supertype(values);
  if ("conflict" in found) throw noCommon(what, ...found.conflict);
  return found.type;
}

export function badArgument(name: string, value: Value, wanted: string): SqlProblem {
  return new SqlProblem(
    "type.argument",
    `${name} takes ${wanted}, not ${shown(value)}`,
    becoming(value, wanted),
  );
}

export function badArguments(name: string, values: readonly Value[]): SqlProblem {
  const given = values.map(({ type }) => typeText(type)).join(", ");
  const odd = values.findLast(({ type }) => type !== values[0]?.type);
  const hint = values[0] === undefined || odd === undefined ? undefined : meeting(values[0], odd);
  return new SqlProblem("type.argument", `BigQuery has no ${name}(${given})`, hint);
}

export function notBool(clause: string, value: Value): SqlProblem {
  const test: Partial<Record<ScalarType, string>> = {
    INT64: `Write ${value.said} != 0.`,
    NUMERIC: `Write ${value.said} != 0.`,
    FLOAT64: `Write ${value.said} != 0.`,
    STRING: `Write ${value.said} = 'true', or what else should hold.`,
    JSON: `Write BOOL(${value.said}).`,
  };
  const hint =
    (typeof value.type === "string" ? test[value.type] : undefined) ??
    `Write ${value.said} IS NOT NULL, or what else should hold.`;
  return new SqlProblem("type.condition", `${clause} takes a BOOL, not ${shown(value)}`, hint);
}

export function noCast(value: Value, to: string): SqlProblem {
  const from = typeof value.type === "string" ? casts[value.type] : [];
  const ways = from.filter((type) => type !== value.type && type !== "INTERVAL").join(", ");
  const json =
    value.type === "JSON" ? "Write INT64(x), FLOAT64(x), BOOL(x) or JSON_VALUE(x) for JSON." : undefined;
  return new SqlProblem(
    "type.cast",
    `BigQuery cannot cast ${shown(value)} to ${to}`,
    json ?? (ways === "" ? undefined : `It can be cast to ${ways}.`),
  );
}

export function noKey(clause: string, value: Value): SqlProblem {
  return new SqlProblem("type.key", `BigQuery has no ${clause} for ${shown(value)}`, plainer(value));
}

export function noUnion(
  operation: string,
  place: number,
  name: string | undefined,
  a: Value,
  b: Value,
): SqlProblem {
  const column = name === undefined ? `column ${place}` : `column ${place} (${name})`;
  return new SqlProblem(
    "type.union",
    `${column} of this ${operation} is ${shown(a)} in one part and ${shown(b)} in another`,
    meeting(a, b),
  );
}

export function noJoin(name: string, a: Value, b: Value): SqlProblem {
  const types = [a, b].map(({ type }) => typeText(type)).join(" on one side and ");
  return new SqlProblem(
    "type.compare",
    `USING (${name}): ${name} is ${types} on the other`,
    "Write ON, with a CAST of one side.",
  );
}

/** What a value that has no order or equality can be turned into. */
function plainer({ type, said }: Value): string | undefined {
  if (type === "JSON") return `Write JSON_VALUE(${said}), or TO_JSON_STRING(${said}).`;
  if (type === "FLOAT64") return `Write CAST(${said} AS NUMERIC), or CAST(${said} AS STRING).`;
  return isStruct(type) ? "Name its fields one by one." : undefined;
}

/** How two values could meet: each turned into the other's type. */
export function meeting(a: Value, b: Value): string | undefined {
  const ways = [conversion(a, b.type), conversion(b, a.type)].filter((way) => way !== undefined);
  return ways.length === 0 ? undefined : `Write ${ways.join(" or ")}.`;
}

function operatorHint(symbol: string, a: Value, b: Value): string | undefined {
  if (symbol === "LIKE") return becoming(a.type === "STRING" ? b : a, "STRING");
  const [time, other] = isTime(a.type) ? [a, b] : [b, a];
  if ((symbol === "+" || symbol === "-") && isTime(time.type) && !isTime(other.type)) {
    const name = `${String(time.type)}_${symbol === "+" ? "ADD" : "SUB"}`;
    return `Write ${name}(${time.said}, INTERVAL n DAY) with a whole number.`;
  }
  return numberFrom([a, b]) ?? meeting(a, b);
}

/** For sums of texts and BOOLs: what makes numbers of them. */
function numberFrom(values: readonly Value[]): string | undefined {
  const odd = values.find(({ type }) => type === "STRING" || type === "BOOL");
  if (odd === undefined) return undefined;
  return `Write ${odd.type === "STRING" ? `SAFE_CAST(${odd.said} AS NUMERIC)` : `CAST(${odd.said} AS INT64)`}.`;
}

const isTime = (type: SqlType | undefined): boolean =>
  type === "DATE" || type === "DATETIME" || type === "TIMESTAMP";

function becoming(value: Value, wanted: string): string | undefined {
  const words = wanted.split(/, | or /);
  const first = value.type === "STRING" && words.includes("NUMERIC") ? ["NUMERIC"] : [];
  const types = [...first, ...words].map((type) => conversion(value, type as ScalarType));
  const way = types.find((found) => found !== undefined);
  return way === undefined ? undefined : `Write ${way}.`;
}

/** The expression that makes a value one of another type; undefined where there is none worth saying. */
function conversion(value: Value, to: SqlType | undefined): string | undefined {
  const { type, said } = value;
  if (typeof type !== "string" || typeof to !== "string" || type === to || value.isDescribed)
    return undefined;
  if (value.literal !== undefined) return rewritten(value, to);
  if (type === "JSON") return jsonConversion(said, to);
  if (to === "JSON") return type === "STRING" ? `PARSE_JSON(${said})` : undefined;
  if (!casts[type].includes(to) || to === "BYTES" || type === "INTERVAL") return undefined;
  if (isTime(type) && isTime(to)) return `${to}(${said})`;
  return `${type === "STRING" ? "SAFE_CAST" : "CAST"}(${said} AS ${to})`;
}

/** The literal of another type that was meant: `5` for `'5'`, `TRUE` for `1`. */
function rewritten({ literal, said, text }: Value, to: ScalarType): string | undefined {
  const isNumber = to === "INT64" || to === "NUMERIC" || to === "FLOAT64";
  if (literal === "string") return isNumber && /^-?\d+(\.\d+)?$/.test(text ?? "") ? text : undefined;
  if (to === "STRING") return `'${said}'`;
  return to === "BOOL" && /^[01]$/.test(said) ? (said === "1" ? "TRUE" : "FALSE") : undefined;
}

function jsonConversion(said: string, to: ScalarType): string | undefined {
  if (to === "STRING") return `JSON_VALUE(${said})`;
  return to === "INT64" || to === "FLOAT64" || to === "BOOL" ? `LAX_${to}(${said})` : undefined;
}
