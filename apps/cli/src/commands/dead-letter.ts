import { InputError } from "@lifecycle/contracts";
import { dropDeadLetters, listDeadLetters, type OpenLetter, retryDeadLetters } from "@lifecycle/ingest";
import { openQueues, queueNamesOf, queuePolicy } from "@lifecycle/queue";
import { provideRedis, redisPrefix } from "@lifecycle/runtime";
import type { Session } from "../session.ts";
import { formatTable, toTheSecond } from "../terminal.ts";

export interface LetterFlags {
  queue?: string;
  reason?: string;
  campaign?: string;
  run?: string;
  all?: boolean;
  past?: boolean;
}

const TOP_REASONS = 5;

/**
 * `lifecycle dead-letter list`: work that was given up and that nobody has decided about; `--past` adds what a later pass has taken up.
 * Returns the exit code.
 */
export async function listLetters({ ledger, terminal }: Session, flags: LetterFlags): Promise<number> {
  const all = await listDeadLetters(ledger, { ...filterOf(flags), past: true });
  const shown = all.filter(({ isPast }) => flags.past || !isPast);
  if (shown.length === 0) terminal.line("Nothing is missing.");
  else for (const line of describeLetters(shown, flags.past === true)) terminal.line(line);
  const hidden = new Set(all.filter(({ isPast }) => isPast).map(({ runId }) => runId)).size;
  if (hidden > 0 && !flags.past)
    terminal.line(
      `Left out: ${hidden} ended ${hidden === 1 ? "run" : "runs"} that a later pass has done again. \`lifecycle dead-letter list --past\` shows what they lacked.`,
    );
  return 0;
}

function describeLetters(letters: readonly OpenLetter[], withPast: boolean): string[] {
  const rows = letters.map((letter) => [
    letter.runId,
    nameOf(letter),
    letter.queue,
    letter.code,
    toTheSecond(letter.failedAt),
    ...(withPast ? [letter.isPast ? "done by a later pass" : "missing"] : []),
  ]);
  const reasons = [...Map.groupBy(letters, ({ message }) => message)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  return [
    formatTable(["run", "what", "queue", "reason", "since", ...(withPast ? ["state"] : [])], rows),
    ...reasons.slice(0, TOP_REASONS).map(([message, { length }]) => `  ${length} × ${message}`),
  ];
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
