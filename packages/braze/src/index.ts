export { type BucketName, brazeBuckets } from "./buckets.ts";
export type { RejectedRow, RowsOutcome, SchemaChange, TargetRow } from "./decode/row-sink.ts";
export { type OpenBrazeSource, openBrazeSource } from "./from-settings.ts";
export type { HttpOptions } from "./http/client.ts";
export type { Bucket, QuotaHeaders } from "./limiter/bucket.ts";
export {
  createLimiter,
  type Limiter,
  type LimiterOptions,
  type ScheduleOptions,
  type Slot,
} from "./limiter/limiter.ts";
export type { UserLookup } from "./lookups.ts";
export type { Disabled, RememberedPermissions } from "./permissions.ts";
export type { Probed } from "./probe.ts";
export type { Wanted } from "./query.ts";
export type { Paging, Resource, RowContext } from "./resource.ts";
export { NOT_LISTED, type ResourceState } from "./resource-states.ts";
export { brazeCatalogue, brazeResources, brazeTables, findResource, tablesOf } from "./resources/registry.ts";
export {
  type BrazeSource,
  type BrazeSourceOptions,
  type Configured,
  createBrazeSource,
  type ExtractedPage,
  type ExtractOptions,
} from "./source.ts";
