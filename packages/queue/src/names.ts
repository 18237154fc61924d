import type { RunRequest, Work } from "@lifecycle/contracts";

/** Load, transform, evaluate and publish: one process with DuckDB, any number with BigQuery. */
export const WAREHOUSE_QUEUE = "warehouse";
export const NOTIFY_QUEUE = "notify";

/** One queue per workspace and rate-limit bucket, so that a hold stops only what it must. */
export function extractQueue(workspace: string, bucket: string): string {
  return `extract-${workspace}-${bucket}`;
}

/** The bucket whose queue plans runs: lists and details count against it. */
const PLAN_BUCKET = "default";

/** Which queue a piece of work belongs to. A run over a file is planned where the file can be read: at the warehouse. */
export function queueOf(work: Work, request: RunRequest): string {
  switch (work.name) {
    case "plan-run":
      return request.source ? WAREHOUSE_QUEUE : extractQueue(request.workspace, PLAN_BUCKET);
    case "extract-part":
      return extractQueue(request.workspace, work.payload.part.bucket);
    case "notify-run":
      return NOTIFY_QUEUE;
    default:
      return WAREHOUSE_QUEUE;
  }
}

/** Every queue of an installation: one per workspace and bucket, and the two that all share. */
export function queueNames(workspaces: Iterable<string>, buckets: readonly string[]): string[] {
  const extract = [...workspaces].flatMap((workspace) =>
    buckets.map((bucket) => extractQueue(workspace, bucket)),
  );
  return [...extract, WAREHOUSE_QUEUE, NOTIFY_QUEUE];
}
