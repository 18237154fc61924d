import type { Column } from "@lifecycle/contracts";
import type { Engine, Materialisation, Severity } from "./project/types.ts";

/** One question about a built table: how many rows break it. */
export interface CompiledCheck {
  /** `not_null_campaign_id`. */
  name: string;
  severity: Severity;
}

/** One SELECT whose only row holds the failing counts of its checks, in order. */
export interface CompiledTest {
  sql: string;
  checks: readonly CompiledCheck[];
}

export interface CompiledColumn {
  name: string;
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
  /** Raw tables it reads, ephemeral models' included. */
  sources: readonly string[];
  published: boolean;
  tags: readonly string[];
  description: string | null;
  meta: Readonly<Record<string, unknown>>;
  partitionBy: string | null;
  clusterBy: readonly string[];
  tests: readonly CompiledTest[];
  /** Of everything that decides its rows: text, contract, tests. */
  hash: string;
}

/** A project for one engine: plain JSON, so that it crosses processes and lies in a cache. Models come after those they need. */
export interface CompiledProject {
  engine: Engine;
  dataset: string;
  models: readonly CompiledModel[];
}
