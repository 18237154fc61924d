import type { BigqueryFinding } from "./bigquery/check.ts";
import type { BigquerySettings } from "./bigquery/client.ts";
import type { CsvInspection, InspectOptions } from "./csv/inspect.ts";
import type { DuckdbWarehouse, DuckdbWarehouseSettings } from "./duckdb/duckdb-warehouse.ts";
import type { Warehouse } from "./warehouse.ts";

// Each engine is loaded when it is first wanted: a process that only asks the owner carries neither.

/** See `duckdb/duckdb-warehouse.ts`. Throws `RetryableError warehouse.busy` while another process owns the file. */
export async function openDuckdbWarehouse(settings: DuckdbWarehouseSettings): Promise<DuckdbWarehouse> {
  return (await import("./duckdb/duckdb-warehouse.ts")).openDuckdbWarehouse(settings);
}

/** See `bigquery/bigquery-warehouse.ts`. */
export async function openBigqueryWarehouse(settings: BigquerySettings): Promise<Warehouse> {
  return (await import("./bigquery/bigquery-warehouse.ts")).openBigqueryWarehouse(settings);
}

/** See `bigquery/dry-run.ts`. */
export async function bytesProcessed(
  settings: BigquerySettings,
  statements: readonly string[],
): Promise<(number | undefined)[]> {
  return (await import("./bigquery/dry-run.ts")).bytesProcessed(settings, statements);
}

/** See `bigquery/check.ts`. */
export async function checkBigquery(settings: BigquerySettings): Promise<BigqueryFinding[]> {
  return (await import("./bigquery/check.ts")).checkBigquery(settings);
}

/** See `csv/inspect.ts`. */
export async function inspectCsv(path: string, options: InspectOptions = {}): Promise<CsvInspection> {
  return (await import("./csv/inspect.ts")).inspectCsv(path, options);
}
