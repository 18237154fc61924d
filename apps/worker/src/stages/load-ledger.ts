import { brazeBuckets } from "@lifecycle/braze";
import { errorMessage, type RunRequest } from "@lifecycle/contracts";
import {
  ledgerTables,
  publishedStatus,
  readRunState,
  refusalKey,
  runOutcome,
  snapshotLedger,
} from "@lifecycle/ingest";
import type { StageDeps } from "./deps.ts";
import { loadLanded } from "./own-rows.ts";

const MAX_RUNS = 10_000_000;

/**
 * Adds what the warehouse does not hold of the ledger yet: the runs that had not ended when they were last described. It lands and
 * is loaded as `resource`.
 */
export async function loadLedger(deps: StageDeps, request: RunRequest, resource: string): Promise<void> {
  const { ledger, landing, logger } = deps;
  const state = await readRunState(ledger, request.runId);
  const status = runOutcome(state) ?? publishedStatus(state);
  const snapshot = await snapshotLedger(ledger, { runId: request.runId, status }, deps.now(), {
    known: await describedRuns(deps),
    ...(await describedRefusals(deps, request)),
    resource,
    limitOf: (workspace, bucket) => bucketLimit(deps, workspace, bucket),
    onUnreadable: (name, error) =>
      logger.warn({ name, reason: errorMessage(error) }, "left out of the ops tables"),
  });
  const { workspace, pipeline, runId } = request;
  for (const contract of ledgerTables) {
    const { table } = contract;
    const path = [workspace, pipeline, resource, runId, table].join("/");
    const file = await landing.writePart(path, snapshot.get(table) ?? [], table);
    await loadLanded(deps, { runId, resource, file }, contract);
  }
}

/** The documented limit of a bucket, or the contract's own, and the share of it that is ours. */
function bucketLimit({ settings }: StageDeps, workspace: string, bucket: string) {
  const braze = settings.workspaces[workspace]?.braze;
  const documented = Object.values(brazeBuckets).find(({ name }) => name === bucket);
  if (!braze || !documented) return undefined;
  const own = braze.buckets[bucket];
  const { limit, windowMs } = own ? { limit: own.limit, windowMs: own.window_seconds * 1_000 } : documented;
  return { limit, windowMs, share: braze.share_of_quota };
}

/** Runs whose end stands in the warehouse. What a run said of itself while it published was a forecast, so it does not count. */
async function describedRuns({ warehouse }: StageDeps): Promise<Set<string>> {
  const sql = `SELECT DISTINCT run_id FROM ${warehouse.datasets.raw}.raw_run WHERE status <> 'running' AND run_id <> _run_id`;
  const { rows } = await warehouse.query(sql, { maxRows: MAX_RUNS });
  return new Set(rows.map(([runId]) => String(runId)));
}

/** A count of an hour is written within it or soon after: with room for a ledger that could not be written for a while. */
const REFUSALS_SETTLE_MS = 2 * 86_400_000;

/** Counts of refused calls that the warehouse holds, of days that may still bring others; without what this run itself loaded. */
async function describedRefusals({ warehouse }: StageDeps, { runId }: RunRequest) {
  const table = `${warehouse.datasets.raw}.raw_api_refusal`;
  const others = `_run_id <> '${runId}'`;
  const newest = await warehouse.query(`SELECT CAST(MAX(hour) AS STRING) FROM ${table} WHERE ${others}`);
  const lastHour = newest.rows[0]?.[0];
  if (lastHour === null || lastHour === undefined)
    return { knownRefusals: new Set<string>(), refusalsSince: undefined };
  const lastDay = Date.parse(String(lastHour).slice(0, 10));
  const refusalsSince = new Date(lastDay - REFUSALS_SETTLE_MS).toISOString().slice(0, 10);
  const sql = `SELECT workspace, bucket, CAST(hour AS STRING), process, calls FROM ${table} WHERE ${others} AND hour >= CAST('${refusalsSince}T00:00:00Z' AS TIMESTAMP)`;
  const { rows } = await warehouse.query(sql, { maxRows: MAX_RUNS });
  const keys = rows.map(([workspace, bucket, hour, process, calls]) =>
    refusalKey({
      workspace: String(workspace),
      bucket: String(bucket),
      // `2026-06-30 12:00:00+00` on both engines.
      hour: String(hour).slice(0, 13).replace(" ", "T"),
      process: String(process),
      calls: Number(calls),
    }),
  );
  return { knownRefusals: new Set(keys), refusalsSince };
}
