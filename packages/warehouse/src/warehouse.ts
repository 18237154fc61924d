import { type Column, type LandedFile, stampColumns, type TableContract } from "@lifecycle/contracts";
import type { BuildLedger, BuildMode } from "./builds.ts";
import type { EraseRequest } from "./erase.ts";

/** How a person's CSV file is read where it lies: every source column as text, the rest as constants. */
export interface CsvRead {
  /** Hex sha-256 of the file: `_source_sha256` of each row. */
  sha256: string;
  /** Value of each stamp column, the same for every row of the file. */
  stamps: Readonly<Record<string, string | number | null>>;
  /** Text of the header for a declared column; a column that is not here is looked up by its own name. */
  headers?: Readonly<Record<string, string>>;
  /** One character, `,` unless told. */
  delimiter?: string;
  /**
   * What becomes of columns tagged as personal: hashed (HMAC-SHA256, with the key as its two padded blocks in hex) or emptied. Absent
   * keeps them.
   */
  personal?: { inner: string; outer: string } | "drop";
  /** Rejected ÷ (rejected + read) above which the whole file is refused: 0 tolerates none, 1 any. */
  maxRejectRatio: number;
  /** A record longer than this is set aside; 2,000,000 unless told. */
  maxLineBytes?: number;
}

export interface LoadRequest {
  /** Names the load and stands in `_load_id` of each of its rows. Loading it again replaces its own rows. */
  loadId: string;
  table: string;
  columns: readonly Column[];
  /** `uri` is a path on this machine, a `file://` URL or (BigQuery) `gs://`. */
  files: readonly LandedFile[];
  /** `replace`: the table's content and shape become those of this load. */
  disposition: "append" | "replace";
  /** Given for a file source: the files are CSV as a person made them. */
  csv?: CsvRead;
}

export interface LoadOutcome {
  rows: number;
  /** Records set aside in `raw_rejected_row` (CSV only). */
  rejected: number;
}

/** What several jobs may be billed together. BigQuery asks it before each job of a call; DuckDB, which bills nothing, never. */
export interface Allowance {
  /**
   * Sets aside what a job is expected to be billed; undefined: nobody knows. Waits while others have set aside too much for it; with nobody
   * else at work it gets all that is left, which may be less than it wants. Throws `FatalError warehouse.cost_capped` when nothing is left.
   */
  hold(bytes: number | undefined): Promise<Hold>;
}

/** The job may bill this much; `settle` says what it did, also when it failed. */
export interface Hold {
  bytes: number;
  settle(billed: number): void;
}

export interface MaterialiseRequest {
  table: string;
  /** One SELECT, compiled for this engine, table names qualified. */
  sql: string;
  /** Names and types of the result in order; each is cast. Without it the engine's own types stand. */
  columns?: readonly Column[];
  partitionBy?: string;
  clusterBy?: readonly string[];
  /** Made from meaning: the same id is the same build. */
  jobId: string;
  how?: BuildMode;
  /** Kept in the ledger of builds with the table: of what decided the rows, and the version of each input. */
  hash?: string;
  inputs?: Readonly<Record<string, number>>;
  /** BigQuery refuses, without charge, a statement that would bill more; DuckDB bills nothing. */
  maxBytesBilled?: number;
  /** Shared with whatever else runs at the same time. */
  allowance?: Allowance;
}

export interface MaterialiseOutcome {
  /** Rows of the table now. */
  rows: number;
  /** What BigQuery charges for the build. */
  bytesBilled?: number;
  /** What the ledger of builds calls this build. */
  version: number;
}

export interface QueryOptions {
  /** Rows kept of the answer; 10,000 unless told. */
  maxRows?: number;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** As of a build. With one of them the answer tells what was billed. */
  maxBytesBilled?: number;
  allowance?: Allowance;
}

/** Rows as arrays in the order of `columns`; values are JSON-safe (see `values.ts` of each driver). */
export interface QueryResult {
  columns: { name: string; type: string }[];
  rows: unknown[][];
  /** More rows than `maxRows` existed. */
  truncated: boolean;
  /** BigQuery's charge, where a cap or an allowance was given. */
  bytesBilled?: number;
}

/** What can be asked of a live warehouse without changing it. */
export interface QueryTarget {
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  close(): Promise<void>;
}

/**
 * Only what both engines do atomically: after a crash anywhere, each call has either happened or not.
 * Throws `RetryableError`, `FatalError` or `InputError` with a `warehouse.*` or `source.*` code, never an engine's own error.
 */
export interface Warehouse extends QueryTarget {
  readonly engine: "duckdb" | "bigquery";
  readonly datasets: Datasets;
  /** Creates the three datasets and those raw tables that do not exist yet, and adds the columns that others lack. Doing it again changes nothing. */
  bootstrap(tables?: readonly TableContract[]): Promise<void>;
  /**
   * `signal`: a load that stops rejects with its reason and leaves nothing. DuckDB stops at any moment; BigQuery looks only before it
   * begins, then finishes.
   */
  load(request: LoadRequest, options?: { signal?: AbortSignal | undefined }): Promise<LoadOutcome>;
  /** Takes rows out of a raw table for good; a table that does not exist has none. Answers how many. */
  erase(request: EraseRequest): Promise<{ rows: number }>;
  /** Builds `<ds>_build.<table>` aside. It counts as unaudited until `builds.audit`. */
  materialise(request: MaterialiseRequest): Promise<MaterialiseOutcome>;
  readonly builds: BuildLedger;
  /**
   * `<ds>_build.<table>` becomes `<ds>.<table>`: readers see the old rows or the new ones. Throws `FatalError warehouse.not_audited`
   * when the build has not passed its tests, `warehouse.view_not_published` when it is a view.
   */
  publish(table: string, jobId: string): Promise<void>;
  /**
   * Makes these, and nobody else, the holders of these roles on the published table; other roles stay as they are. On DuckDB, which has no
   * users, nothing. Answers whether anything changed.
   */
  grant(table: string, members: Readonly<Record<string, readonly string[]>>): Promise<boolean>;
  /** Writes the published table to `path`, complete or not at all. */
  exportParquet(table: string, path: string): Promise<void>;
}

/** Names of the three schemas (DuckDB) or datasets (BigQuery). */
export interface Datasets {
  raw: string;
  build: string;
  published: string;
}

export function datasetsOf(dataset: string): Datasets {
  return { raw: `${dataset}_raw`, build: `${dataset}_build`, published: dataset };
}

/** Where records of a person's file go that could not be read. Loading the file again replaces them too. */
export const rejectedRowTable: TableContract = {
  table: "raw_rejected_row",
  columns: [
    { name: "target", type: "STRING", description: "raw table the record was meant for" },
    { name: "file", type: "STRING" },
    { name: "line_number", type: "INT64", description: "1-based line of the file where the record begins" },
    { name: "reason", type: "STRING" },
    {
      name: "row_text",
      type: "STRING",
      pii: true,
      description: "its first 1,000 characters; NULL when the target has personal data",
    },
    ...stampColumns,
  ],
};
