import type { TableContract } from "@lifecycle/contracts";
import type { Datasets } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId } from "./ids.ts";
import { qualified } from "./sql.ts";
import { runStatement } from "./statements.ts";

/** A table of the ledger. Clustered, so that what is asked of one table does not read the rows of all. */
export interface LedgerTable extends TableContract {
  clusterBy: readonly string[];
}

/**
 * The two tables of the ledger that lie in `<ds>_build` beside the tables they tell of. Builds and loads only add rows: BigQuery lets any
 * number of INSERTs run at once, of other changes to a table two.
 */
export const rawLoadTable: LedgerTable = {
  table: "_raw_load",
  clusterBy: ["table_name"],
  columns: [
    { name: "table_name", type: "STRING" },
    { name: "load_id", type: "STRING" },
    { name: "incarnation", type: "STRING", description: "which table of that name: its creation time" },
    { name: "version", type: "INT64", description: "grows with every event of a table" },
    { name: "content", type: "STRING", description: "digest of the files" },
    { name: "row_count", type: "INT64" },
    { name: "extracted_from", type: "TIMESTAMP" },
    { name: "extracted_until", type: "TIMESTAMP" },
    { name: "is_replaced", type: "BOOL", description: "no row of an earlier load is left" },
  ],
};

export const modelIntervalTable: LedgerTable = {
  table: "_model_interval",
  clusterBy: ["model"],
  columns: [
    { name: "model", type: "STRING" },
    { name: "partition_date", type: "DATE" },
    { name: "version", type: "INT64", description: "the build that made this day" },
    { name: "hash", type: "STRING" },
    { name: "inputs", type: "STRING", description: "version of each input, as JSON" },
  ],
};

/** Rows of days that were built again since tell nothing any more. */
function supersededSql(datasets: Datasets): string {
  const intervals = qualified(datasets.build, modelIntervalTable.table);
  return `DELETE FROM ${intervals} AS old WHERE EXISTS (
  SELECT 1 FROM ${intervals} AS newer
  WHERE newer.model = old.model AND newer.partition_date = old.partition_date AND newer.version > old.version)`;
}

/**
 * Takes superseded rows out of `_model_interval`: once a UTC day, however many processes ask, by the id of the job, so that it never runs
 * beside itself. Never throws: a ledger that stays long costs bytes and says the same.
 */
export function dailyCompaction(connection: Connection, datasets: Datasets): () => Promise<void> {
  let lastDay = "";
  return async () => {
    const day = new Date().toISOString().slice(0, 10);
    if (day === lastDay) return;
    lastDay = day;
    const { table } = modelIntervalTable;
    await runStatement(connection, {
      id: bigqueryJobId("compact", datasets.build, table, day),
      doing: `compact ${table}`,
      kind: "ledger",
      table,
      sql: supersededSql(datasets),
    }).catch(() => undefined);
  };
}
