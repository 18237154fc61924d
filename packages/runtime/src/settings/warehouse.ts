import { basename } from "node:path";
import { z } from "zod";
import { HttpUrl, int, milliseconds } from "./values.ts";

export const Warehouse = z
  .strictObject({
    engine: z.enum(["duckdb", "bigquery"]).default("duckdb"),
    dataset: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,60}$/, "expected lower-case letters, digits and _")
      .default("lifecycle"),
    duckdb: z
      .strictObject({
        path: z.string().min(1).default("./data/warehouse/warehouse.duckdb"),
        memory_limit: z
          .string()
          .regex(/^\d+(\.\d+)?\s?(KB|MB|GB|KiB|MiB|GiB)$/, "expected a size such as 160MB")
          .default("160MB"),
        threads: int(1, 256).default(1),
      })
      .prefault({}),
    bigquery: z
      .strictObject({
        project: z.string().min(1).optional(),
        location: z.string().min(1).default("US"),
        /** A service account key file; without it the machine's own identity is used. */
        credentials_file: z.string().min(1).optional(),
        /** Another API address, for the fake of the tests. */
        api_endpoint: HttpUrl.optional(),
        /** A query that would bill more fails, at no charge. */
        max_bytes_billed: int(0, Number.MAX_SAFE_INTEGER).optional(),
        /** What the building and testing of one run may bill together, as far as one process does it. */
        max_bytes_billed_per_run: int(0, Number.MAX_SAFE_INTEGER).optional(),
        /** A job that takes longer is stopped by BigQuery. */
        job_timeout_ms: milliseconds(1_000).default(3_600_000),
        /** First pause between two looks at a running job; it grows to twenty times that. */
        poll_ms: milliseconds().default(250),
        /** Pause before a request is sent a second time, doubled up to the fifth. */
        retry_ms: milliseconds().default(500),
      })
      .prefault({}),
    /** Days, today included, that tables partitioned by day keep; absent means all of them. */
    retention_days: int(1, 36_600).optional(),
    query: z
      .strictObject({ max_rows: int(1, 1e7).default(10_000), timeout_ms: milliseconds().default(60_000) })
      .prefault({}),
  })
  .prefault({})
  .superRefine((warehouse, context) => {
    if (basename(warehouse.duckdb.path, ".duckdb") === warehouse.dataset) {
      const message = "expected a file name other than the dataset's: DuckDB could not tell the two apart";
      context.addIssue({ code: "custom", path: ["duckdb", "path"], message });
    }
    if (warehouse.engine !== "bigquery" || warehouse.bigquery.project) return;
    const message = "expected a project, because warehouse.engine is bigquery";
    context.addIssue({ code: "custom", path: ["bigquery", "project"], message });
  });
