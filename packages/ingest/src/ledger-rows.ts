import type {
  DeadLetter,
  LoadReceipt,
  Manifest,
  RefusedCalls,
  RunRequest,
  RunStatus,
} from "@lifecycle/contracts";
import type { BucketLimit } from "./quote.ts";

/** What a workspace may ask of a bucket; undefined when settings do not know them. */
export type LimitOf = (workspace: string, bucket: string) => BucketLimit | undefined;

export function runRow(
  request: RunRequest,
  outcome: { status: RunStatus; settledAt: string } | undefined,
  counts: { planned: number; landed: number },
  loads: readonly LoadReceipt[],
) {
  return {
    run_id: request.runId,
    pipeline: request.pipeline,
    trigger: request.trigger,
    requested_by: request.requestedBy,
    requested_at: request.requestedAt,
    priority: request.priority,
    source_uri: request.source?.uri ?? null,
    source_sha256: request.source?.sha256 ?? null,
    object_ids: request.objectIds ?? null,
    reopens: request.reopens ?? null,
    status: outcome?.status ?? "running",
    settled_at: outcome?.settledAt ?? null,
    planned_parts: counts.planned,
    landed_parts: counts.landed,
    loaded_rows: loads.flatMap((load) => load.tables).reduce((sum, table) => sum + table.rows, 0),
    rejected_rows: loads.reduce((sum, load) => sum + load.rejected, 0),
  };
}

export function loadRows(request: RunRequest, loads: readonly LoadReceipt[]) {
  return loads.flatMap((load) =>
    load.tables.map(({ table, rows }) => ({
      load_id: load.loadId,
      run_id: request.runId,
      pipeline: request.pipeline,
      resource: load.resource,
      table_name: table,
      row_count: rows,
      file_count: load.files,
      rejected_rows: load.rejected,
      loaded_at: load.loadedAt,
    })),
  );
}

/** Calls by bucket and the UTC hour in which their answers landed. */
export function callRows(request: RunRequest, manifests: readonly Manifest[], limitOf: LimitOf) {
  const asked = manifests.filter(({ bucket, calls = 0 }) => bucket !== undefined && calls > 0);
  const byHour = Map.groupBy(asked, ({ bucket, landedAt }) => `${bucket} ${landedAt.slice(0, 13)}`);
  return [...byHour].map(([key, each]) => {
    const [bucket = "", hour = ""] = key.split(" ");
    return {
      run_id: request.runId,
      bucket,
      hour: `${hour}:00:00.000Z`,
      calls: each.reduce((sum, manifest) => sum + (manifest.calls ?? 0), 0),
      ...limitColumns(limitOf(request.workspace, bucket)),
    };
  });
}

export function deadLetterRow(letter: DeadLetter) {
  return {
    run_id: letter.runId,
    work: letter.work,
    queue: letter.queue,
    job_id: letter.jobId,
    resource: letter.resource ?? null,
    object_id: letter.objectId ?? null,
    object_name: letter.objectName ?? null,
    code: letter.code,
    message: letter.message,
    failed_at: letter.failedAt,
  };
}

export function refusalRow({ workspace, bucket, hour, process, calls }: RefusedCalls, limitOf: LimitOf) {
  return { bucket, hour: `${hour}:00:00.000Z`, process, calls, ...limitColumns(limitOf(workspace, bucket)) };
}

function limitColumns(limit: BucketLimit | undefined) {
  return {
    bucket_limit: limit?.limit ?? null,
    window_seconds: limit ? limit.windowMs / 1_000 : null,
    our_share: limit?.share ?? null,
  };
}
