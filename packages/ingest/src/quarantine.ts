import { stampColumns, type TableContract } from "@lifecycle/contracts";

/** Rows that were set aside before loading: what they are, why, and the row itself. */
export const quarantineTable: TableContract = {
  table: "raw_quarantine",
  columns: [
    { name: "resource", type: "STRING", required: true },
    { name: "object_id", type: "STRING" },
    { name: "target", type: "STRING", required: true },
    { name: "reason", type: "STRING", required: true },
    { name: "row", type: "JSON" },
    ...stampColumns,
  ],
};
