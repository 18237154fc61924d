import { statfs } from "node:fs/promises";
import { errorMessage, LifecycleError, type SettledRun } from "@lifecycle/contracts";
import { readRunState } from "@lifecycle/ingest";
import type { Ledger } from "@lifecycle/landing";

/** Where a run stands, for people. */
export interface Progress {
  stage:
    | "waiting"
    | "planning"
    | "extracting"
    | "loading"
    | "transforming"
    | "evaluating"
    | "publishing"
    | "settling";
  done: number;
  total: number;
  failed: number;
}

const POLL_MS = 200;
/** Without any progress for so long, the one who waits looks for a reason. */
const PATIENCE_MS = 10_000;
const NEEDED_BYTES = 1_000_000;

/**
 * Waits for a run's end by watching the ledger, which survives whatever the queues do. Calls back when something moved.
 * Rejects with the abort's reason when whoever was to do the work has given up, and with `landing.disk_full`.
 */
export async function followRun(
  ledger: Ledger,
  runId: string,
  options: { signal: AbortSignal; landingPath: string; onProgress: (progress: Progress) => void },
): Promise<SettledRun> {
  let last = "";
  let movedAtMs = Date.now();
  const plans = new Map();
  for (;;) {
    const settled = await ledger.readSettled(runId);
    if (settled) return settled;
    if (options.signal.aborted) throw abortError(options.signal.reason);
    const progress = progressOf(await readRunState(ledger, runId, plans));
    const text = JSON.stringify(progress);
    if (text !== last) {
      options.onProgress(progress);
      movedAtMs = Date.now();
    } else if (Date.now() - movedAtMs > PATIENCE_MS) {
      await refuseFullDisk(options.landingPath);
      movedAtMs = Date.now();
    }
    last = text;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** With a full disk nobody can write down why nothing moves, so whoever waits has to look. */
async function refuseFullDisk(path: string): Promise<void> {
  if (path.startsWith("gs://")) return; // a bucket does not fill up
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= NEEDED_BYTES) return;
  throw new LifecycleError(
    "landing.disk_full",
    `The disk of ${path} is full. Free some space and ask again: the run goes on where it stopped.`,
  );
}

function abortError(reason: unknown): Error {
  return reason instanceof Error ? reason : new LifecycleError("run.interrupted", errorMessage(reason));
}

export function progressOf(state: Awaited<ReturnType<typeof readRunState>>): Progress {
  const at = (stage: Progress["stage"], done = 0, total = 0): Progress => ({
    stage,
    done,
    total,
    failed: state.dead.length,
  });
  const { plan } = state;
  if (!plan) return at(state.landed.size > 0 ? "planning" : "waiting", state.landed.size);
  const settledParts =
    plan.parts.filter(({ part }) => state.landed.has(part)).length +
    state.dead.filter(({ work }) => work.startsWith("part:")).length;
  if (settledParts < plan.parts.length) return at("extracting", settledParts, plan.parts.length);
  const resources = new Set(
    plan.parts.filter(({ part }) => state.landed.has(part)).map(({ resource }) => resource),
  );
  if (state.loaded.size < resources.size) return at("loading", state.loaded.size, resources.size);
  if (!state.stages.has("transform")) return at("transforming");
  const evaluated = [...state.stages].filter((stage) => stage.startsWith("evaluate-")).length;
  if (evaluated < state.evaluateBatches) return at("evaluating", evaluated, state.evaluateBatches);
  return at(state.stages.has("publish") ? "settling" : "publishing");
}
