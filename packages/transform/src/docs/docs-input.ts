import type { SourceTable } from "../check/source-tables.ts";
import type { CompiledProject } from "../compiled.ts";

/** The last time a test was asked. */
export interface TestResult {
  model: string;
  /** As `CompiledCheck.name`. */
  check: string;
  /** Rows that break it. */
  failures: number;
  /** An instant. */
  at: string;
}

/** How far a table reaches, as `ops_freshness` says. Days are in `timeZone`, instants UTC. */
export interface Freshness {
  workspace: string;
  table: string;
  timeZone: string;
  rows: number;
  newestDate: string | null;
  daysOpen: number;
  daysSettling: number;
  daysClosed: number;
  lastExtractedAt: string | null;
  lastLoadedAt: string | null;
}

/** The last build of a model. */
export interface Build {
  model: string;
  rows: number;
  /** Undefined where the engine does not keep it. */
  runId?: string;
  at: string;
}

/** Everything the page shows. What is not known is left out and said to be so. */
export interface DocsInput {
  title: string;
  /** An instant. */
  generatedAt: string;
  bigquery: CompiledProject;
  duckdb: CompiledProject;
  /** Raw tables as the YAML describes them. */
  sources: readonly SourceTable[];
  tests: readonly TestResult[];
  freshness: readonly Freshness[];
  builds: readonly Build[];
}
