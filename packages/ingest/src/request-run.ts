import {
  type FileSource,
  InputError,
  parseRunId,
  type RunRequest,
  type RunWindow,
  runId,
  windowKey,
} from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";

export interface WantedRun {
  workspace: string;
  pipeline: string;
  window: RunWindow;
  trigger: RunRequest["trigger"];
  /** Who asked: a user name, `schedule:<name>`, an API client. Stands in the audit trail. */
  requestedBy: string;
  priority: number;
  source?: FileSource | undefined;
  objectIds?: string[] | undefined;
  resources?: string[] | undefined;
  full?: boolean | undefined;
  hold?: boolean | undefined;
  reopens?: string | undefined;
  models?: RunRequest["models"];
}

/**
 * Asks for a run by writing its request to the ledger; whoever runs the fleet sees it there. The pass is 1 + the last
 * settled pass; an unsettled pass is resumed, if it is about the same thing.
 * Throws `run.other_in_progress` when an unsettled run of the window reads another file or other objects.
 */
export async function requestRun(
  ledger: Ledger,
  wanted: WantedRun,
  now: Date,
): Promise<{ request: RunRequest; resumed: boolean }> {
  const last = await lastPass(ledger, wanted);
  const unsettled = last > 0 ? await readUnsettled(ledger, runId({ ...wanted, pass: last })) : undefined;
  if (unsettled) return { request: sameWork(unsettled, wanted), resumed: true };
  const key = {
    workspace: wanted.workspace,
    pipeline: wanted.pipeline,
    window: wanted.window,
    pass: last + 1,
  };
  const request: RunRequest = { ...wanted, ...key, runId: runId(key), requestedAt: now.toISOString() };
  if (await ledger.writeRequest(request)) return { request, resumed: false };
  // Somebody asked in the same moment and was first: theirs counts.
  return { request: sameWork((await ledger.readRequest(request.runId)) ?? request, wanted), resumed: true };
}

/**
 * The next pass of a settled run, which does what that one lacks. Undefined when there is nothing to do: a later pass runs
 * already, or has completed.
 */
export async function reopenRun(
  ledger: Ledger,
  settledRunId: string,
  now: Date,
): Promise<RunRequest | undefined> {
  const origin = await ledger.readRequest(settledRunId);
  if (!origin) return undefined;
  const latest = runId({ ...origin, pass: await lastPass(ledger, origin) });
  const settled = await ledger.readSettled(latest);
  if (!settled || settled.status === "complete") return undefined;
  const { runId: _, pass: __, requestedAt: ___, hold: ____, ...wanted } = origin;
  const full = wanted.full === true || wanted.trigger === "backfill";
  const { request } = await requestRun(
    ledger,
    { ...wanted, trigger: "retry", requestedBy: "retry", reopens: latest, ...(full ? { full } : {}) },
    now,
  );
  return request;
}

/** The highest pass asked for; 0 when the window was never run. */
export async function lastPass(
  ledger: Ledger,
  key: { workspace: string; pipeline: string; window: RunWindow },
): Promise<number> {
  const wantedWindow = windowKey(key.window);
  let last = 0;
  for (const id of await ledger.listRunIds()) {
    const parsed = parseRunId(id);
    if (parsed?.workspace !== key.workspace || parsed.pipeline !== key.pipeline) continue;
    if (windowKey(parsed.window) === wantedWindow && parsed.pass > last) last = parsed.pass;
  }
  return last;
}

async function readUnsettled(ledger: Ledger, id: string): Promise<RunRequest | undefined> {
  return (await ledger.readSettled(id)) ? undefined : ledger.readRequest(id);
}

function sameWork(running: RunRequest, wanted: WantedRun): RunRequest {
  const sorted = (names: readonly string[] | undefined) => (names ?? []).toSorted().join();
  const isSame =
    running.source?.sha256 === wanted.source?.sha256 &&
    sorted(running.objectIds) === sorted(wanted.objectIds) &&
    sorted(running.resources) === sorted(wanted.resources) &&
    modelsWork(running) === modelsWork(wanted) &&
    (running.trigger === "backfill") === (wanted.trigger === "backfill");
  if (isSame) return running;
  throw new InputError(
    "run.other_in_progress",
    `${running.runId} is still running with another file, other campaigns, resources or models, or as a backfill. Wait for it (lifecycle status), then ask again.`,
  );
}

/** Which models, and what is to be done with them: building and testing the same ones are two things. */
function modelsWork({ models }: Pick<RunRequest, "models">): string {
  if (!models) return "";
  const { select, fullRefresh = false, testOnly = false, acceptSchema = [] } = models;
  return JSON.stringify([select.toSorted(), fullRefresh, testOnly, acceptSchema.toSorted()]);
}
