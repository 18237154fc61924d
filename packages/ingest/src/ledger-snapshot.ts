import { loadId, type RefusedCalls, type RunRequest, type RunStatus } from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";
import { callRows, deadLetterRow, type LimitOf, loadRows, refusalRow, runRow } from "./ledger-rows.ts";

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
  for (const refused of await ledger.readRefused(options.refusalsSince, options.onUnreadable)) {
    if (!publisher || options.knownRefusals.has(refusalKey(refused))) continue;
    const stamps = stampsOf(publisher, publishing.runId, options.resource, now);
    const row = refusalRow(refused, options.limitOf);
    tables.raw_api_refusal.push({ ...row, ...stamps, workspace: refused.workspace });
  }
  return new Map(Object.entries(tables));
}

/** `main default 2026-06-30T12 p1a2b3c4 17`: who counted what; another count is another key. */
export function refusalKey({ workspace, bucket, hour, process, calls }: RefusedCalls): string {
  return `${workspace} ${bucket} ${hour} ${process} ${calls}`;
}

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
