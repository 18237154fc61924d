import { errorCode, MODELS_PIPELINE, type RunRequest, type SettledRun } from "@lifecycle/contracts";
import { requestRun, type WantedRun } from "@lifecycle/ingest";
import type { ModelOutcome } from "@lifecycle/transform";
import { followRun } from "../progress.ts";
import { FLEET_GONE, findHands, type Session } from "../session.ts";

export interface FollowedModels {
  request: RunRequest;
  settled: SettledRun;
}

/** What is asked of which models. */
export interface ModelsWanted {
  readonly models: NonNullable<RunRequest["models"]>;
  readonly trigger: RunRequest["trigger"];
}

/**
 * Asks for a run of models and follows it to its end, telling of each model as it is done. The owner of the warehouse does the work: the
 * live fleet's, else one started for as long as this takes.
 */
export async function followModels(
  session: Session,
  { models, trigger }: ModelsWanted,
  onModel: (outcome: ModelOutcome) => void = () => undefined,
): Promise<FollowedModels> {
  const { terminal, ledger, settings, user } = session;
  const wanted: WantedRun = {
    workspace: Object.keys(settings.workspaces)[0]!,
    pipeline: MODELS_PIPELINE,
    window: "all",
    trigger,
    requestedBy: user,
    priority: 0,
    models,
  };
  for (;;) {
    const hands = await findHands(session, { withoutBraze: true });
    try {
      const { request, resumed } = await requestRun(ledger, wanted, new Date());
      const where = hands.isLiveFleet
        ? "handed to the fleet that is up"
        : "started a warehouse worker for it";
      terminal.line(`${resumed ? "Resuming" : "Run"} ${request.runId}, ${where}`);
      session.onInterrupt(
        hands.isLiveFleet
          ? `Left: the fleet goes on with ${request.runId} (lifecycle status ${request.runId}).`
          : `Interrupted: ${request.runId} goes on where it stopped when the same is asked for again. Stopping …`,
      );
      const seen = modelWatcher(session, request, onModel);
      try {
        const settled = await followRun(ledger, request.runId, {
          signal: hands.signal,
          landingPath: settings.landing.path,
          onProgress: () => undefined,
        });
        return { request, settled };
      } finally {
        await seen.stop();
      }
    } catch (error) {
      if (errorCode(error) !== FLEET_GONE) throw error;
      terminal.line("The fleet that was up has ended; going on without it.");
    } finally {
      await hands.release();
    }
  }
}

const POLL_MS = 200;
const PREFIX = "model-";

/** Looks for new receipts of models until it is stopped, and once more then. Those found together are told in building order. */
function modelWatcher(
  { ledger }: Session,
  { runId, models }: RunRequest,
  onModel: (outcome: ModelOutcome) => void,
) {
  const order = models?.select ?? [];
  const told = new Set<string>();
  const look = async () => {
    const stages = [...(await ledger.listStages(runId))].filter((stage) => stage.startsWith(PREFIX));
    const fresh = await Promise.all(
      stages.filter((stage) => !told.has(stage)).map((stage) => ledger.readStage(runId, stage)),
    );
    const receipts = fresh.filter((receipt) => receipt !== undefined);
    const placeOf = ({ stage }: { stage: string }) => order.indexOf(stage.slice(PREFIX.length));
    for (const { stage, summary } of receipts.toSorted((a, b) => placeOf(a) - placeOf(b))) {
      told.add(stage);
      onModel(summary as unknown as ModelOutcome);
    }
  };
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    await look();
  })();
  return {
    stop: () => {
      stopped = true;
      return watching;
    },
  };
}
