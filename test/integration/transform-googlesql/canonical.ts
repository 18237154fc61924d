import { type DuckDBType, DuckDBTypeId, type DuckDBValue } from "@duckdb/node-api";

/**
 * One text per value for both engines: whole numbers as digits, other numbers to 14 significant digits (sums of floats are
 * added in another order), instants as microseconds, structs as lists. Types stay apart: INT64 5 is `"5"`, FLOAT64 5 is `"5.0"`.
 */
export function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0.0";
  const text = String(Number(value.toPrecision(14)));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Keys in order, no spaces. */
export function canonicalJson(text: string): string {
  return JSON.stringify(sorted(JSON.parse(text)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** DuckDB's value in the same form. */
export function canonicalDuckdb(value: DuckDBValue, type: DuckDBType): unknown {
  if (value === null) return null;
  if (type.alias === "JSON") return canonicalJson(String(value));
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      return String(value);
    case DuckDBTypeId.BOOLEAN:
      return value;
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.FLOAT:
      return canonicalNumber(Number(value));
    case DuckDBTypeId.DECIMAL:
      return canonicalNumber(Number(String(value)));
    case DuckDBTypeId.TIMESTAMP_TZ:
      return `${(value as { micros: bigint }).micros}us`;
    case DuckDBTypeId.TIMESTAMP: {
      const [day, time = "00:00:00"] = String(value).split(" ");
      const [clock, fraction = ""] = time.split(".");
      return `${day} ${clock}.${fraction.padEnd(6, "0")}`;
    }
    case DuckDBTypeId.BLOB:
      return `0x${Buffer.from((value as unknown as { bytes: Uint8Array }).bytes).toString("hex")}`;
    case DuckDBTypeId.LIST: {
      const inner = (type as unknown as { valueType: DuckDBType }).valueType;
      return (value as unknown as { items: DuckDBValue[] }).items.map((item) => canonicalDuckdb(item, inner));
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type as unknown as {
        entryNames: string[];
        entryTypes: DuckDBType[];
      };
      const { entries } = value as unknown as { entries: Record<string, DuckDBValue> };
      return entryNames.map((name, index) => canonicalDuckdb(entries[name]!, entryTypes[index]!));
    }
    default:
      return String(value);
  }
}
