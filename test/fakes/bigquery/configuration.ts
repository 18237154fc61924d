import type { TableReference } from "./destination.ts";
import type { Field } from "./types.ts";

/** What a job is asked to do: one of `load`, `query` and `copy`. */
export interface JobConfiguration {
  dryRun?: boolean | undefined;
  labels?: Record<string, string> | undefined;
  jobTimeoutMs?: string | undefined;
  load?: LoadConfiguration;
  query?: QueryConfiguration;
  copy?: CopyConfiguration;
}

export interface QueryConfiguration {
  query: string;
  destinationTable?: TableReference;
  writeDisposition?: string;
  createDisposition?: string;
  schemaUpdateOptions?: string[];
  maximumBytesBilled?: string;
  defaultDataset?: { datasetId: string };
  timePartitioning?: unknown;
  clustering?: unknown;
}

export interface CopyConfiguration {
  sourceTable?: TableReference;
  sourceTables?: TableReference[];
  destinationTable: TableReference;
  writeDisposition?: string;
  createDisposition?: string;
}

export interface LoadConfiguration {
  destinationTable: TableReference;
  sourceUris?: string[];
  schema?: { fields?: Field[] };
  sourceFormat?: string;
  writeDisposition?: string;
  createDisposition?: string;
  schemaUpdateOptions?: string[];
  ignoreUnknownValues?: boolean;
  useAvroLogicalTypes?: boolean;
  skipLeadingRows?: number | string;
  fieldDelimiter?: string;
  quote?: string;
  nullMarker?: string;
  timePartitioning?: unknown;
  clustering?: unknown;
}
