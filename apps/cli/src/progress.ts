import { statfs } from "node:fs/promises";
import { errorMessage, LifecycleError, type RunPlan, type SettledRun } from "@lifecycle/contracts";
import { readRunState } from "@lifecycle/ingest";
import type { Ledger } from "@lifecycle/landing";

/** Where a run stands, for people. */
export interface Progress {
  stage:
    | "waiting"
    | "held"
    | "paused"
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
  /** Until the extraction ends, at the pace seen so far. */
  etaSeconds?: number;
}

export interface FollowOptions {
  signal: AbortSignal;
  landingPath: string;
  onProgress: (progress: Progress) => void;
}

const POLL_MS = 200;
/** Without any progress for so long, the one who waits looks for a reason. */
const PATIENCE_MS = 10_000;
const NEEDED_BYTES = 1_000_000;

/**
 * Waits for a run's end by watching the ledger, which survives whatever the queues do. Calls back when something moved.
 * Rejects with the abort's reason when whoever was to do the work has given up, and with `landing.disk_full`.
 */
export function followRun(ledger: Ledger, runId: string, options: FollowOptions): Promise<SettledRun> {
  return watch(ledger, runId, options, () => ledger.readSettled(runId));
}

/** Waits until a run is planned, the same way. Undefined when it ended without a plan. */
export async function followPlan(
  ledger: Ledger,
  runId: string,
  options: FollowOptions,
): Promise<RunPlan | undefined> {
  const found = await watch(ledger, runId, options, async () => {
    const plan = await ledger.readPlan(runId);
    return plan ?? ((await ledger.readSettled(runId)) ? "none" : undefined);
  });
  return found === "none" ? undefined : found;
}

async function watch<T>(
  ledger: Ledger,
  runId: string,
  options: FollowOptions,
  look: () => Promise<T | undefined>,
): Promise<T> {
  let last = "";
  let movedAtMs = Date.now();
  const plans = new Map();
  const withEta = etaSince();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (options.signal.aborted) throw abortError(options.signal.reason);
    const progress = progressOf(await readRunState(ledger, runId, plans));
    const text = JSON.stringify(progress);
    if (text !== last) {
      options.onProgress(withEta(progress));
      movedAtMs = Date.now();
    } else if (Date.now() - movedAtMs > PATIENCE_MS) {
      await refuseFullDisk(options.landingPath);
      movedAtMs = Date.now();
    }
    last = text;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Adds the time left to each progress of one extraction, from how fast it went since it was first seen. */
function etaSince(): (progress: Progress) => Progress {
  let first: { done: number; atMs: number } | undefined;
  return (progress) => {
    if (progress.stage !== "extracting") {
      first = undefined;
      return progress;
    }
    first ??= { done: progress.done, atMs: Date.now() };
    const perSecond = (progress.done - first.done) / ((Date.now() - first.atMs) / 1_000);
    if (!(perSecond > 0)) return progress;
    return { ...progress, etaSeconds: (progress.total - progress.done) / perSecond };
  };
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
  if (state.control === "paused" || (state.control === "held" && plan))
    return at(state.control, state.landed.size, plan?.parts.length ?? 0);
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
