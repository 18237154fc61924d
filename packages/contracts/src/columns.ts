import { z } from "zod";

/** BigQuery's names for types; both engines map from these. */
export const ColumnType = z.enum([
  "STRING",
  "INT64",
  "FLOAT64",
  "NUMERIC",
  "BOOL",
  "DATE",
  "DATETIME",
  "TIMESTAMP",
  "JSON",
  "BYTES",
]);
export type ColumnType = z.infer<typeof ColumnType>;

export const Column = z.object({
  name: z.string().regex(/^[a-z_][a-z0-9_]*$/, "expected a snake_case column name"),
  type: ColumnType,
  required: z.boolean().optional(),
  description: z.string().optional(),
  /** Personal data: hashed before landing unless the policy says otherwise. */
  pii: z.boolean().optional(),
});
export type Column = z.infer<typeof Column>;

/** A raw table: what loads write. */
export interface TableContract {
  table: string;
  columns: readonly Column[];
}

/** Audit columns that every raw row carries (PRODUCT invariant 9); landed rows hold all of them already. */
export const stampColumns: readonly Column[] = [
  { name: "workspace", type: "STRING", required: true },
  { name: "window_from", type: "DATE" },
  { name: "window_until", type: "DATE" },
  { name: "pass", type: "INT64", required: true },
  { name: "data_state", type: "STRING", required: true },
  { name: "_run_id", type: "STRING", required: true },
  { name: "_load_id", type: "STRING", required: true },
  { name: "_extracted_at", type: "TIMESTAMP", required: true },
];
