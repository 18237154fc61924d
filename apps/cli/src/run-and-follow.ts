import {
  errorCode,
  errorMessage,
  type RunPlan,
  type RunRequest,
  type SettledRun,
} from "@lifecycle/contracts";
import { controlRun, requestRun, type WantedRun } from "@lifecycle/ingest";
import { checkedTree } from "./models/checked-tree.ts";
import { describeOutcome } from "./outcome.ts";
import { type FollowOptions, followPlan, followRun } from "./progress.ts";
import { describeQuote, quoteRun } from "./quote.ts";
import { announceResources } from "./resources.ts";
import { FLEET_GONE, findHands, type Hands, type Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";

export interface Followed {
  request: RunRequest;
  settled: SettledRun;
  hands: Hands;
}

/** Whether a run whose quote has been printed may go on. */
export type Approve = (plan: RunPlan) => Promise<boolean>;

/**
 * Checks the SQL tree, so that a mistake in a model is told before anything is asked, finds or starts the processes that do the work, asks for a run, and follows it to its end. A run to be held is
 * planned first, its quote printed, and then let go when `approve` says so, else cancelled. The caller releases the hands, after it
 * has read what it wants from the warehouse.
 */
export async function runAndFollow(
  session: Session,
  wanted: WantedRun,
  approve: Approve = async () => true,
): Promise<Followed> {
  const { terminal, ledger } = session;
  await checkedTree(session, () => terminal.line("  checking the SQL models …"));
  const hands = await findHands(session, needsOf(wanted));
  const { request, resumed } = await requestRun(ledger, wanted, new Date()).catch(async (error: unknown) => {
    await hands.release();
    throw error;
  });
  terminal.line(`${resumed ? "Resuming" : "Run"} ${request.runId}`);
  if (request.pipeline === "braze") await announceResources(session, request, hands);
  const { settled, hands: last } = await follow(session, request, hands, approve);
  for (const line of describeOutcome(settled)) terminal.line(line);
  return { request, settled, hands: last };
}

/** Follows a run; when the fleet it was handed to ends before, goes on with processes of our own. */
async function follow(
  session: Session,
  request: RunRequest,
  first: Hands,
  approve: Approve,
): Promise<{ settled: SettledRun; hands: Hands }> {
  const { terminal, ledger, settings, logger } = session;
  for (let hands = first; ; hands = await findHands(session, needsOf(request))) {
    introduce(terminal, hands, request);
    session.onInterrupt(partingWords(request, hands));
    const options: FollowOptions = {
      signal: hands.signal,
      landingPath: settings.landing.path,
      onProgress: (progress) => terminal.progress(progress),
    };
    try {
      if (request.hold) await decide(session, request, options, approve);
      const settled = await followRun(ledger, request.runId, options);
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

/** Prints the quote of a run that is held, paused or cancelled, and lets it go or not. */
async function decide(
  { ledger, settings, terminal, user }: Session,
  request: RunRequest,
  options: FollowOptions,
  approve: Approve,
): Promise<void> {
  if ((await ledger.readControl(request.runId))?.state === "go") return;
  const plan = await followPlan(ledger, request.runId, options);
  terminal.endProgress();
  if (!plan) return;
  const quote = await quoteRun(ledger, settings.workspaces[request.workspace]!, request, plan);
  for (const line of describeQuote(quote)) terminal.line(line);
  const state = (await approve(plan)) ? "go" : "cancelled";
  await controlRun(ledger, request.runId, state, user, new Date());
}

/** A file is planned and loaded by the warehouse's owner: nobody has to read Braze, nor to play it. */
function needsOf({ source }: Pick<RunRequest, "source">): { withoutBraze?: boolean } {
  return source === undefined ? {} : { withoutBraze: true };
}

function partingWords({ runId }: RunRequest, { isLiveFleet }: Hands): string {
  return isLiveFleet
    ? `Left: the fleet goes on with ${runId} (lifecycle status ${runId}).`
    : `Interrupted: ${runId} goes on where it stopped when the same is asked for again, or with npm run fleet. Stopping …`;
}

function introduce(terminal: Terminal, { isLiveFleet, sandboxUrl }: Hands, request: RunRequest): void {
  const started = request.source
    ? "started producer and warehouse"
    : "started producer, extract workers and warehouse";
  terminal.line(isLiveFleet ? "  handed to the fleet that is up" : `  ${started}`);
  if (sandboxUrl) terminal.line(`  no Braze key: the bundled sandbox plays Braze at ${sandboxUrl}`);
}
