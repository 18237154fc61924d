import { datasetsOf, rejectedRowTable, type Warehouse } from "../warehouse.ts";
import { bigqueryBuilds } from "./build-ledger.ts";
import { type BigquerySettings, openConnection } from "./client.ts";
import { eraseRows } from "./erase.ts";
import { exportParquet } from "./export.ts";
import { grant } from "./grants.ts";
import { dailyCompaction, modelIntervalTable, rawLoadTable } from "./ledger-tables.ts";
import { loadFiles } from "./load.ts";
import { loadCsv } from "./load-csv.ts";
import { materialise } from "./models.ts";
import { publish } from "./publish.ts";
import { runQuery } from "./query.ts";
import { RawLedger } from "./raw-ledger.ts";
import { ensureDataset, ensureTable } from "./schema.ts";

/** The warehouse in BigQuery: any number of processes may hold one. Nothing is contacted before the first call. */
export async function openBigqueryWarehouse(settings: BigquerySettings): Promise<Warehouse> {
  const datasets = datasetsOf(settings.dataset ?? "lifecycle");
  const connection = await openConnection(settings);
  const datasetsReady = onceDone(async () => {
    for (const dataset of Object.values(datasets)) await ensureDataset(connection, dataset);
    for (const { table, columns, clusterBy } of [rawLoadTable, modelIntervalTable])
      await ensureTable(connection, datasets.build, table, columns, clusterBy);
  });
  const ledger = new RawLedger(connection, datasets);
  const compactIntervals = dailyCompaction(connection, datasets);
  return {
    engine: "bigquery",
    datasets,
    async bootstrap(tables = []) {
      await datasetsReady();
      for (const { table, columns } of [rejectedRowTable, ...tables]) {
        await ensureTable(connection, datasets.raw, table, columns);
      }
    },
    async load(request, { signal } = {}) {
      await datasetsReady();
      signal?.throwIfAborted();
      const context = { connection, datasets, ledger };
      return request.csv ? loadCsv(context, request, request.csv) : loadFiles(context, request);
    },
    async erase(request) {
      await datasetsReady();
      return eraseRows(connection, datasets.raw, ledger, request);
    },
    async materialise(request) {
      await datasetsReady();
      const outcome = await materialise(connection, datasets, request);
      if (request.partitionBy !== undefined) await compactIntervals();
      return outcome;
    },
    builds: bigqueryBuilds(connection, datasets, ledger),
    publish: (table, jobId) => publish(connection, datasets, table, jobId),
    grant: (table, members) => grant(connection, datasets.published, table, members),
    query: (sql, options) => runQuery(connection, datasets, sql, options),
    exportParquet: (table, path) => exportParquet(connection, datasets.published, table, path),
    close: async () => undefined,
  };
}

/** Does the work when it is first wanted, and again only while it has not succeeded. */
function onceDone(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work().catch((error) => {
      done = undefined;
      throw error;
    });
    return done;
  };
}
