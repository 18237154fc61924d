/**
 * The pools that Braze's documented limits count calls in, per workspace. A planned part names one; each has a queue of its
 * own, so that a used-up pool stops only its own work.
 */
export const rateLimitBuckets = [
  "default",
  "campaigns_data_series",
  "names_and_products",
  "users_export_ids",
] as const;
export type RateLimitBucket = (typeof rateLimitBuckets)[number];
