import { type DeadLetter, parseRunId, type RunRequest, type Work, workOf } from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";
import { lastPass, reopenRun } from "./request-run.ts";
import { reopenedRuns } from "./run-state.ts";

export interface LetterFilter {
  runId?: string | undefined;
  queue?: string | undefined;
  /** A code, or how it begins: `braze` finds `braze.server_error`. */
  reason?: string | undefined;
  /** The id of a campaign or Canvas, or a part of its name. */
  campaign?: string | undefined;
  /** Also what ended runs lacked and a later pass of theirs has taken up. */
  past?: boolean | undefined;
}

/** A dead letter that nobody has decided about. */
export interface OpenLetter extends DeadLetter {
  /** Whether its run has ended; then it is the next pass that does the work. */
  hasSettled: boolean;
  /** Whether a later pass has taken it up: what still lacks then is that pass's own. Only listed when `past` asks for it. */
  isPast: boolean;
}

/**
 * Work that is missing now: what died in open runs, and what the latest pass of ended ones lacks. Dropped letters are left out.
 * In the order of failing.
 */
export async function listDeadLetters(ledger: Ledger, filter: LetterFilter = {}): Promise<OpenLetter[]> {
  const found: OpenLetter[] = [];
  for (const runId of await ledger.listRunIds()) {
    if (filter.runId !== undefined && filter.runId !== runId) continue;
    const settled = await ledger.readSettled(runId);
    const letters = settled?.missing ?? (await ledger.readDeadLetters(runId));
    if (letters.length === 0) continue;
    const isPast = settled !== undefined && (await hasLaterPass(ledger, runId));
    if (isPast && !filter.past) continue;
    const dropped = await droppedWork(ledger, runId);
    for (const letter of letters)
      if (!dropped.has(letter.work) && matches(letter, filter))
        found.push({ ...letter, hasSettled: settled !== undefined, isPast });
  }
  return found.toSorted((a, b) => a.failedAt.localeCompare(b.failedAt));
}

async function hasLaterPass(ledger: Ledger, runId: string): Promise<boolean> {
  const key = parseRunId(runId);
  return key !== undefined && (await lastPass(ledger, key)) > key.pass;
}

function matches(letter: DeadLetter, { queue, reason, campaign }: LetterFilter): boolean {
  if (queue !== undefined && letter.queue !== queue) return false;
  if (reason !== undefined && letter.code !== reason && !letter.code.startsWith(`${reason}.`)) return false;
  if (campaign === undefined || letter.objectId === campaign) return true;
  return letter.objectName?.toLowerCase().includes(campaign.toLowerCase()) ?? false;
}

/**
 * Asks for the work again: in an open run its job is forgotten by the queue and added anew by the producer; of an ended run the next
 * pass does everything it lacks. Answers the runs that will do it.
 */
export async function retryDeadLetters(
  deps: { ledger: Ledger; forget: (request: RunRequest, work: Work) => Promise<void>; now: () => Date },
  letters: readonly OpenLetter[],
): Promise<string[]> {
  const runs = new Set<string>();
  for (const [runId, ofRun] of Map.groupBy(letters, (letter) => letter.runId)) {
    if (ofRun[0]!.hasSettled) {
      const next = await reopenRun(deps.ledger, runId, deps.now());
      if (next) runs.add(next.runId);
      continue;
    }
    for (const letter of ofRun) if (await retryInOpenRun(deps, letter)) runs.add(runId);
  }
  return [...runs];
}

/** The queue forgets first: a job that is still known as failed would be found dead again. */
async function retryInOpenRun(
  { ledger, forget }: Parameters<typeof retryDeadLetters>[0],
  { runId, work }: DeadLetter,
): Promise<boolean> {
  const [request, plan] = await Promise.all([ledger.readRequest(runId), ledger.readPlan(runId)]);
  const job = request && workOf(work, runId, plan?.parts ?? []);
  if (!request || !job) return false;
  await forget(request, job);
  await ledger.removeDeadLetter(runId, work);
  return true;
}

/** Does without the work for good: it is listed no more, and no later pass takes it up. */
export async function dropDeadLetters(
  ledger: Ledger,
  letters: readonly DeadLetter[],
  by: string,
  now: Date,
): Promise<void> {
  for (const { runId, work } of letters)
    await ledger.writeDropped({ runId, work, droppedBy: by, droppedAt: now.toISOString() });
}

/** Keys of the work that somebody does without, in a run and in those it reopens. */
export async function droppedWork(ledger: Ledger, runId: string): Promise<Set<string>> {
  const chain = await reopenedRuns(ledger, runId);
  const dropped = await Promise.all(chain.map((each) => ledger.readDropped(each)));
  return new Set(dropped.flat().map(({ work }) => work));
}
