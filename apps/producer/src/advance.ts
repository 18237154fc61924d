import {
  type DeadLetter,
  type PlannedPart,
  type RunPlan,
  type RunStatus,
  type SettledRun,
  type Work,
  workKey,
} from "@lifecycle/contracts";
import {
  CAME_TOO_LATE,
  lateParts,
  missingExtracts,
  nextStep,
  type RunState,
  readRunState,
  reopenRun,
} from "@lifecycle/ingest";
import type { Ledger } from "@lifecycle/landing";
import type { Queues } from "@lifecycle/queue";
import type { Logger } from "@lifecycle/runtime";
import { bounded } from "./bounded.ts";

export interface AdvanceDeps {
  ledger: Ledger;
  queues: Queues;
  logger: Logger;
  now: () => Date;
  /** Work that should have ended by now is looked up in its queue after so long, and again after as long. */
  doubtAfterMs: number;
}

/** How many pieces of work are looked up in one go; a run of thousands is checked over several rounds. */
const DOUBTS_PER_ROUND = 200;

/** Jobs that build models. A run that failed builds the tables about the fleet too before it ends. */
const BUILDS: ReadonlySet<Work["name"]> = new Set(["transform-run", "publish-run"]);

interface Known {
  plans: Map<string, RunPlan>;
  /** When each job was last known to be in its queue. */
  queuedAt: Map<string, number>;
  /** Runs whose waiting jobs have been taken out of the queues. */
  withdrawn: Set<string>;
}

/**
 * Moves runs on: compares what the ledger says a run needs with what was put into queues, and adds the difference.
 * Holds nothing that the ledger and the queues cannot give again, so it may die at any moment.
 */
export function createAdvancer(deps: AdvanceDeps) {
  const known: Known = { plans: new Map(), queuedAt: new Map(), withdrawn: new Set() };
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();

  const advanceOnce = async (runId: string): Promise<void> => {
    const state = await readRunState(deps.ledger, runId, known.plans);
    const step = nextStep(state);
    if (step.kind === "settle") {
      await settle(deps, state, step.status);
      known.plans.delete(runId);
      known.withdrawn.delete(runId);
      return;
    }
    if (step.kind === "wait" || state.control === "cancelled") {
      const isQuiet = await withdraw(deps, known, state);
      if (step.kind === "wait" || !isQuiet) return;
    } else known.withdrawn.delete(runId);
    await enqueue(deps, known, state, bounded(step.work, state.request));
  };

  return {
    /** Forgets what is queued: the next round adds everything that is missing. */
    forgetQueues: () => known.queuedAt.clear(),
    /** One run, one step. Calls for a run that is being advanced are folded into one more step after it. */
    advance(runId: string): Promise<void> {
      const current = running.get(runId);
      if (current) {
        again.add(runId);
        return current;
      }
      const work = (async () => {
        do {
          again.delete(runId);
          await advanceOnce(runId);
        } while (again.has(runId));
      })().finally(() => running.delete(runId));
      running.set(runId, work);
      return work;
    },
  };
}

const keyOf = (work: Work) => `${work.payload.runId} ${workKey(work)}`;

/**
 * Takes a run's waiting extract jobs out of the queues. What is under way may end. False while there is some: only then is it known
 * what the run has landed.
 */
async function withdraw(deps: AdvanceDeps, known: Known, state: RunState): Promise<boolean> {
  const { runId } = state.request;
  if (known.withdrawn.has(runId)) return true;
  let running = 0;
  for (const work of bounded(missingExtracts(state), state.request)) {
    known.queuedAt.delete(keyOf(work));
    const job = await deps.queues.find(state.request, work);
    if (job?.state === "active") running++;
    else if (job) await deps.queues.forget(state.request, work).catch(() => running++);
  }
  if (running === 0) known.withdrawn.add(runId);
  return running === 0;
}

async function enqueue(deps: AdvanceDeps, known: Known, state: RunState, work: Work[]): Promise<void> {
  const now = Date.now();
  const fresh = work.filter((each) => !known.queuedAt.has(keyOf(each)));
  const doubtful = work.filter((each) => now - (known.queuedAt.get(keyOf(each)) ?? now) > deps.doubtAfterMs);
  const lost: Work[] = [];
  for (const each of doubtful.slice(0, DOUBTS_PER_ROUND)) {
    if (await isLost(deps, state, each)) lost.push(each);
    known.queuedAt.set(keyOf(each), now);
  }
  const toAdd = [...fresh, ...lost];
  if (toAdd.length === 0) return;
  if (BUILDS.has(toAdd[0]!.name) && !(await mayModel(deps, state.request.runId))) return;
  await deps.queues.add(state.request, toAdd);
  for (const each of toAdd) known.queuedAt.set(keyOf(each), now);
  deps.logger.info({ run_id: state.request.runId, jobs: toAdd.length, job: toAdd[0]!.name }, "enqueued");
}

/**
 * Whether work that the ledger still misses must be added again. A job that failed without leaving its reason (its worker
 * died in that moment) gets its dead letter here; one that ended without a receipt is forgotten and done again.
 */
async function isLost(deps: AdvanceDeps, state: RunState, work: Work): Promise<boolean> {
  const job = await deps.queues.find(state.request, work);
  if (!job) return true;
  if (job.state === "failed") {
    const part = work.name === "extract-part" ? work.payload.part : undefined;
    await deps.ledger.writeDeadLetter({
      runId: state.request.runId,
      work: workKey(work),
      queue: job.queue,
      jobId: job.jobId,
      resource: part?.resource,
      objectId: part?.objectId,
      objectName: part?.objectName,
      code: "queue.gave_up",
      message: job.failedReason ?? "the queue gave the job up",
      failedAt: deps.now().toISOString(),
    });
    return false;
  }
  if (job.state !== "completed") return false;
  await deps.queues.forget(state.request, work);
  return true;
}

/**
 * One run at a time builds, from its models to their publishing: what is published must be what the same run has built and tested. The
 * lease lies in the ledger, so that it outlives us and holds between two producers.
 */
async function mayModel({ ledger }: AdvanceDeps, runId: string): Promise<boolean> {
  const holder = await ledger.takeModelLease(runId);
  if (holder === runId) return true;
  if (await ledger.readSettled(holder)) await ledger.releaseModelLease(holder);
  return false;
}

async function settle(deps: AdvanceDeps, state: RunState, status: RunStatus): Promise<void> {
  const { runId } = state.request;
  const late = lateParts(state);
  const settledAt = deps.now().toISOString();
  const loads = await deps.ledger.readLoads(runId);
  const transformed = await deps.ledger.readStage(runId, "transform");
  const settled: SettledRun = {
    runId,
    status,
    settledAt,
    landedParts: state.landed.size,
    loadedRows: loads.flatMap((load) => load.tables).reduce((sum, { rows }) => sum + rows, 0),
    rejectedRows: loads.reduce((sum, load) => sum + load.rejected, transformed?.rejectedRows ?? 0),
    missing: [...state.dead, ...late.map((part) => lateLetter(part, settledAt, runId))],
  };
  const isFirst = await deps.ledger.writeSettled(settled);
  await deps.ledger.releaseModelLease(runId);
  if (!isFirst) return;
  const level = status === "complete" ? "info" : "warn";
  deps.logger[level](
    { run_id: runId, status, loaded_rows: settled.loadedRows, missing: settled.missing.length },
    "run settled",
  );
  if (state.control !== "cancelled" && settled.missing.some((letter) => letter.code === CAME_TOO_LATE))
    await reopenRun(deps.ledger, runId, deps.now());
}

function lateLetter(part: PlannedPart, failedAt: string, runId: string): DeadLetter {
  const { resource, objectId, objectName } = part;
  const message = "it landed after its resource had been loaded; the next pass takes it over";
  const work = `part:${part.part}`;
  return {
    runId,
    work,
    queue: "",
    jobId: "",
    resource,
    objectId,
    objectName,
    code: CAME_TOO_LATE,
    message,
    failedAt,
  };
}
