import {
  type DuckDBConnection,
  DuckDBListType,
  DuckDBListValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from "@duckdb/node-api";
import { invalid } from "../rest/api-error.ts";

/** A field of a schema as the REST API spells it. */
export interface Field {
  name: string;
  type: string;
  mode?: string;
  description?: string;
  fields?: Field[];
  /** Of a select's column that is a bare NULL: its type is whatever is wanted. */
  isNull?: true;
}

/** Either name of a type that the API accepts, to the one it answers with. */
const answered: Readonly<Record<string, string>> = {
  INT64: "INTEGER",
  FLOAT64: "FLOAT",
  BOOL: "BOOLEAN",
  STRUCT: "RECORD",
};

/** Kept for BigQuery's own columns, in any case. */
const RESERVED = /^(_PARTITION|_TABLE_|_FILE_|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER)/i;

/** Throws as BigQuery does for a name that it does not take. */
export function refuseNames(fields: readonly Field[]): void {
  for (const { name } of fields) {
    if (RESERVED.test(name)) {
      throw invalid(
        `Invalid field name "${name}". Field names are not allowed to start with the (case-insensitive) prefixes _PARTITION, _TABLE_, _FILE_, _ROW_TIMESTAMP, __ROOT__ and _COLIDENTIFIER`,
      );
    }
    if (!/^[A-Za-z_]\w{0,299}$/.test(name)) throw invalid(`Invalid field name "${name}".`);
  }
  const names = fields.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`Duplicate field name: ${twice}`);
}

export function canonical(field: Field): Field {
  const type = answered[field.type.toUpperCase()] ?? field.type.toUpperCase();
  const inner = field.fields === undefined ? {} : { fields: field.fields.map(canonical) };
  return { ...field, type, mode: field.mode ?? "NULLABLE", ...inner };
}

const engineTypes: Readonly<Record<string, string>> = {
  STRING: "VARCHAR",
  INTEGER: "BIGINT",
  FLOAT: "DOUBLE",
  BOOLEAN: "BOOLEAN",
  NUMERIC: "DECIMAL(38,9)",
  BIGNUMERIC: "DECIMAL(38,9)",
  DATE: "DATE",
  TIME: "TIME",
  DATETIME: "TIMESTAMP",
  TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
  JSON: "JSON",
  BYTES: "BLOB",
};

/** DuckDB's type that holds a field. */
export function engineType(field: Field): string {
  const inner = (field.fields ?? []).map((item) => `${quote(item.name)} ${engineType(item)}`).join(", ");
  const type = field.type === "RECORD" ? `STRUCT(${inner})` : engineTypes[field.type];
  if (type === undefined) throw invalid(`Invalid value for type: ${field.type} is not a valid value`);
  return field.mode === "REPEATED" ? `${type}[]` : type;
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Schema of a select's answer. */
export async function schemaOf(connection: DuckDBConnection, sql: string): Promise<Field[]> {
  const result = await connection.run(`SELECT * FROM (${sql}) LIMIT 0`);
  return result.deduplicatedColumnNames().map((name, index) => fieldOf(name, result.columnType(index)));
}

function fieldOf(name: string, type: DuckDBType): Field {
  if (type instanceof DuckDBListType) return { ...fieldOf(name, type.valueType), mode: "REPEATED" };
  if (type instanceof DuckDBStructType) {
    const fields = type.entryNames.map((entry, index) => fieldOf(entry, type.entryTypes[index]!));
    return { name, type: "RECORD", mode: "NULLABLE", fields };
  }
  const text = type.alias === "JSON" ? "JSON" : String(type);
  const known = Object.entries(engineTypes).find(
    ([bigquery, duckdb]) => duckdb === text && bigquery !== "BIGNUMERIC",
  );
  const isNull = type.typeId === DuckDBTypeId.SQLNULL;
  return { name, type: known?.[0] ?? widened(text), mode: "NULLABLE", ...(isNull ? { isNull } : {}) };
}

function widened(type: string): string {
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return "INTEGER";
  if (type.startsWith("DECIMAL")) return "NUMERIC";
  return type === "FLOAT" ? "FLOAT" : "STRING";
}

/** A value as the REST API writes it with `useInt64Timestamp`: text for every scalar, `{v}` for items, `{f}` for records. */
export function restValue(field: Field, value: DuckDBValue): unknown {
  if (value === null) return field.mode === "REPEATED" ? [] : null;
  if (value instanceof DuckDBListValue) {
    const item = { ...field, mode: "NULLABLE" };
    return value.items.map((entry) => ({ v: restValue(item, entry) }));
  }
  if (value instanceof DuckDBStructValue) {
    return {
      f: (field.fields ?? []).map((inner) => ({ v: restValue(inner, value.entries[inner.name] ?? null) })),
    };
  }
  if (value instanceof DuckDBTimestampTZValue) return value.micros.toString();
  if (value instanceof DuckDBTimestampValue) return value.toString().replace(" ", "T");
  if (field.type === "BYTES") return Buffer.from((value as { bytes: Uint8Array }).bytes).toString("base64");
  if (field.type === "NUMERIC")
    return String(value)
      .replace(/(\.\d*?)0+$/, "$1")
      .replace(/\.$/, "");
  return String(value);
}
