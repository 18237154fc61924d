import { z } from "zod";
import { toDecimal, toInstant, toWhole } from "./values.ts";

/** Optional, so that an absent field is read like a null one. */
const RECEIVED = z.unknown().optional();

/**
 * Braze writes the same field now as a number, now as text, now not at all. These readers take what can only mean one thing
 * and give null for null, absent and empty text. What they cannot read is an issue that names the kind of value, never the
 * value: it may be personal.
 */
function field<T>(expected: string, read: (value: unknown) => T | undefined) {
  const schema = RECEIVED.transform((value, context): T | null => {
    if (value === null || value === undefined || value === "") return null;
    const result = read(value);
    if (result !== undefined) return result;
    context.issues.push({ code: "custom", input: value, message: wrong(expected, value) });
    return z.NEVER;
  });
  readers.set(schema, { expected, read });
  return schema;
}

const wrong = (expected: string, value: unknown) => `expected ${expected}, got ${kindOf(value)}`;

interface Reader {
  expected: string;
  read: (value: unknown) => unknown;
}

const readers = new WeakMap<z.ZodType, Reader>();

/**
 * An object of the fields above, read in one go: what `z.object` gives, several times faster. For day rows, of which a
 * backfill has millions.
 */
export function flat(shape: Readonly<Record<string, z.ZodType>>): z.ZodType<Record<string, unknown>> {
  const fields = Object.entries(shape).map(([name, schema]) => {
    const reader = readers.get(schema);
    if (!reader) throw new TypeError(`${name} is no field of this file`);
    return { name, ...reader };
  });
  return z.unknown().transform((value, context): Record<string, unknown> => {
    const received = value as Record<string, unknown>;
    const row: Record<string, unknown> = {};
    for (const { name, expected, read } of fields) {
      const given = Object.hasOwn(received, name) ? received[name] : undefined;
      if (given === null || given === undefined || given === "") row[name] = null;
      else {
        row[name] = read(given);
        if (row[name] !== undefined) continue;
        const message = wrong(expected, given);
        context.issues.push({ code: "custom", input: given, path: [name], message });
      }
    }
    return row;
  });
}

export const whole = () => field("a whole number", toWhole);

/** Money as decimal text of at most nine decimals: exact in NUMERIC. */
export const decimal = () => field("a number", toDecimal);

export const text = () =>
  field("text", (value) => {
    if (typeof value === "string") return value;
    return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
  });

export const flag = () =>
  field("true or false", (value) => {
    if (value === true || value === "true" || value === 1 || value === "1") return true;
    if (value === false || value === "false" || value === 0 || value === "0") return false;
    return undefined;
  });

/** An instant as ISO text in UTC. */
export const instant = () => field("an instant", toInstant);

/** A list of texts; a single text is a list of one. */
export const texts = () =>
  field("a list of texts", (value): string[] | undefined => {
    if (typeof value === "string") return [value];
    if (!Array.isArray(value)) return undefined;
    const items = value.filter((item) => item !== null);
    return items.every((item) => typeof item === "string" || typeof item === "number")
      ? items.map(String)
      : undefined;
  });

/** Anything, kept as received. */
export const anything = () => RECEIVED.transform((value): unknown => value ?? null);

/** What a reader met, without showing it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "number") return `the number ${value}`;
  return typeof value === "string" ? "text" : `${typeof value} ${String(value)}`;
}
