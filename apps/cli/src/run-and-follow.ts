import { errorCode, errorMessage, type RunRequest, type SettledRun } from "@lifecycle/contracts";
import { requestRun, type WantedRun } from "@lifecycle/ingest";
import { describeOutcome } from "./outcome.ts";
import { followRun } from "./progress.ts";
import { FLEET_GONE, findHands, type Hands, type Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";

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
  const { settled, hands: last } = await follow(session, request, hands);
  for (const line of describeOutcome(settled)) terminal.line(line);
  return { request, settled, hands: last };
}

/** Follows a run; when the fleet it was handed to ends before, goes on with processes of our own. */
async function follow(
  session: Session,
  request: RunRequest,
  first: Hands,
): Promise<{ settled: SettledRun; hands: Hands }> {
  const { terminal, ledger, settings, logger } = session;
  for (let hands = first; ; hands = await findHands(session)) {
    introduce(terminal, hands);
    try {
      const settled = await followRun(ledger, request.runId, {
        signal: hands.signal,
        landingPath: settings.landing.path,
        onProgress: (progress) => terminal.progress(progress),
      });
      terminal.endProgress();
      return { settled, hands };
    } catch (error) {
      terminal.endProgress();
      await hands.release();
      logger.warn({ run_id: request.runId, reason: errorMessage(error) }, "did not see the run's end");
      if (errorCode(error) !== FLEET_GONE) throw error;
      terminal.line("  the fleet that was up has ended");
    }
  }
}

function introduce(terminal: Terminal, { isLiveFleet, sandboxUrl }: Hands): void {
  terminal.line(
    isLiveFleet ? "  handed to the fleet that is up" : "  started producer, extract workers and warehouse",
  );
  if (sandboxUrl) terminal.line(`  no Braze key: the bundled sandbox plays Braze at ${sandboxUrl}`);
}
