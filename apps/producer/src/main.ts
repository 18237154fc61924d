import { errorMessage } from "@lifecycle/contracts";
import { openLanding } from "@lifecycle/landing";
import { openQueues, queueNamesOf, queuePolicy } from "@lifecycle/queue";
import { announceReady, createClock, loadPipelines, rotateActivityLog, startRole } from "@lifecycle/runtime";
import { createAdvancer } from "./advance.ts";
import { debounced, everyRound } from "./rounds.ts";
import { checkSchedules, createScheduler } from "./schedules.ts";

/** A run moves on within this time of the end of one of its jobs; many ends in a row make one step. */
const SETTLE_DOWN_MS = 50;
const BEAT_EVERY_TIMES = 4;

await startRole("producer", async ({ settings, logger, redisUrl, redisPrefix, shutdown }) => {
  checkSchedules(settings.schedules, loadPipelines(settings));
  const { ledger, sweep } = openLanding(settings);
  const interval = settings.queues.reconcile_interval_ms;
  const queues = openQueues({ redisUrl, prefix: redisPrefix }, queueNamesOf(settings), queuePolicy(settings));
  shutdown.onClose("queues", () => queues.close());
  const advancer = createAdvancer({
    ledger,
    queues,
    logger,
    now: () => new Date(),
    doubtAfterMs: interval * 5,
  });
  const scheduler = await createScheduler({ ledger, settings, clock: createClock(settings), logger });

  const advance = async (runId: string) => {
    try {
      await advancer.advance(runId);
    } catch (error) {
      logger.error({ run_id: runId, reason: errorMessage(error) }, "cannot move the run on");
    }
  };
  await queues.onJobEnd(debounced((runId) => void advance(runId), SETTLE_DOWN_MS));

  let generation = await queues.generation();
  const round = async () => {
    await queues.beat(interval * BEAT_EVERY_TIMES + 5_000);
    const current = await queues.generation();
    if (current !== generation) logger.warn("the queues were emptied; filling them again from the ledger");
    if (current !== generation) advancer.forgetQueues();
    generation = current;
    await scheduler.tick(new Set(await ledger.listUnsettled()));
    for (const runId of await ledger.listUnsettled()) await advance(runId);
    rotateActivityLog(settings.logs.path, { maxBytes: settings.logs.max_bytes, keep: settings.logs.keep });
  };
  shutdown.onClose(
    "rounds",
    everyRound(round, interval, (error) => logger.error({ reason: errorMessage(error) }, "round failed")),
  );
  const swept = await sweep();
  if (swept > 0) logger.info({ files: swept }, "removed what killed processes had left unfinished");
  announceReady();
  logger.info({ queues: queues.names.length, schedules: settings.schedules.length }, "producer ready");
});
