import {
  type DeadLetter,
  FatalError,
  type RunControl,
  type RunPlan,
  type RunRequest,
} from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";

/** What the ledger says of one run, read in a few directory listings. */
export interface RunState {
  request: RunRequest;
  plan: RunPlan | undefined;
  /** Part ids that have landed. */
  landed: ReadonlySet<string>;
  /** Resources that are loaded. */
  loaded: ReadonlySet<string>;
  /** Parts that the loads found landed. One that landed after its resource was loaded is not among them. */
  loadedParts: ReadonlySet<string>;
  /** Receipts of later stages. */
  stages: ReadonlySet<string>;
  /** How many evaluate jobs the run has; known once it is transformed. */
  evaluateBatches: number;
  dead: readonly DeadLetter[];
  /** What somebody wants of it. */
  control: RunControl["state"];
}

/** Reads a run's state. `plans` saves reading a plan twice: a plan never changes. Throws `ledger.unknown_run`. */
export async function readRunState(
  ledger: Ledger,
  runId: string,
  plans?: Map<string, RunPlan>,
): Promise<RunState> {
  const request = await ledger.readRequest(runId);
  if (!request) throw new FatalError("ledger.unknown_run", `There is no run ${runId} in the ledger.`);
  const plan = plans?.get(runId) ?? planWithoutParts(request) ?? (await ledger.readPlan(runId));
  if (plan) plans?.set(runId, plan);
  const [landed, loads, stages, dead, control] = await Promise.all([
    ledger.listLanded(runId),
    ledger.readLoads(runId),
    ledger.listStages(runId),
    ledger.readDeadLetters(runId),
    ledger.readControl(runId),
  ]);
  const transformed = stages.has("transform") ? await ledger.readStage(runId, "transform") : undefined;
  return {
    request,
    plan,
    landed,
    loaded: new Set(loads.map((load) => load.resource)),
    loadedParts: new Set(loads.flatMap((load) => load.parts)),
    stages,
    evaluateBatches: transformed?.experimentBatches?.length ?? 0,
    dead: control?.state === "cancelled" ? [...dead, cancelLetter(control)] : dead,
    control: control?.state ?? (request.hold ? "held" : "go"),
  };
}

/** A run of models reads no source, so there is nothing to plan. */
function planWithoutParts({ runId, requestedAt, models }: RunRequest): RunPlan | undefined {
  return models && { runId, plannedAt: requestedAt, parts: [] };
}

/** The work key of a run that somebody ended early: what had not landed by then is missing. */
export const CANCELLED = "cancelled";

function cancelLetter({ runId, changedBy, changedAt }: RunControl): DeadLetter {
  return {
    runId,
    work: CANCELLED,
    queue: "",
    jobId: "",
    code: "run.cancelled",
    message: `cancelled by ${changedBy}`,
    failedAt: changedAt,
  };
}

/** The run and, oldest last, those it reopens. */
export async function reopenedRuns(ledger: Ledger, runId: string): Promise<string[]> {
  const chain: string[] = [];
  for (let next: string | undefined = runId; next; next = (await ledger.readRequest(next))?.reopens)
    chain.push(next);
  return chain;
}
