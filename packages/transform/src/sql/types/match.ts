import { abilities, fits, supertype } from "./coercions.ts";
import { declaredType, isArray, type ScalarType, type SqlType, type Value } from "./sql-type.ts";

/** One argument of a signature. */
interface Parameter {
  /** A letter, `TEXT`, `PART`, `ANY`, or a type's name. */
  word: string;
  inArray: boolean;
  ability: "order" | "equal" | undefined;
  optional: boolean;
  repeated: boolean;
}

interface Signature {
  parameters: readonly Parameter[];
  result: Parameter;
}

/** Which types a letter stands for, and what BigQuery makes of each. */
const letters: Readonly<Record<string, Readonly<Partial<Record<ScalarType, ScalarType>>> | "any">> = {
  T: "any",
  U: "any",
  N: { INT64: "INT64", NUMERIC: "NUMERIC", FLOAT64: "FLOAT64" },
  X: { INT64: "FLOAT64", NUMERIC: "NUMERIC", FLOAT64: "FLOAT64" },
  I: { INT64: "INT64", NUMERIC: "NUMERIC" },
  S: { STRING: "STRING", BYTES: "BYTES" },
};

const written: ReadonlySet<SqlType> = new Set<SqlType>([
  "STRING",
  "INT64",
  "FLOAT64",
  "NUMERIC",
  "BOOL",
  "DATE",
  "DATETIME",
  "TIMESTAMP",
  "INTERVAL",
]);

const read = new Map<string, readonly Signature[]>();

/** Signatures of a text of the table. */
function signaturesOf(text: string): readonly Signature[] {
  const known = read.get(text);
  if (known !== undefined) return known;
  const signatures = text.split(";").map(signatureOf);
  read.set(text, signatures);
  return signatures;
}

function signatureOf(text: string): Signature {
  const [given = "", result = ""] = text.split("->");
  const parameters = given.split(",").filter((part) => part.trim() !== "");
  return { parameters: parameters.map(parameterOf), result: parameterOf(result) };
}

function parameterOf(text: string): Parameter {
  const [, array, word = "", mark, more] = /^\s*(ARRAY<)?(\w+)>?([=<])?(\?|\.\.\.)?\s*$/.exec(text)!;
  return {
    word,
    inArray: array !== undefined,
    ability: mark === "=" ? "equal" : mark === "<" ? "order" : undefined,
    optional: more === "?",
    repeated: more === "...",
  };
}

/** Which argument is a date part. */
export function partAt(text: string): number | undefined {
  const found = signaturesOf(text)[0]?.parameters.findIndex(({ word }) => word === "PART") ?? -1;
  return found < 0 ? undefined : found;
}

/** What a call gives: its type, or the arguments fit no signature. `culprit` is the argument to blame, where it is one alone. */
export type Matched = { type: SqlType | undefined } | { refused: true; culprit: number | undefined };

/** The signature that fits the arguments, as BigQuery would choose. */
export function match(text: string, args: readonly (Value | "part")[]): Matched {
  const signatures = signaturesOf(text);
  const results = signatures
    .map((signature) => apply(signature, args))
    .filter((result) => result !== undefined);
  const exact = results.find(({ isExact }) => isExact);
  if (exact !== undefined) return { type: exact.type };
  const [first, ...others] = results;
  if (first === undefined) return { refused: true, culprit: culpritOf(signatures, args) };
  const isOpen = args.some((arg) => arg !== "part" && arg.type === undefined && arg.literal !== "null");
  const agree = others.every(({ type }) => JSON.stringify(type) === JSON.stringify(first.type));
  return { type: isOpen && !agree ? undefined : first.type };
}

interface Applied {
  type: SqlType | undefined;
  isExact: boolean;
}

function apply({ parameters, result }: Signature, args: readonly (Value | "part")[]): Applied | undefined {
  const fewest = parameters.filter(({ optional }) => !optional).length;
  const isOpen = parameters.at(-1)?.repeated ?? false;
  if (args.length < fewest || (args.length > parameters.length && !isOpen)) return undefined;
  const byLetter = new Map<string, Value[]>();
  let isExact = true;
  for (const [index, arg] of args.entries()) {
    const parameter = parameters[index] ?? parameters.at(-1)!;
    const taken = take(parameter, arg, byLetter);
    if (taken === "no") return undefined;
    if (taken === "coerced") isExact = false;
  }
  const types = new Map<string, SqlType | undefined>();
  for (const [letter, values] of byLetter) {
    const found = typeOfLetter(letter, values, parameters);
    if (found === "no") return undefined;
    types.set(letter, found.type);
  }
  return { type: typeOf(result, types), isExact };
}

function take(
  { word, inArray }: Parameter,
  arg: Value | "part",
  byLetter: Map<string, Value[]>,
): "exact" | "coerced" | "no" {
  if (word === "PART" || arg === "part") return word === "PART" && arg === "part" ? "exact" : "no";
  if (word === "ANY") return "exact";
  if (inArray && arg.type !== undefined && !isArray(arg.type) && arg.literal !== "null") return "no";
  if (letters[word] !== undefined) {
    const element = isArray(arg.type)
      ? { type: arg.type.array, said: arg.said }
      : { ...arg, type: undefined };
    byLetter.set(word, [...(byLetter.get(word) ?? []), inArray ? element : arg]);
    return arg.literal === "null" || arg.type === undefined ? "coerced" : "exact";
  }
  if (word === "TEXT")
    return arg.type === undefined || arg.literal === "null" || written.has(arg.type) ? "exact" : "no";
  const wanted: SqlType | undefined = inArray
    ? { array: declaredType(word) }
    : (declaredType(word) ?? "INTERVAL");
  if (!fits(arg, wanted)) return "no";
  return arg.type === wanted && arg.literal !== "null" ? "exact" : "coerced";
}

/** The common type of a letter's arguments, when that is one the letter stands for. */
function typeOfLetter(
  letter: string,
  values: readonly Value[],
  parameters: readonly Parameter[],
): { type: SqlType | undefined } | "no" {
  const common = supertype(values);
  if ("conflict" in common) return "no";
  const { type } = common;
  const family = letters[letter]!;
  if (family !== "any") {
    const isOdd = values.some(
      (value) => value.literal === undefined && value.type !== undefined && !inFamily(value.type, family),
    );
    if (isOdd) return "no";
    if (type === undefined) return { type: undefined };
    if (values.every(({ literal }) => literal === "null")) return { type: Object.values(family)[0] };
    return typeof type === "string" && family[type] !== undefined ? { type: family[type] } : "no";
  }
  const wanted = parameters.find(({ word, ability }) => word === letter && ability !== undefined)?.ability;
  return wanted !== undefined && !values.every((value) => can(value, wanted)) ? "no" : { type };
}

function inFamily(type: SqlType, family: Readonly<Partial<Record<ScalarType, ScalarType>>>): boolean {
  return typeof type === "string" && family[type] !== undefined;
}

function can({ type, literal }: Value, wanted: "order" | "equal"): boolean {
  return type === undefined || literal === "null" || abilities[wanted](type);
}

function typeOf(
  { word, inArray }: Parameter,
  types: ReadonlyMap<string, SqlType | undefined>,
): SqlType | undefined {
  const own = letters[word] === undefined ? (declaredType(word) ?? "INTERVAL") : types.get(word);
  return inArray ? { array: own } : own;
}

/** The argument without which, were its type unknown, a signature would fit. */
function culpritOf(signatures: readonly Signature[], args: readonly (Value | "part")[]): number | undefined {
  const guilty = args.flatMap((arg, index) => {
    if (arg === "part") return [];
    const others = args.with(index, { type: undefined, said: arg.said });
    return signatures.some((signature) => apply(signature, others) !== undefined) ? [index] : [];
  });
  return guilty.length === 1 ? guilty[0] : undefined;
}

/** What a function takes in the place of an argument, for a person: `STRING or BYTES`. */
export function wantedAt(text: string, index: number): string {
  const words = signaturesOf(text).flatMap(({ parameters }) => {
    const parameter = parameters[index] ?? (parameters.at(-1)?.repeated ? parameters.at(-1) : undefined);
    return parameter === undefined ? [] : wordsOf(parameter);
  });
  return listed([...new Set(words)]);
}

function wordsOf({ word, inArray, ability }: Parameter): string[] {
  const family = letters[word];
  if (word === "TEXT") return ["STRING"];
  if (word === "PART") return ["a date part"];
  if (family === undefined) return [inArray ? `ARRAY<${word}>` : word];
  if (inArray) return ["an ARRAY"];
  if (family !== "any") return Object.keys(family);
  return [ability === "order" ? "a type that has an order" : "a type that can be compared"];
}

export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
