import { join } from "node:path";
import { InputError } from "@lifecycle/contracts";
import type { RoleContext } from "@lifecycle/runtime";
import {
  bigquerySettings,
  openBigqueryWarehouse,
  openDuckdbWarehouse,
  serveQueries,
  type Warehouse,
} from "@lifecycle/warehouse";

export interface OpenWarehouse {
  warehouse: Warehouse;
  /** Where others ask this process; undefined with BigQuery, which everybody asks directly. */
  queriesUrl: string | undefined;
}

/** Opens the engine of the settings; the other one is not even loaded. */
export async function openWarehouse(context: RoleContext, queriesOnly: boolean): Promise<OpenWarehouse> {
  const { settings, shutdown } = context;
  if (settings.warehouse.engine === "duckdb") return openFile(context);
  if (queriesOnly)
    throw new InputError(
      "worker.no_queries_only",
      "--queries-only is for DuckDB: BigQuery is asked directly.",
    );
  const warehouse = await openBigqueryWarehouse(bigquerySettings(settings));
  shutdown.onClose("warehouse", () => warehouse.close());
  return { warehouse, queriesUrl: undefined };
}

/** This process owns the file from now on, and answers for it. */
async function openFile({ settings, shutdown }: RoleContext): Promise<OpenWarehouse> {
  const { duckdb, dataset, query } = settings.warehouse;
  const warehouse = await openDuckdbWarehouse({
    path: duckdb.path,
    memoryLimit: duckdb.memory_limit,
    threads: duckdb.threads,
    dataset,
  });
  shutdown.onClose("warehouse", () => warehouse.close());
  const service = await serveQueries(warehouse, {
    stateDir: join(settings.home, ".runtime"),
    maxRows: query.max_rows * 100,
    timeoutMs: query.timeout_ms,
  });
  shutdown.onClose("query service", () => service.close());
  return { warehouse, queriesUrl: service.url };
}
