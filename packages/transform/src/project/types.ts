import type { Template, Value } from "../jinja/nodes.ts";
import type { Finding, SourceFile } from "./places.ts";

export type Engine = "duckdb" | "bigquery";
export const materialisations = ["view", "table", "incremental", "ephemeral", "snapshot"] as const;
export type Materialisation = (typeof materialisations)[number];
export type Severity = "error" | "warn";

/** A test of one column, or of a table when it has no column. */
export type ModelTest = { severity: Severity; where: string | undefined; place: Finding["place"] } & (
  | { kind: "not_null" | "unique"; column: string }
  | { kind: "accepted_values"; column: string; values: readonly (string | number | boolean)[] }
  | {
      kind: "accepted_range";
      column: string;
      min: number | string | undefined;
      max: number | string | undefined;
    }
  | { kind: "relationships"; column: string; to: string; field: string }
  | { kind: "unique_combination_of_columns"; columns: readonly string[] }
  | { kind: "expression_is_true"; expression: string }
);

export interface ModelColumn {
  name: string;
  /** BigQuery's type as declared; undefined when the YAML names only the column. */
  type: string | undefined;
  description: string | undefined;
  /** `meta: { pii: true }`: personal data. */
  pii: boolean;
}

/** A column of a raw table, its type as declared. */
export interface SourceColumn {
  name: string;
  type: string | undefined;
}

/** What the YAML beside a model says of it. */
export interface ModelProperties {
  description: string | undefined;
  config: ModelConfig;
  columns: readonly (ModelColumn & { place: Finding["place"] })[];
  tests: readonly ModelTest[];
  place: Finding["place"];
}

/** Config of a model: of its header, of its YAML, of the project; the nearest wins. */
export interface ModelConfig {
  materialized?: Materialisation;
  tags?: readonly string[];
  enabled?: boolean;
  partition_by?: Value;
  cluster_by?: Value;
  meta?: Readonly<Record<string, Value>>;
  [key: string]: Value | undefined | readonly string[] | Readonly<Record<string, Value>>;
}

/** A model as read, before it is rendered for an engine. */
export interface Model {
  name: string;
  file: SourceFile;
  template: Template;
  config: ModelConfig;
  properties: ModelProperties | undefined;
  /** Models it refers to, in any engine's rendering and in its tests. */
  refs: readonly string[];
  /** Those of them whose rows it reads. */
  inputs: readonly string[];
  /** Whether it asks `is_incremental()`: it then has a second text, for adding to what there is. */
  asksIncremental: boolean;
  sources: readonly { source: string; table: string }[];
}
