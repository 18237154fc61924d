import type { RateLimitBucket } from "@lifecycle/contracts";
import type { Bucket } from "./limiter/bucket.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The pools of requests that Braze documents, per workspace. Contracts differ; the headers of its answers say the truth. */
export const brazeBuckets = {
  /** One pool for most lists, details and series, shared with production sends. */
  default: { name: "default", limit: 250_000, windowMs: HOUR_MS },
  campaigns_data_series: { name: "campaigns_data_series", limit: 50_000, windowMs: MINUTE_MS },
  names_and_products: { name: "names_and_products", limit: 1_000, windowMs: HOUR_MS },
  /** 2,500 for workspaces that began before 22 August 2024. */
  users_export_ids: { name: "users_export_ids", limit: 250, windowMs: MINUTE_MS },
} as const satisfies Record<RateLimitBucket, Bucket>;

export type BucketName = keyof typeof brazeBuckets;
