import type { TableField } from "@google-cloud/bigquery";
import { isoFromMicros, safeInteger, trimZeros } from "../values.ts";
import { typeName } from "./schema.ts";

/** A row as the REST API writes it: fields by position, values as text. */
export interface RestRow {
  f: { v: unknown }[];
}

/** The JSON-safe value of `values.ts` for one field of a REST answer (asked for with `useInt64Timestamp`). */
export function fieldValue(field: TableField, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (field.mode === "REPEATED") {
    const item = { ...field, mode: "NULLABLE" };
    return (value as { v: unknown }[]).map((entry) => fieldValue(item, entry.v));
  }
  switch (typeName(field.type)) {
    case "INT64":
      return safeInteger(BigInt(String(value)));
    case "FLOAT64":
      return finite(String(value));
    case "BOOL":
      return String(value) === "true";
    case "NUMERIC":
    case "BIGNUMERIC":
      return trimZeros(String(value));
    case "TIMESTAMP":
      return `${isoFromMicros(BigInt(String(value)))}Z`;
    case "DATETIME":
      return datetime(String(value));
    case "STRUCT":
      return structValue(field, value as RestRow);
    default:
      return value;
  }
}

export function rowValues(fields: readonly TableField[], row: RestRow): unknown[] {
  return fields.map((field, index) => fieldValue(field, row.f[index]?.v));
}

function structValue(field: TableField, row: RestRow): Record<string, unknown> {
  const fields = field.fields ?? [];
  return Object.fromEntries(fields.map((inner, index) => [inner.name!, fieldValue(inner, row.f[index]?.v)]));
}

function finite(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) ? number : text === "-Infinity" || text === "Infinity" ? text : "NaN";
}

/** `2026-01-01T10:00:00` or with a fraction → three digits of it, or six when the last three are not zero. */
function datetime(text: string): string {
  const [whole, fraction = ""] = text.replace(" ", "T").split(".");
  const digits = fraction.padEnd(6, "0");
  return `${whole}.${digits.endsWith("000") ? digits.slice(0, 3) : digits}`;
}

export function resultColumns(fields: readonly TableField[]): { name: string; type: string }[] {
  return fields.map((field) => ({
    name: field.name!,
    type: field.mode === "REPEATED" ? "ARRAY" : typeName(field.type),
  }));
}
