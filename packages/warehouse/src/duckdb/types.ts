import { type DuckDBType, DuckDBTypeId } from "@duckdb/node-api";
import type { ColumnType } from "@lifecycle/contracts";

/** BigQuery's type to DuckDB's, as DuckDB itself spells it in its catalogue. */
export const duckdbTypes = {
  STRING: "VARCHAR",
  INT64: "BIGINT",
  FLOAT64: "DOUBLE",
  NUMERIC: "DECIMAL(38,9)",
  BOOL: "BOOLEAN",
  DATE: "DATE",
  DATETIME: "TIMESTAMP",
  TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
  JSON: "JSON",
  BYTES: "BLOB",
} as const satisfies Record<ColumnType, string>;

const fromDuckdb = new Map<string, string>(
  Object.entries(duckdbTypes).map(([ours, theirs]) => [theirs, ours]),
);

/** BigQuery's name for a type of DuckDB's catalogue; DuckDB's own where there is none. */
export function bigqueryTypeName(duckdbType: string): string {
  return fromDuckdb.get(duckdbType) ?? duckdbType;
}

/** BigQuery's name for the type of a result column. Integers of any width are INT64, lists ARRAY, structs STRUCT. */
export function resultTypeName(type: DuckDBType): string {
  if (type.alias === "JSON") return "JSON";
  switch (type.typeId) {
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return "INT64";
    case DuckDBTypeId.FLOAT:
      return "FLOAT64";
    case DuckDBTypeId.DECIMAL:
      return "NUMERIC";
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return "ARRAY";
    case DuckDBTypeId.STRUCT:
      return "STRUCT";
    default:
      return bigqueryTypeName(String(type));
  }
}
