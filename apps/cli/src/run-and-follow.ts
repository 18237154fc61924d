import { errorMessage, type RunRequest, type SettledRun } from "@lifecycle/contracts";
import { requestRun, type WantedRun } from "@lifecycle/ingest";
import { describeOutcome } from "./outcome.ts";
import { followRun } from "./progress.ts";
import { findHands, type Hands, type Session } from "./session.ts";

export interface Followed {
  request: RunRequest;
  settled: SettledRun;
  hands: Hands;
}

/**
 * Finds or starts the processes that do the work, asks for a run, and follows it to its end. The caller releases the hands, after it
 * has read what it wants from the warehouse.
 */
export async function runAndFollow(session: Session, wanted: WantedRun): Promise<Followed> {
  const { terminal, ledger } = session;
  const hands = await findHands(session);
  const { request, resumed } = await requestRun(ledger, wanted, new Date()).catch(async (error: unknown) => {
    await hands.release();
    throw error;
  });
  terminal.line(`${resumed ? "Resuming" : "Run"} ${request.runId}`);
  terminal.line(
    hands.isLiveFleet
      ? "  handed to the fleet that is up"
      : "  started producer, extract workers and warehouse",
  );
  if (hands.sandboxUrl)
    terminal.line(`  no Braze key: the bundled sandbox plays Braze at ${hands.sandboxUrl}`);
  try {
    const settled = await followRun(ledger, request.runId, {
      signal: hands.signal,
      landingPath: session.settings.landing.path,
      onProgress: (progress) => terminal.progress(progress),
    });
    terminal.endProgress();
    for (const line of describeOutcome(settled)) terminal.line(line);
    return { request, settled, hands };
  } catch (error) {
    terminal.endProgress();
    session.logger.error({ run_id: request.runId, reason: errorMessage(error) }, "did not see the run's end");
    await hands.release();
    throw error;
  }
}
