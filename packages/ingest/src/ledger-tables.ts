import { stampColumns, type TableContract } from "@lifecycle/contracts";

/**
 * What the ledger says, as rows: the raw side of `ops_run`, `ops_load`, `ops_audit`. Every publish adds the runs that changed; the
 * newest row of a run counts. The workspace, window and pass of a row are those of the run it describes.
 */
export const ledgerTables: readonly TableContract[] = [
  {
    table: "raw_run",
    columns: [
      { name: "run_id", type: "STRING", required: true },
      { name: "pipeline", type: "STRING", required: true },
      { name: "trigger", type: "STRING", required: true },
      { name: "requested_by", type: "STRING", required: true },
      { name: "requested_at", type: "TIMESTAMP", required: true },
      { name: "priority", type: "INT64" },
      { name: "source_uri", type: "STRING" },
      { name: "source_sha256", type: "STRING" },
      { name: "object_ids", type: "JSON" },
      { name: "reopens", type: "STRING" },
      { name: "status", type: "STRING", required: true, description: "running, complete, partial or failed" },
      { name: "settled_at", type: "TIMESTAMP" },
      { name: "planned_parts", type: "INT64" },
      { name: "landed_parts", type: "INT64" },
      { name: "loaded_rows", type: "INT64" },
      { name: "rejected_rows", type: "INT64" },
      ...stampColumns,
    ],
  },
  {
    table: "raw_load",
    columns: [
      { name: "load_id", type: "STRING", required: true },
      { name: "run_id", type: "STRING", required: true },
      { name: "pipeline", type: "STRING", required: true },
      { name: "resource", type: "STRING", required: true },
      { name: "table_name", type: "STRING", required: true },
      { name: "row_count", type: "INT64", required: true },
      { name: "file_count", type: "INT64" },
      { name: "rejected_rows", type: "INT64" },
      { name: "loaded_at", type: "TIMESTAMP", required: true },
      ...stampColumns,
    ],
  },
  {
    table: "raw_dead_letter",
    columns: [
      { name: "run_id", type: "STRING", required: true },
      { name: "work", type: "STRING", required: true },
      { name: "queue", type: "STRING" },
      { name: "job_id", type: "STRING" },
      { name: "resource", type: "STRING" },
      { name: "object_id", type: "STRING" },
      { name: "object_name", type: "STRING" },
      { name: "code", type: "STRING", required: true },
      { name: "message", type: "STRING" },
      { name: "failed_at", type: "TIMESTAMP", required: true },
      ...stampColumns,
    ],
  },
  {
    table: "raw_api_call",
    columns: [
      { name: "run_id", type: "STRING", required: true },
      { name: "bucket", type: "STRING", required: true },
      { name: "hour", type: "TIMESTAMP", required: true },
      { name: "calls", type: "INT64", required: true, description: "answered calls that landed something" },
      { name: "bucket_limit", type: "INT64", description: "calls that the bucket allows per window" },
      { name: "window_seconds", type: "INT64" },
      { name: "our_share", type: "FLOAT64", description: "the part of the bucket that is ours" },
      ...stampColumns,
    ],
  },
  {
    table: "raw_api_refusal",
    columns: [
      { name: "bucket", type: "STRING", required: true },
      { name: "hour", type: "TIMESTAMP", required: true },
      { name: "process", type: "STRING", required: true, description: "who counted" },
      { name: "calls", type: "INT64", required: true, description: "calls that a limit refused" },
      { name: "bucket_limit", type: "INT64" },
      { name: "window_seconds", type: "INT64" },
      { name: "our_share", type: "FLOAT64" },
      ...stampColumns,
    ],
  },
];
