import type { Column } from "@lifecycle/contracts";
import type { Engine, Materialisation, Severity } from "./project/types.ts";

/** Where failing rows are shown from. `flag` is a column of the model's `sampleSql`: rows for which it is true. */
export type CompiledSample =
  | { kind: "rows"; flag: string }
  | { kind: "keys"; columns: readonly string[]; flag?: string }
  | { kind: "orphans"; column: string; to: string; field: string; flag?: string }
  | { kind: "query"; sql: string };

/** One question about a built table: how many rows break it. */
export interface CompiledCheck {
  /** `not_null_campaign_id`. */
  name: string;
  severity: Severity;
  sample: CompiledSample;
}

/** One SELECT whose only row holds the failing counts of its checks, in order. */
export interface CompiledTest {
  sql: string;
  checks: readonly CompiledCheck[];
  /** Asked of some partitions alone it finds what breaks it there. */
  prunable: boolean;
}

/** An input of which a build of part of a table reads only part. */
export interface PartInput {
  name: string;
  isRaw: boolean;
  /** Its day; empty where rows are chosen otherwise. */
  column: string;
  /** Stands in the text where the runner puts a select. */
  token: string;
  /** A day of the model reads this many days of it, the last one its own; absent means that one alone. */
  trailingDays?: number;
  /** Of a raw table: a day of the model reads the loads that this input names for the day in its column `_load_id`. */
  loadsOf?: string;
}

/** How part of a table is built. */
export interface CompiledPart {
  sql: string;
  /**
   * `load`: rows of new loads are added. `changed_days`: the whole is selected, and the days that differ from the table are replaced;
   * what reads the table by day then rebuilds these alone.
   */
  strategy: "partition_overwrite" | "merge" | "load" | "changed_days";
  /** Of `merge` and `load`. */
  key: readonly string[];
  /** A row of a day (a key, a load) is made only from the rows of that day (key, load) of these. */
  inputs: readonly PartInput[];
  /** Inputs of which nothing is taken but these columns, by a left join on columns of the same names. */
  lookups: readonly { model: string; on: readonly string[]; columns: readonly string[] }[];
}

/** What the YAML asks of a table beside its rows. */
export interface CompiledGates {
  rowCount?: { minRatio?: number; maxRatio?: number; days: number; severity: Severity };
  freshness?: { column: string; maxAgeHours: number; severity: Severity };
}

export interface CompiledColumn {
  name: string;
  /** Personal data: masked wherever rows are shown. */
  pii?: boolean;
  /** BigQuery's type as declared in the YAML. */
  type: string | null;
  description: string | null;
}

export interface CompiledModel {
  name: string;
  /** Path of its file. */
  file: string;
  /** One SELECT for the engine: the author's text for BigQuery, the checked rewrite for DuckDB. */
  sql: string;
  /** The final select's columns in order. */
  columns: readonly CompiledColumn[];
  /** What the engine casts the result to; null when the YAML does not give every column a scalar type. */
  contract: readonly Column[] | null;
  materialized: Materialisation;
  /** Models it reads or is tested against. Ephemeral ones stand inside its SQL and are not listed. */
  dependsOn: readonly string[];
  /** Those ephemeral ones. */
  inlines: readonly string[];
  /** Those of them whose rows it reads. */
  inputs: readonly string[];
  /** Models that only its tests read. */
  testInputs: readonly string[];
  /** Raw tables it reads, ephemeral models' included. */
  sources: readonly string[];
  /** Its built table in the engine's SQL. */
  relation: string;
  /** Null: only the whole table is built. */
  part: CompiledPart | null;
  /** Of a snapshot. */
  snapshot: { key: readonly string[]; check?: readonly string[]; updatedAt?: string } | null;
  /** Its rows depend on the clock, so it is never taken for unchanged. */
  isVolatile: boolean;
  gates: CompiledGates;
  /** BigQuery refuses a job of its build that would bill more. */
  maxBytesBilled: number | null;
  /** All columns, and for each test a flag; null without tests. */
  sampleSql: string | null;
  published: boolean;
  tags: readonly string[];
  description: string | null;
  meta: Readonly<Record<string, unknown>>;
  /** Members by role, of the published table on BigQuery. */
  grants: Readonly<Record<string, readonly string[]>>;
  partitionBy: string | null;
  /** Days, today included, that the table keeps; null keeps all. */
  keepDays: number | null;
  clusterBy: readonly string[];
  tests: readonly CompiledTest[];
  /** Of everything that decides its rows: text and contract. */
  buildHash: string;
  /** Of its rows and its tests. */
  hash: string;
}

/** A project for one engine: plain JSON, so that it crosses processes and lies in a cache. Models come after those they need. */
export interface CompiledProject {
  engine: Engine;
  dataset: string;
  models: readonly CompiledModel[];
}
