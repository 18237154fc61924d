import type { PlannedPart, RunStatus, Work } from "@lifecycle/contracts";
import { CANCELLED, type RunState } from "./run-state.ts";

/** What a run needs now: jobs that should be in a queue, nothing until somebody lets it go on, or its end. */
export type NextStep =
  | { kind: "work"; work: Work[] }
  | { kind: "wait" }
  | { kind: "settle"; status: RunStatus };

/** Dead letters of these do not spoil a run: the tables are right without them. */
const HARMLESS = new Set(["notify", "publish-ops"]);

/**
 * The heart of the fleet: from what the ledger says, which jobs are missing. Pure, so that it can be asked at any moment,
 * by anyone, any number of times: a wiped queue is filled again from the same answer. Later stages start when the earlier
 * have settled; what died is left out, and seen in the status.
 */
export function nextStep(state: RunState): NextStep {
  if (state.control === "paused" || (state.control === "held" && state.plan)) return { kind: "wait" };
  const early = extractAndLoad(state);
  if (early.length > 0) return { kind: "work", work: early };
  const outcome = runOutcome(state);
  if (outcome === undefined) return { kind: "work", work: modelAndPublish(state) };
  const closing = closingWork(state, outcome);
  return closing.length > 0 ? { kind: "work", work: closing } : { kind: "settle", status: outcome };
}

/**
 * How the run ends, or undefined while that is open. `failed`: nothing of it is published. `partial`: published without
 * what died. Meant to be asked when nothing is left to extract or load.
 */
export function runOutcome(state: RunState): RunStatus | undefined {
  const dead = deadKeys(state);
  if (["plan", "transform", "publish"].some((key) => dead.has(key))) return "failed";
  if (nothingToShow(state) || (dead.has(CANCELLED) && !state.plan)) return "failed";
  if (!state.stages.has("publish")) return undefined;
  return publishedStatus(state);
}

/** What a published run is: `complete`, or `partial` when something of it is missing. */
export function publishedStatus(state: RunState): RunStatus {
  const isMissing = state.dead.some((letter) => !HARMLESS.has(letter.work)) || lateParts(state).length > 0;
  return isMissing ? "partial" : "complete";
}

/** The code of work that succeeded when its run could no longer use it: a reason for the next pass. */
export const CAME_TOO_LATE = "run.came_too_late";

/** Parts that landed when their resource had been loaded already: a retry in the middle of a run. The next pass loads them. */
export function lateParts(state: RunState): PlannedPart[] {
  return (state.plan?.parts ?? []).filter(
    ({ part, resource }) =>
      state.landed.has(part) && state.loaded.has(resource) && !state.loadedParts.has(part),
  );
}

function extractAndLoad(state: RunState): Work[] {
  const { plan, request } = state;
  const dead = deadKeys(state);
  const runId = request.runId;
  const isCancelled = state.control === "cancelled";
  if (!plan) return dead.has("plan") || isCancelled ? [] : [{ name: "plan-run", payload: { v: 1, runId } }];
  const missing = isCancelled ? [] : missingExtracts(state);
  if (missing.length > 0) return missing;
  const landed = plan.parts.filter(({ part }) => state.landed.has(part)).map(({ resource }) => resource);
  return [...new Set(landed)]
    .filter((resource) => !state.loaded.has(resource) && !dead.has(`load:${resource}`))
    .map((resource) => ({ name: "load-resource", payload: { v: 1, runId, resource } }));
}

/** Planned parts that have neither landed nor died, as jobs, in the order of the plan. */
export function missingExtracts(state: RunState): Extract<Work, { name: "extract-part" }>[] {
  const dead = deadKeys(state);
  const runId = state.request.runId;
  return (state.plan?.parts ?? [])
    .filter(({ part }) => !state.landed.has(part) && !dead.has(`part:${part}`))
    .map((part) => ({ name: "extract-part", payload: { v: 1, runId, part } }));
}

function modelAndPublish(state: RunState): Work[] {
  const runId = state.request.runId;
  if (!state.stages.has("transform")) return [{ name: "transform-run", payload: { v: 1, runId } }];
  const dead = deadKeys(state);
  const open = Array.from({ length: state.evaluateBatches }, (_, batch) => batch).filter(
    (batch) => !state.stages.has(`evaluate-${batch}`) && !dead.has(`evaluate-${batch}`),
  );
  if (open.length > 0)
    return open.map((batch) => ({ name: "evaluate-experiments", payload: { v: 1, runId, batch } }));
  return [{ name: "publish-run", payload: { v: 1, runId, scope: "all" } }];
}

function closingWork(state: RunState, outcome: RunStatus): Work[] {
  const dead = deadKeys(state);
  const runId = state.request.runId;
  const isOpen = (key: string) => !state.stages.has(key) && !dead.has(key);
  if (outcome === "failed" && isOpen("publish-ops"))
    return [{ name: "publish-run", payload: { v: 1, runId, scope: "ops" } }];
  if (isOpen("notify")) return [{ name: "notify-run", payload: { v: 1, runId } }];
  return [];
}

/** A plan that held parts of which not one could be loaded. */
function nothingToShow(state: RunState): boolean {
  const isEmptyPlan = state.plan?.parts.length === 0;
  return state.plan !== undefined && !isEmptyPlan && state.loaded.size === 0;
}

function deadKeys(state: RunState): Set<string> {
  return new Set(state.dead.map((letter) => letter.work));
}
