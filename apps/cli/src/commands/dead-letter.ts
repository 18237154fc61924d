import { InputError } from "@lifecycle/contracts";
import { dropDeadLetters, listDeadLetters, type OpenLetter, retryDeadLetters } from "@lifecycle/ingest";
import { openQueues, queueNamesOf, queuePolicy } from "@lifecycle/queue";
import { provideRedis, redisPrefix } from "@lifecycle/runtime";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";

export interface LetterFlags {
  queue?: string;
  reason?: string;
  campaign?: string;
  run?: string;
  all?: boolean;
}

const TOP_REASONS = 5;

/** `lifecycle dead-letter list`: work that was given up and that nobody has decided about. Returns the exit code. */
export async function listLetters({ ledger, terminal }: Session, flags: LetterFlags): Promise<number> {
  const letters = await listDeadLetters(ledger, filterOf(flags));
  if (letters.length === 0) {
    terminal.line("Nothing is missing.");
    return 0;
  }
  const rows = letters.map((letter) => [
    letter.runId,
    nameOf(letter),
    letter.queue,
    letter.code,
    letter.failedAt,
  ]);
  terminal.line(formatTable(["run", "what", "queue", "reason", "since"], rows));
  const reasons = [...Map.groupBy(letters, ({ message }) => message)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  for (const [message, { length }] of reasons.slice(0, TOP_REASONS))
    terminal.line(`  ${length} × ${message}`);
  return 0;
}

/** `lifecycle dead-letter retry`: asks for the work again. Returns the exit code. */
export async function retryLetters(session: Session, flags: LetterFlags): Promise<number> {
  const { ledger, settings, logger, shutdown, terminal } = session;
  const letters = await chosen(session, flags);
  const redis = await provideRedis(settings, { logger });
  shutdown.onClose("redis", () => redis.stop());
  const connection = { redisUrl: redis.url, prefix: redisPrefix(settings) };
  const queues = openQueues(connection, queueNamesOf(settings), queuePolicy(settings));
  try {
    const runs = await retryDeadLetters({ ledger, forget: queues.forget, now: () => new Date() }, letters);
    for (const run of runs) terminal.line(`asked for again: ${run}`);
    if (runs.length === 0) terminal.line("Nothing of it can be tried again.");
    else if (!(await queues.isProducerAlive()))
      terminal.line("No fleet is up: the next one does it (npm run fleet).");
    return 0;
  } finally {
    await queues.close();
  }
}

/** `lifecycle dead-letter drop`: does without the work. Returns the exit code. */
export async function dropLetters(session: Session, flags: LetterFlags): Promise<number> {
  const letters = await chosen(session, flags);
  await dropDeadLetters(session.ledger, letters, session.user, new Date());
  for (const letter of letters) session.terminal.line(`dropped: ${nameOf(letter)} of ${letter.runId}`);
  return 0;
}

/** The letters that the flags name. Throws `dead_letter.no_filter` when they name none, and `dead_letter.none`. */
async function chosen({ ledger }: Session, flags: LetterFlags): Promise<OpenLetter[]> {
  const filter = filterOf(flags);
  if (!flags.all && Object.values(filter).every((value) => value === undefined))
    throw new InputError(
      "dead_letter.no_filter",
      "Say which: --queue, --reason, --campaign or --run; or --all for everything that is missing.",
    );
  const letters = await listDeadLetters(ledger, filter);
  if (letters.length > 0) return letters;
  throw new InputError(
    "dead_letter.none",
    "Nothing that is missing fits. `lifecycle dead-letter list` shows what there is.",
  );
}

function filterOf({ queue, reason, campaign, run }: LetterFlags) {
  return { queue, reason, campaign, runId: run };
}

function nameOf({ objectName, resource, work }: OpenLetter): string {
  return objectName ? `${objectName} (${resource})` : work;
}
