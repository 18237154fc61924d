import type { Value } from "./nodes.ts";
import { JinjaProblem, outside } from "./problem.ts";

/** What the operators of an expression do. */
export const operators: Readonly<Record<string, (a: Value, b: Value, offset: number) => Value>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => (a as number) < (b as number),
  "<=": (a, b) => (a as number) <= (b as number),
  ">": (a, b) => (a as number) > (b as number),
  ">=": (a, b) => (a as number) >= (b as number),
  in: (a, b) => contains(b, a),
  "not in": (a, b) => !contains(b, a),
  "~": (a, b, offset) => asText(a, offset) + asText(b, offset),
  "+": (a, b) =>
    Array.isArray(a) && Array.isArray(b)
      ? [...a, ...b]
      : typeof a === "string" && typeof b === "string"
        ? a + b
        : Number(a) + Number(b),
  "-": (a, b) => Number(a) - Number(b),
  "*": (a, b) => Number(a) * Number(b),
  "/": (a, b) => Number(a) / Number(b),
  "//": (a, b) => Math.floor(Number(a) / Number(b)),
  "%": (a, b) => Number(a) % Number(b),
};

function contains(holder: Value, item: Value): boolean {
  if (Array.isArray(holder)) return holder.includes(item);
  if (typeof holder === "string") return holder.includes(String(item));
  return holder !== null && typeof holder === "object" && String(item) in holder;
}

/** `of.key` or `of[key]`. */
export function member(of: Value, key: Value, offset: number): Value {
  if (Array.isArray(of) && typeof key === "number") {
    const item = of.at(key);
    if (item !== undefined) return item;
  } else if (of !== null && typeof of === "object" && Object.hasOwn(of, String(key))) {
    return (of as Record<string, Value>)[String(key)]!;
  }
  throw outside(`there is no ${String(key)}`, offset);
}

/** `value | name(args)`. */
export function filtered(name: string, value: Value, args: Value[], offset: number): Value {
  switch (name) {
    case "join":
      if (!Array.isArray(value)) throw new JinjaProblem("join needs a list", offset);
      return value.map((item) => asText(item, offset)).join(args.length > 0 ? asText(args[0]!, offset) : "");
    case "upper":
      return asText(value, offset).toUpperCase();
    case "lower":
      return asText(value, offset).toLowerCase();
    case "trim":
      return asText(value, offset).trim();
    case "replace":
      return asText(value, offset).replaceAll(asText(args[0] ?? "", offset), asText(args[1] ?? "", offset));
    case "length":
      return Array.isArray(value) || typeof value === "string"
        ? value.length
        : Object.keys(value ?? {}).length;
    case "first":
      return member(value, 0, offset);
    case "last":
      return member(value, -1, offset);
    case "string":
      return asText(value, offset);
    case "int":
      return Math.trunc(Number(value));
    default:
      throw outside(`the filter ${name}`, offset);
  }
}

/** Jinja's idea of true: not empty. */
export function truthy(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value !== null && typeof value === "object") return Object.keys(value).length > 0;
  return Boolean(value);
}

/** A value as it stands in the text. */
export function asText(value: Value, offset: number): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null) return "None";
  throw new JinjaProblem(
    "a list or dictionary cannot stand in the text",
    offset,
    "Write {{ items | join(', ') }}.",
  );
}
