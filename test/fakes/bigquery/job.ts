import type { DuckDBConnection } from "@duckdb/node-api";
import type { ApiError } from "../rest/api-error.ts";
import type { Catalogue } from "./catalogue.ts";
import type { JobConfiguration } from "./configuration.ts";
import type { Field } from "./types.ts";

/** BigQuery SQL to DuckDB's; a table without a dataset is in `defaultDataset`. */
export type Translate = (sql: string, defaultDataset: string | undefined) => string | Promise<string>;

/** What was decided about a job before it began. */
export interface JobFate {
  /** It is taken and fails with this, without effect. */
  failure?: ApiError;
  /** It stays pending until `release`. */
  held?: boolean;
}

export interface FakeJob {
  id: string;
  location: string;
  configuration: JobConfiguration;
  state: "PENDING" | "RUNNING" | "DONE";
  /** It waits for `release`. */
  held: boolean;
  error?: ApiError;
  statistics: Record<string, unknown>;
  /** Where the rows of a query's answer lie. */
  answer?: { relation: string; fields: Field[]; rows: number };
  /** Ids of the jobs that were running when it began to. */
  beside: readonly string[];
  /** Times the job is still said to be running before the truth is told. */
  pretendRunning: number;
  done: Promise<void>;
  cancel(why?: string): void;
}

/** What a job works on while it runs, in a transaction of its own. */
export interface JobWork {
  job: FakeJob;
  connection: DuckDBConnection;
  catalogue: Catalogue;
  translate: Translate;
  /** A name for the schema of what a statement works on. */
  scratch(): string;
}
