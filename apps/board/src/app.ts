import { errorMessage } from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";
import type { Clock, Logger, Settings } from "@lifecycle/runtime";
import express, { type Express, type RequestHandler } from "express";
import { type Access, createAccess } from "./access.ts";
import { BOARD_PATH, createBoard } from "./bull-board.ts";
import { type LoopLag, readiness } from "./health.ts";
import { homePage, listOutput } from "./home-page.ts";
import { answerErrors, refusal } from "./http-error.ts";
import { mergeExpositions, queueGauges, redisGauge, renderGauges, runGauges } from "./metrics.ts";
import type { QueueViews } from "./queue-views.ts";
import { createRunHistory, type RunHistory } from "./run-history.ts";
import { runsApi } from "./runs-api.ts";

export interface BoardDeps {
  settings: Pick<
    Settings,
    "board" | "environment" | "output" | "pipelines" | "root" | "warehouse" | "workspaces"
  >;
  ledger: Ledger;
  views: QueueViews;
  loop: LoopLag;
  clock: Clock;
  logger: Logger;
  /** Aborted when the process is about to end: readiness says so, liveness does not. */
  draining: AbortSignal;
}

/**
 * Everything the board answers. Health is for orchestrators and asks nobody who they are; the rest follows `createAccess`,
 * whose `settings.board_exposed` it throws.
 */
export function createApp(deps: BoardDeps): Express {
  const { settings, views, logger } = deps;
  const access = createAccess(settings.board);
  const history = createRunHistory(deps.ledger, logger);
  const app = express();
  app.disable("x-powered-by");
  app.use(secureHeaders);

  addHealth(app, deps);
  app.use(access.fromHere, auditActions(logger));
  addPages(app, deps, access, history);
  app.use("/api/runs", runsApi({ ...deps, access, history }));
  app.use(BOARD_PATH, access.toSee, createBoard(views.queues, settings.environment));

  app.use(() => {
    throw refusal(404, "request.unknown", "There is nothing at this address.");
  });
  app.use(answerErrors(logger));
  return app;
}

function addHealth(app: Express, { ledger, views, loop, draining }: BoardDeps): void {
  app.get("/healthz", (_request, response) => {
    const isAlive = loop.isAlive();
    response
      .status(isAlive ? 200 : 503)
      .json({ alive: isAlive, event_loop_lag_ms: Math.round(loop.lagMs()) });
  });
  app.get("/readyz", async (_request, response) => {
    const needs = { redis: () => views.ping(), ledger: () => ledger.listUnsettled() };
    const state = await readiness(needs, draining.aborted);
    response.status(state.ready ? 200 : 503).json(state);
  });
}

function addPages(app: Express, deps: BoardDeps, access: Access, history: RunHistory): void {
  const { settings, views } = deps;
  app.get("/", access.toSee, async (_request, response) => {
    const [files, runs] = await Promise.all([listOutput(settings.output.path), history.list()]);
    response.type("html").send(homePage({ environment: settings.environment, files, runs }));
  });
  const files = express.static(settings.output.path, { index: false, dotfiles: "deny" });
  app.use("/output", access.toSee, pagesOfOneFile, files);
  app.get("/metrics", access.toRead, async (_request, response) => {
    const nowMs = Date.now();
    const [queues, runs] = await Promise.all([exposeQueues(views, nowMs, deps.logger), history.list()]);
    const text = mergeExpositions([...queues, renderGauges(runGauges(runs, nowMs))]);
    response.type("text/plain; version=0.0.4").send(text);
  });
}

/** What Redis knows. Without it the ledger's numbers are still worth reading, and its absence is one. */
async function exposeQueues(views: QueueViews, nowMs: number, logger: Logger): Promise<string[]> {
  try {
    const [exported, ages] = await Promise.all([views.exportMetrics(), views.ages(nowMs)]);
    return [...exported, renderGauges([redisGauge(true), ...queueGauges(ages)])];
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, "no metrics of the queues");
    return [renderGauges([redisGauge(false)])];
  }
}

/**
 * A page takes everything from here. Bull Board's asks for web fonts of another host, and where such requests are swallowed, as behind
 * many a firewall, a browser would wait for them with an empty page.
 */
const CONTENT_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const secureHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
  });
  next();
};

/** A published page has its script within itself, and says itself which one may run. */
const pagesOfOneFile: RequestHandler = (_request, response, next) => {
  response.set("Content-Security-Policy", `${CONTENT_POLICY}; script-src 'unsafe-inline'`);
  next();
};

/** Who did what: every request that is not only looking, with how it ended. */
function auditActions(logger: Logger): RequestHandler {
  return (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      const { method, originalUrl } = request;
      response.on("finish", () => {
        const status = response.statusCode;
        logger.info(
          { event: "action", method, path: originalUrl, status, address: request.ip },
          "board action",
        );
      });
    }
    next();
  };
}
