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

/** What one answer became. Every row that was sent is in `rows`, in `rejected`, or counted in `outsideWindow`. */
export interface RowsOutcome {
  rows: TargetRow[];
  rejected: RejectedRow[];
  /** Day rows that lie before or after the window that was asked for. */
  outsideWindow: number;
  /** Days of the window, up to today, that the answer does not have although its series is documented to be dense. */
  missingDays: string[];
  /** Set when the answer as a whole is not what the endpoint is documented to give; then there are no rows. */
  unexpected?: string;
}

/** Values nested deeper than this would break writers and engines down the line (BigQuery's JSON allows 500). */
const DEEPEST = 100;

/** Sorts what an answer holds into rows and rejects. */
export class RowSink {
  readonly #outcome: RowsOutcome = { rows: [], rejected: [], outsideWindow: 0, missingDays: [] };
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
    if (!isObject(value)) return this.reject(target, `expected an object, got ${kindOf(value)}`, received);
    if (isTooDeep(received)) return this.reject(target, `nested deeper than ${DEEPEST} levels`, received);
    const read = schema.safeParse(value);
    if (!read.success) return this.reject(target, reasonOf(read.error), received);
    const row = { ...extra, ...read.data };
    const id = JSON.stringify([target, ...key.map((column) => row[column] ?? null)]);
    if (this.#keys.has(id))
      return this.reject(target, `a second row for the same ${key.join(", ")}`, received);
    this.#keys.add(id);
    this.#outcome.rows.push({ target, row });
    return true;
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

  #keep(target: string, row: Record<string, unknown>, key: readonly string[], received: unknown): boolean {
    const id = JSON.stringify([target, ...key.map((column) => row[column] ?? null)]);
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
    return { rows: [], rejected: [], outsideWindow: 0, missingDays: [], unexpected: reason };
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

/** Fields of an answer that its schema does not know, or null when there are none: they are kept, never dropped. */
export function unknownFields(
  value: Record<string, unknown>,
  known: ReadonlySet<string>,
): Record<string, unknown> | null {
  const extra = Object.entries(value).filter(([name]) => !known.has(name));
  return extra.length > 0 ? Object.fromEntries(extra) : null;
}

function reasonOf(error: z.ZodError): string {
  const issues = error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join(".") || "row"}: ${message}`);
  return issues.join("; ").slice(0, 300);
}

/** Level by level, because a recursive walk would be the first to break. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    const next: unknown[] = [];
    for (const item of level)
      if (typeof item === "object" && item !== null)
        for (const child of Object.values(item)) next.push(child);
    level = next;
  }
  return false;
}
