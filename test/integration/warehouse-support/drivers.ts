import { join } from "node:path";
import {
  duckdbMacros,
  openBigqueryWarehouse,
  openDuckdbWarehouse,
  type Warehouse,
} from "@lifecycle/warehouse";
import { type BigqueryServer, startBigqueryServer } from "../../fakes/bigquery-server.ts";
import { productTranslation } from "../../fakes/translation.ts";

/** No credentials are looked for: the fake asks for none. */
process.env.METADATA_SERVER_DETECTION = "none";

export interface Driver {
  name: string;
  open(folder: string): Promise<{ warehouse: Warehouse; dispose(): Promise<void> }>;
}

/** The few words in which the suite's BigQuery SQL differs from DuckDB's; the product's own rewrite has its own tests. */
export function toDuckdb(sql: string): string {
  return sql
    .replaceAll("`", '"')
    .replace(/\bAS NUMERIC\)/g, "AS DECIMAL(38,9))")
    .replace(/\bAS TIMESTAMP\)/g, "AS TIMESTAMPTZ)")
    .replace(/\bAS (INT64)\)/g, "AS BIGINT)")
    .replace(/\bAS (FLOAT64)\)/g, "AS DOUBLE)")
    .replace(/\bAS (STRING)\)/g, "AS VARCHAR)")
    .replace(/\bAS (BYTES)\)/g, "AS BLOB)");
}

const product = await productTranslation();

/** What the driver writes is BigQuery's; what the suite asks is of the part that both engines read, which the rewrite does not all take. */
function translate(sql: string, defaultDataset: string | undefined): string {
  try {
    return product(sql, defaultDataset);
  } catch {
    return toDuckdb(sql);
  }
}

export async function startFake(
  options: { runningLooks?: number; jobDelayMs?: number } = {},
): Promise<BigqueryServer> {
  return startBigqueryServer({ translate, setup: duckdbMacros, ...options });
}

export function connectTo(server: BigqueryServer, more: { retryDelayMs?: number } = {}): Promise<Warehouse> {
  return openBigqueryWarehouse({
    projectId: server.project,
    location: "EU",
    apiEndpoint: server.url,
    retryDelayMs: 5,
    pollDelayMs: 2,
    ...more,
  });
}

/** Where a fake answers for a table: for what the driver has no word for. */
export function tableUrl({ url, project }: BigqueryServer, dataset: string, table: string): string {
  return `${url}/bigquery/v2/projects/${project}/datasets/${dataset}/tables/${table}`;
}

export interface OpenFake {
  server: BigqueryServer;
  warehouse: Warehouse;
  dispose(): Promise<void>;
}

/** A fake with a warehouse on it. */
export async function openFake(options: { runningLooks?: number } = {}): Promise<OpenFake> {
  const server = await startFake(options);
  const warehouse = await connectTo(server);
  return {
    server,
    warehouse,
    async dispose() {
      await warehouse.close();
      await server.close();
    },
  };
}

export const drivers: readonly Driver[] = [
  {
    name: "DuckDB",
    async open(folder) {
      const warehouse = await openDuckdbWarehouse({ path: join(folder, "warehouse.duckdb") });
      return { warehouse, dispose: () => warehouse.close() };
    },
  },
  { name: "BigQuery over HTTP", open: () => openFake({ runningLooks: 1 }) },
];

/** BigQuery says that a table is missing; to DuckDB it is SQL that does not bind. */
export const NO_TABLE = /^warehouse\.(table_missing|sql_failed)$/;
