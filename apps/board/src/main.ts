import { parseArgs } from "node:util";
import { openLanding } from "@lifecycle/landing";
import { queueNamesOf } from "@lifecycle/queue";
import { announceReady, createClock, startRole } from "@lifecycle/runtime";
import { createApp } from "./app.ts";
import { watchLoop } from "./health.ts";
import { listen } from "./listen.ts";
import { openQueueViews } from "./queue-views.ts";

/** `--port N` wins over the setting; a taken port means the next free one. */
const { values } = parseArgs({ options: { port: { type: "string" } } });

await startRole("board", async ({ settings, logger, redisUrl, redisPrefix, shutdown }) => {
  const { host, port } = settings.board;
  const views = openQueueViews({ redisUrl, prefix: redisPrefix, logger }, queueNamesOf(settings));
  shutdown.onClose("queues", () => views.close());
  const loop = watchLoop();
  shutdown.onClose("event loop watch", () => loop.stop());
  const { ledger } = openLanding(settings);
  const clock = createClock(settings);
  const app = createApp({ settings, ledger, views, loop, clock, logger, draining: shutdown.signal });

  const listening = await listen(app, host, values.port === undefined ? port : Number(values.port));
  shutdown.onClose("http", () => listening.close());
  const { url } = listening;
  logger.info({ event: "listening", url, port: listening.port }, `the board is at ${url}`);
  announceReady({ url, port: listening.port });
});
