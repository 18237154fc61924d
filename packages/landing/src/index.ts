export { type BucketRoom, type BucketSettings, openBucket } from "./bucket/bucket.ts";
export { bucketLanding } from "./bucket/bucket-landing.ts";
export { bucketStore } from "./bucket/bucket-store.ts";
export { type Ledger, openLedger } from "./ledger.ts";
export { diskStore, type ObjectStore } from "./object-store.ts";
export { openLanding } from "./open.ts";
export { diskLanding, type Landing, type Rows } from "./part-writer.ts";
