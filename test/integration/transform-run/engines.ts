import { join } from "node:path";
import {
  duckdbMacros,
  openBigqueryWarehouse,
  openDuckdbWarehouse,
  type Warehouse,
} from "@lifecycle/warehouse";
import { startBigqueryServer } from "../../fakes/bigquery-server.ts";
import { productTranslation } from "../../fakes/translation.ts";

/** No credentials are looked for: the fake asks for none. */
process.env.METADATA_SERVER_DETECTION = "none";

/** An engine, with how much one test may do on it: the fake takes ten times as long for a build. */
export interface PartsOf {
  engine: Warehouse["engine"];
  steps: number;
  seeds: readonly number[];
  open(folder: string): Promise<{ warehouse: Warehouse; dispose(): Promise<void> }>;
}

export const engines: Readonly<Record<Warehouse["engine"], PartsOf>> = {
  duckdb: {
    engine: "duckdb",
    steps: 5,
    seeds: [1],
    async open(folder) {
      const warehouse = await openDuckdbWarehouse({ path: join(folder, "w.duckdb"), dataset: "ds" });
      return { warehouse, dispose: () => warehouse.close() };
    },
  },
  bigquery: {
    engine: "bigquery",
    steps: 3,
    seeds: [1],
    async open() {
      const server = await startBigqueryServer({
        translate: await productTranslation(),
        setup: duckdbMacros,
      });
      const warehouse = await openBigqueryWarehouse({
        projectId: server.project,
        location: "EU",
        apiEndpoint: server.url,
        dataset: "ds",
        retryDelayMs: 5,
        pollDelayMs: 2,
      });
      return {
        warehouse,
        async dispose() {
          await warehouse.close();
          await server.close();
        },
      };
    },
  },
};
