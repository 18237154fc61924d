import {
  type DeadLetter,
  type LoadReceipt,
  loadId,
  type Manifest,
  type RefusedCalls,
  type RunRequest,
  type RunStatus,
  stampColumns,
  type TableContract,
} from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";
import type { BucketLimit } from "./quote.ts";

/**
 * What the ledger says, as rows: the raw side of `ops_run`, `ops_load`, `ops_audit`. Every publish adds the runs that changed; the
 * newest row of a run counts. The workspace, window and pass of a row are those of the run it describes.
 */
export const ledgerTables: readonly TableContract[] = [
  {
    table: "raw_run",
    columns: [
      { name: "run_id", type: "STRING", required: true },
      { name: "pipeline", type: "STRING", required: true },
      { name: "trigger", type: "STRING", required: true },
      { name: "requested_by", type: "STRING", required: true },
      { name: "requested_at", type: "TIMESTAMP", required: true },
      { name: "priority", type: "INT64" },
      { name: "source_uri", type: "STRING" },
      { name: "source_sha256", type: "STRING" },
      { name: "object_ids", type: "JSON" },
      { name: "reopens", type: "STRING" },
      { name: "status", type: "STRING", required: true, description: "running, complete, partial or failed" },
      { name: "settled_at", type: "TIMESTAMP" },
      { name: "planned_parts", type: "INT64" },
      { name: "landed_parts", type: "INT64" },
      { name: "loaded_rows", type: "INT64" },
      { name: "rejected_rows", type: "INT64" },
      ...stampColumns,
    ],
  },
  {
    table: "raw_load",
    columns: [
      { name: "load_id", type: "STRING", required: true },
      { name: "run_id", type: "STRING", required: true },
      { name: "pipeline", type: "STRING", required: true },
      { name: "resource", type: "STRING", required: true },
      { name: "table_name", type: "STRING", required: true },
      { name: "row_count", type: "INT64", required: true },
      { name: "file_count", type: "INT64" },
      { name: "rejected_rows", type: "INT64" },
      { name: "loaded_at", type: "TIMESTAMP", required: true },
      ...stampColumns,
    ],
  },
  {
    table: "raw_dead_letter",
    columns: [
      { name: "run_id", type: "STRING", required: true },
      { name: "work", type: "STRING", required: true },
      { name: "queue", type: "STRING" },
      { name: "job_id", type: "STRING" },
      { name: "resource", type: "STRING" },
      { name: "object_id", type: "STRING" },
      { name: "object_name", type: "STRING" },
      { name: "code", type: "STRING", required: true },
      { name: "message", type: "STRING" },
      { name: "failed_at", type: "TIMESTAMP", required: true },
      ...stampColumns,
    ],
  },
  {
    table: "raw_api_call",
    columns: [
      { name: "run_id", type: "STRING", required: true },
      { name: "bucket", type: "STRING", required: true },
      { name: "hour", type: "TIMESTAMP", required: true },
      { name: "calls", type: "INT64", required: true, description: "answered calls that landed something" },
      { name: "bucket_limit", type: "INT64", description: "calls that the bucket allows per window" },
      { name: "window_seconds", type: "INT64" },
      { name: "our_share", type: "FLOAT64", description: "the part of the bucket that is ours" },
      ...stampColumns,
    ],
  },
  {
    table: "raw_api_refusal",
    columns: [
      { name: "bucket", type: "STRING", required: true },
      { name: "hour", type: "TIMESTAMP", required: true },
      { name: "process", type: "STRING", required: true, description: "who counted" },
      { name: "calls", type: "INT64", required: true, description: "calls that a limit refused" },
      { name: "bucket_limit", type: "INT64" },
      { name: "window_seconds", type: "INT64" },
      { name: "our_share", type: "FLOAT64" },
      ...stampColumns,
    ],
  },
];

/** The run that publishes, as it will stand once it has settled: its tables must not call it running for ever. */
export interface Publishing {
  runId: string;
  status: RunStatus;
}

type Rows = Record<string, unknown>[];

/**
 * Rows of every table of the ledger at this moment, by table, without the runs in `known`: those whose end the warehouse holds
 * already. A run whose files cannot be read, or a count of refusals, is left out and told of; it must not stop what others publish.
 */
export async function snapshotLedger(
  ledger: Ledger,
  publishing: Publishing,
  now: Date,
  options: {
    resource: string;
    known: ReadonlySet<string>;
    /** Keys (`refusalKey`) of the counts of refused calls that the warehouse holds as they are. */
    knownRefusals: ReadonlySet<string>;
    /** The first day of which refused calls may be unknown to the warehouse; absent means that it knows of none. */
    refusalsSince: string | undefined;
    limitOf: LimitOf;
    onUnreadable: (name: string, error: unknown) => void;
  },
): Promise<Map<string, Rows>> {
  const tables: Tables = {
    raw_run: [],
    raw_load: [],
    raw_dead_letter: [],
    raw_api_call: [],
    raw_api_refusal: [],
  };
  for (const runId of (await ledger.listRunIds()).toSorted()) {
    if (options.known.has(runId)) continue;
    try {
      await addRun(tables, ledger, runId, { publishing, now, ...options });
    } catch (error) {
      options.onUnreadable(runId, error);
    }
  }
  const publisher = await ledger.readRequest(publishing.runId);
  for (const refused of await ledger.readRefused(options.refusalsSince, options.onUnreadable))
    if (publisher && !options.knownRefusals.has(refusalKey(refused)))
      tables.raw_api_refusal.push(refusalRow(refused, options, publisher, now));
  return new Map(Object.entries(tables));
}

/** `main default 2026-06-30T12 p1a2b3c4 17`: who counted what; another count is another key. */
export function refusalKey({ workspace, bucket, hour, process, calls }: RefusedCalls): string {
  return `${workspace} ${bucket} ${hour} ${process} ${calls}`;
}

function refusalRow(
  { workspace, bucket, hour, process, calls }: RefusedCalls,
  { limitOf, resource }: { limitOf: LimitOf; resource: string },
  publisher: RunRequest,
  now: Date,
) {
  const about = { bucket, hour: `${hour}:00:00.000Z`, process, calls };
  const stamps = stampsOf(publisher, publisher.runId, resource, now);
  return { ...about, ...limitColumns(limitOf(workspace, bucket)), ...stamps, workspace };
}

function limitColumns(limit: BucketLimit | undefined) {
  return {
    bucket_limit: limit?.limit ?? null,
    window_seconds: limit ? limit.windowMs / 1_000 : null,
    our_share: limit?.share ?? null,
  };
}

/** What a workspace may ask of a bucket; undefined when settings do not know them. */
export type LimitOf = (workspace: string, bucket: string) => BucketLimit | undefined;

type Tables = Record<"raw_run" | "raw_load" | "raw_dead_letter" | "raw_api_call" | "raw_api_refusal", Rows>;

interface Snapshot {
  publishing: Publishing;
  resource: string;
  now: Date;
  limitOf: LimitOf;
}

async function addRun(
  tables: Tables,
  ledger: Ledger,
  runId: string,
  { publishing, resource, now, limitOf }: Snapshot,
): Promise<void> {
  const request = await ledger.readRequest(runId);
  if (!request) return;
  const [loads, settled, plan, landed] = await Promise.all([
    ledger.readLoads(runId),
    ledger.readSettled(runId),
    ledger.readPlan(runId),
    ledger.listLanded(runId),
  ]);
  const letters = settled?.missing ?? (await ledger.readDeadLetters(runId));
  const toBe =
    runId === publishing.runId ? { status: publishing.status, settledAt: now.toISOString() } : undefined;
  const counts = { planned: plan?.parts.length ?? 0, landed: landed.size };
  const stamps = stampsOf(request, publishing.runId, resource, now);
  tables.raw_run.push({ ...runRow(request, settled ?? toBe, counts, loads), ...stamps });
  for (const row of loadRows(request, loads)) tables.raw_load.push({ ...row, ...stamps });
  for (const letter of letters) tables.raw_dead_letter.push({ ...deadLetterRow(letter), ...stamps });
  const manifests = await ledger.readManifests(runId, landed);
  for (const row of callRows(request, manifests, limitOf)) tables.raw_api_call.push({ ...row, ...stamps });
}

function stampsOf(request: RunRequest, publishingRunId: string, resource: string, now: Date) {
  const window = request.window === "all" ? undefined : request.window;
  return {
    workspace: request.workspace,
    window_from: window?.from ?? null,
    window_until: window?.until ?? null,
    pass: request.pass,
    data_state: "open",
    _run_id: publishingRunId,
    _load_id: loadId(publishingRunId, resource),
    _extracted_at: now.toISOString(),
  };
}

function runRow(
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

function loadRows(request: RunRequest, loads: readonly LoadReceipt[]) {
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
function callRows(request: RunRequest, manifests: readonly Manifest[], limitOf: LimitOf) {
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

function deadLetterRow(letter: DeadLetter) {
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
