import type { DayWindow, TableContract } from "@lifecycle/contracts";
import type { BucketName } from "./buckets.ts";
import type { RowsOutcome } from "./decode/row-sink.ts";

/** One list that Braze offers, as data: everything that differs between endpoints stands in such an object. */
export interface Resource {
  slug: string;
  path: string;
  /** The permission a key needs; empty when nothing is asked of Braze. */
  scope: string;
  bucket: BucketName;
  paging: Paging;
  /** Sent with every call. */
  params: Readonly<Record<string, string>>;
  /** Sent with every call, and different from day to day. */
  paramsOn?(today: string): Readonly<Record<string, string>>;
  /** The list whose objects it is asked for, one at a time. */
  parent?: string;
  /** A column of the list's rows that must be true for an object to have this. */
  parentFlag?: string;
  /** The parameter that names the object; two when its id is two ids joined by a slash. */
  idParam?: string;
  secondIdParam?: string;
  /** Days that one call may cover, sent as `length` and `ending_at`, in days or hours, or as `start_date` and `end_date`. */
  window?: { maxDays: number; as?: "series" | "hours" | "dates" };
  /** Where a list's rows hold the id and name of their object. */
  object?: { table: string; idColumn: string; nameColumn: string };
  /** Its days may be absent; all other series are dense. */
  isSparse?: boolean;
  /** Finished days that Braze may still restate. */
  lookbackDays: number;
  /** Settings say so: then it counts also where an object says otherwise. */
  isLookbackSet?: boolean;
  /** What one row of each target is: its key columns, beside the workspace. */
  keys: Readonly<Record<string, readonly string[]>>;
  targets: readonly TableContract[];
  /** What its numbers can be narrowed to, one more series each. */
  narrows?: readonly ("app" | "segment")[];
  /** The same series by the hour. */
  hourly?: Resource;
  /** What its numbers are narrowed to. */
  slice?: { appId?: string | undefined; segmentId?: string | undefined };
  /** Splits an answer into rows and rejects. Never throws, whatever the body is. */
  toRows(body: unknown, context: RowContext): RowsOutcome;
}

/**
 * `page`: from 0, until a page is empty. `offset`: `limit` rows a page, until one is shorter. `cursor`: as long as the `Link`
 * header names a next one. `export`: started by a POST, ready some time later as a file of users, read a piece at a time.
 * `configured`: a list that Braze does not offer and settings hold.
 */
export type Paging =
  | { style: "none" | "page" | "cursor" | "configured" }
  | { style: "offset"; limit: number }
  | { style: "export"; body: Readonly<Record<string, unknown>> };

/** What a row needs that its answer does not hold. */
export interface RowContext {
  objectId?: string | undefined;
  window?: DayWindow | undefined;
  /** The day it is at the source, in the company time zone. */
  today: string;
  /** Segments whose users settings want exported. */
  exportedSegments?: ReadonlySet<string> | undefined;
  /** What the numbers were narrowed to. */
  slice?: Resource["slice"] | undefined;
}
