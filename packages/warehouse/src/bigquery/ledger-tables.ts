import type { TableContract } from "@lifecycle/contracts";

/**
 * The two tables of the ledger that lie in `<ds>_build` beside the tables they tell of. Rows are only ever added: BigQuery lets any
 * number of INSERTs run at once, of other changes to a table two.
 */
export const rawLoadTable: TableContract = {
  table: "_raw_load",
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

export const modelIntervalTable: TableContract = {
  table: "_model_interval",
  columns: [
    { name: "model", type: "STRING" },
    { name: "partition_date", type: "DATE" },
    { name: "version", type: "INT64", description: "the build that made this day" },
    { name: "hash", type: "STRING" },
    { name: "inputs", type: "STRING", description: "version of each input, as JSON" },
  ],
};
