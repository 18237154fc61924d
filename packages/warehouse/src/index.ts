export { type CsvInspection, type InspectOptions, inspectCsv } from "./csv/inspect.ts";
export type { DuckdbSettings } from "./duckdb/database.ts";
export {
  type DuckdbWarehouse,
  type DuckdbWarehouseSettings,
  openDuckdbWarehouse,
} from "./duckdb/duckdb-warehouse.ts";
export { WAREHOUSE_BUSY_EXIT_CODE } from "./duckdb/errors.ts";
export { duckdbMacros } from "./duckdb/macros.sql.ts";
export { connectWarehouse } from "./service/connect.ts";
export { type QueryService, type ServeOptions, serveQueries } from "./service/serve.ts";
export * from "./warehouse.ts";
