import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { maskSecrets } from "@lifecycle/runtime";
import type { Queue } from "bullmq";
import type { RequestHandler } from "express";

export const BOARD_PATH = "/admin/queues";

/** Every open tab asks as often as this; each time costs a few commands per queue. */
const POLL_SECONDS = 15;

/** Bull Board over `queues`, to be mounted at `BOARD_PATH`. */
export function createBoard(queues: readonly Queue[], environment: string): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { delimiter: "-" })),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: "Lifecycle",
        environment: { label: environment, color: environment === "prod" ? "#b91c1c" : "#15803d" },
        showMetrics: true,
        pollingInterval: { showSetting: true, forceInterval: POLL_SECONDS },
        hideDocsLink: true,
        miscLinks: [{ text: "Lifecycle", url: "/" }],
      },
      // Bull Board's formatters reach data and return values; the answer as a whole also holds failure reasons, options and logs.
      handlerHooks: { after: (_context, answer) => masked(answer) },
    },
  });
  return serverAdapter.getRouter() as RequestHandler;
}

/** A copy as JSON makes it, with every secret this process knows masked in its texts. */
export function masked<T>(value: T): T {
  const text = JSON.stringify(value);
  if (text === undefined) return value;
  return JSON.parse(text, (_key, inner: unknown) =>
    typeof inner === "string" ? maskSecrets(inner) : inner,
  ) as T;
}
