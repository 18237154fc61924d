import type { z } from "zod";
import { kindOf } from "./lenient.ts";

export interface TargetRow {
  target: string;
  row: Record<string, unknown>;
}

export interface RejectedRow {
  target: string;
  /** What is wrong with which field; never a value. */
  reason: string;
  row: unknown;
}

/** A field that an answer has and no schema knows. Its value is kept in a JSON column of the table. */
export interface SchemaChange {
  table: string;
  /** Where it stands in the answer: `messages.email.coos`. */
  field: string;
  /** What kind of value was met first: `text`, `number`, `true or false`, `list`, `object`, `nothing`. */
  type: string;
}

/** What one answer became. Every row that was sent is in `rows`, in `rejected`, or counted in `outsideWindow`. */
export interface RowsOutcome {
  rows: TargetRow[];
  rejected: RejectedRow[];
  /** Day rows that lie before or after the window that was asked for. */
  outsideWindow: number;
  /** Days of the window, up to today, that the answer does not have although its series is documented to be dense. */
  missingDays: string[];
  /** Each unknown field once. */
  schemaChanges: SchemaChange[];
  /** Set when the answer as a whole is not what the endpoint is documented to give; then there are no rows. */
  unexpected?: string;
}

/** Values nested deeper than this would break writers and engines down the line (BigQuery's JSON allows 500). */
const DEEPEST = 100;
/** An answer that is all strange names must not fill the log. */
const MOST_CHANGES = 50;
const FIELD_LENGTH = 200;

/** Sorts what an answer holds into rows and rejects. */
export class RowSink {
  readonly #outcome: RowsOutcome = {
    rows: [],
    rejected: [],
    outsideWindow: 0,
    missingDays: [],
    schemaChanges: [],
  };
  readonly #changes = new Set<string>();
  readonly #keys = new Set<string>();

  /**
   * Reads `value` by `schema` and adds `extra` and what was read as a row of `target`. A row that does not fit, or that has
   * the same key as an earlier one, is rejected. Returns whether it became a row.
   */
  add(
    target: string,
    value: unknown,
    schema: z.ZodType<Record<string, unknown>>,
    extra: Record<string, unknown>,
    key: readonly string[],
    received: unknown = value,
  ): boolean {
    const row = this.#read(target, value, schema, extra, received);
    return row !== undefined && this.#keep(target, row, key, received);
  }

  /** The same where a second row for the same thing is no mistake. */
  addAny(
    target: string,
    value: unknown,
    schema: z.ZodType<Record<string, unknown>>,
    extra: Record<string, unknown>,
  ): boolean {
    const row = this.#read(target, value, schema, extra, value);
    if (row) this.#outcome.rows.push({ target, row });
    return row !== undefined;
  }

  /** A row that is one text. */
  addText(target: string, column: string, value: unknown): boolean {
    if (typeof value !== "string" || value === "")
      return this.reject(target, `expected text, got ${kindOf(value)}`, value);
    return this.#keep(target, { [column]: value }, [column], value);
  }

  /** The entries of a field that should be a map; anything else there is one reject, and nothing is none. */
  entries(target: string, field: string, value: unknown): [key: string, value: unknown][] {
    const map = asMap(value);
    if (!map) this.reject(target, `${field}: expected an object, got ${kindOf(value)}`, value);
    return Object.entries(map ?? {});
  }

  /** The items of a field that should be a list; anything else there is one reject, and nothing is none. */
  items(target: string, field: string, value: unknown): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (value !== null && value !== undefined)
      this.reject(target, `${field}: expected a list, got ${kindOf(value)}`, value);
    return [];
  }

  #read(
    target: string,
    value: unknown,
    schema: z.ZodType<Record<string, unknown>>,
    extra: Record<string, unknown>,
    received: unknown,
  ): Record<string, unknown> | undefined {
    let reason: string;
    if (!isObject(value)) reason = `expected an object, got ${kindOf(value)}`;
    else if (isTooDeep(received)) reason = `nested deeper than ${DEEPEST} levels`;
    else {
      const read = schema.safeParse(value);
      if (read.success) return { ...extra, ...read.data };
      reason = reasonOf(read.error);
    }
    this.reject(target, reason, received);
    return undefined;
  }

  #keep(target: string, row: Record<string, unknown>, key: readonly string[], received: unknown): boolean {
    const id = idOf(target, row, key);
    if (this.#keys.has(id))
      return this.reject(target, `a second row for the same ${key.join(", ")}`, received);
    this.#keys.add(id);
    this.#outcome.rows.push({ target, row });
    return true;
  }

  reject(target: string, reason: string, row: unknown): false {
    const kept = isTooDeep(row) ? { clipped: `nested deeper than ${DEEPEST} levels` } : row;
    this.#outcome.rejected.push({ target, reason, row: kept });
    return false;
  }

  /**
   * The fields of `value` that are not `known`, to be kept in a JSON column, or null when there are none; each is noted as a
   * change of `target`. `at` says where `value` stands in the answer.
   */
  unknown(
    target: string,
    value: unknown,
    known: ReadonlySet<string>,
    at = "",
  ): Record<string, unknown> | null {
    if (!isObject(value)) return null;
    const extra = Object.entries(value).filter(([name]) => !known.has(name));
    for (const [name, item] of extra) this.changed(target, at + name, item);
    return extra.length > 0 ? Object.fromEntries(extra) : null;
  }

  /** Notes a field that no schema knows. */
  changed(table: string, path: string, value: unknown): void {
    const field = path.slice(0, FIELD_LENGTH);
    const id = `${table} ${field}`;
    if (this.#changes.has(id) || this.#changes.size >= MOST_CHANGES) return;
    this.#changes.add(id);
    this.#outcome.schemaChanges.push({ table, field, type: typeOf(value) });
  }

  outsideWindow(): void {
    this.#outcome.outsideWindow++;
  }

  missing(days: readonly string[]): void {
    this.#outcome.missingDays.push(...days);
  }

  done(): RowsOutcome {
    return this.#outcome;
  }

  static unexpected(reason: string): RowsOutcome {
    return { ...new RowSink().done(), unexpected: reason };
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map of an answer, by key. Nothing, and the empty list that some writers make of an empty map, are an empty map. */
export function asMap(value: unknown): Record<string, unknown> | undefined {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return {};
  return isObject(value) ? value : undefined;
}

/** The kind of a value, without showing it. */
function typeOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "true or false" : typeof value;
}

function reasonOf(error: z.ZodError): string {
  const issues = error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join(".") || "row"}: ${message}`);
  return issues.join("; ").slice(0, 300);
}

/** Tells rows of an answer apart; lengths keep two texts from looking like others. */
function idOf(target: string, row: Record<string, unknown>, key: readonly string[]): string {
  let id = target;
  for (const column of key) {
    const value = row[column];
    const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
    id += ` ${typeof value === "string" ? text.length : "="}:${text}`;
  }
  return id;
}

/** Goes no deeper than it may, so that nothing can make it overflow. */
export function isTooDeep(value: unknown, left = DEEPEST): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (left === 0) return true;
  for (const key in value)
    if (Object.hasOwn(value, key) && isTooDeep((value as Record<string, unknown>)[key], left - 1))
      return true;
  return false;
}
