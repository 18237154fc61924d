export { type CsvInspection, type InspectOptions, inspectCsv } from "./csv/inspect.ts";
export type { DuckdbSettings } from "./duckdb/database.ts";
export { type DuckdbWarehouseSettings, openDuckdbWarehouse } from "./duckdb/duckdb-warehouse.ts";
export { WAREHOUSE_BUSY_EXIT_CODE } from "./duckdb/errors.ts";
export { duckdbMacros } from "./duckdb/macros.sql.ts";
export * from "./warehouse.ts";
