import { FatalError } from "@lifecycle/contracts";

/** How a build changes its table. Without one the whole table is replaced. */
export type BuildMode =
  | { mode: "table" }
  /** Keeps no rows: readers see what the select gives when they ask. */
  | { mode: "view" }
  /** The rows of these days are replaced; without a list, of the days that the select gives. Needs `partitionBy`. */
  | { mode: "partition_overwrite"; partitions?: readonly string[] }
  /** Rows are replaced by key. `gone` selects keys whose rows leave even when the select gives none for them. */
  | { mode: "merge"; key: readonly string[]; gone?: string }
  /** Versions of each key by the hash of `check` (all columns unless told); see `snapshotColumns`. A row without `updatedAt` is refused. */
  | { mode: "snapshot"; key: readonly string[]; check?: readonly string[]; updatedAt?: string };

/** What the ledger of builds holds of one table of `<ds>_build`, written in the transaction that built it. */
export interface Build {
  table: string;
  /** Grows with every build of the table, also over a table that was dropped and made again. */
  version: number;
  /** Of everything that decided its rows save the inputs. */
  hash: string;
  /** Version of each table it was built from. */
  inputs: Readonly<Record<string, number>>;
  rows: number;
  builtAt: string;
  /** What its tests were when it passed them; undefined while it has not. */
  auditedAs: string | undefined;
  /** The version that readers see. */
  publishedVersion: number | undefined;
}

/** Which loads a raw table got since a version, and between which instants their rows were extracted. */
export interface NewLoads {
  loadIds: readonly string[];
  extractedFrom: string;
  extractedUntil: string;
}

/**
 * What was built from what, kept in the warehouse itself: a warehouse made anew begins with an empty one. Versions are numbers that
 * only grow and say nothing else.
 */
export interface BuildLedger {
  list(): Promise<Build[]>;
  /** Version of each raw table; 0 for one that was never loaded. */
  rawVersions(tables: readonly string[]): Promise<Map<string, number>>;
  /** Loads of a raw table after `since`; `all` when rows seen by then have changed or gone, or it is not known. */
  loadsSince(table: string, since: number): Promise<NewLoads | "all">;
  /** Days of a built table that were built after `since`, those included that hold no row any more; `all` when it is not known. */
  partitionsSince(table: string, since: number): Promise<readonly string[] | "all">;
  /** Notes that a build stands for newer inputs too: they changed nothing in it. */
  confirm(table: string, version: number, inputs: Readonly<Record<string, number>>): Promise<void>;
  /** The build passed its tests, `auditedAs` naming them: it may be published. Forgotten as soon as the table is built again. */
  audit(table: string, version: number, auditedAs: string): Promise<void>;
}

/** What a snapshot adds to the columns of its select. A version holds from `effective_from` until before `effective_to`. */
export const snapshotColumns = [
  { name: "effective_from", type: "TIMESTAMP" },
  { name: "effective_to", type: "TIMESTAMP", description: "9999-12-31 while current" },
  { name: "is_current", type: "BOOL" },
  { name: "record_hash", type: "STRING" },
] as const;

/** Throws `FatalError warehouse.no_updated_at` where rows for a snapshot do not say since when they hold: no version can begin with them. */
export function mustBeDated(table: string, updatedAt: string, undated: number): void {
  if (undated === 0) return;
  throw new FatalError(
    "warehouse.no_updated_at",
    `${table}: ${undated} rows have no ${updatedAt}, so nothing says when their version began: leave them out, or give them another time`,
  );
}

/** Larger than the last one and, over lost ledgers, than any before. */
export function nextVersion(last: number | undefined): number {
  return Math.max(Date.now(), (last ?? 0) + 1);
}

/** A view shows the rows of now: what would be published is not what was tested. */
export function refuseView(dataset: string, table: string): never {
  throw new FatalError(
    "warehouse.view_not_published",
    `${dataset}.${table} is a view, and only tables are published: its rows may have changed since they were tested`,
  );
}
