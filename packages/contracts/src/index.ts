export * from "./buckets.ts";
export * from "./columns.ts";
export * from "./errors.ts";
export * from "./ids.ts";
export * from "./jobs.ts";
export * from "./ledger.ts";
export * from "./pipeline.ts";
export * from "./window.ts";
