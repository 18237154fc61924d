import {
  addDays,
  CalendarDate,
  type DayWindow,
  dateInZone,
  daysBetween,
  errorCode,
  errorMessage,
  type PipelineConfig,
  Slug,
} from "@lifecycle/contracts";
import { mustBeKept, requestRun } from "@lifecycle/ingest";
import type { Ledger } from "@lifecycle/landing";
import { type Clock, type Logger, loadPipelines, type Settings } from "@lifecycle/runtime";
import { json, type RequestHandler, Router } from "express";
import { z } from "zod";
import type { Access } from "./access.ts";
import { refusal } from "./http-error.ts";
import type { RunHistory } from "./run-history.ts";

const MAX_DAYS = 3650;
const INTERACTIVE = 0;

const RealDay = CalendarDate.refine((day) => {
  const instant = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(day);
}, "expected a day of the calendar");

/** What a caller may ask for. `from` and `to` are days in the workspace's time zone, both included. */
const WantedRun = z
  .strictObject({
    workspace: Slug.optional(),
    pipeline: Slug,
    from: RealDay.optional(),
    to: RealDay.optional(),
  })
  .refine(({ from, to }) => !from || !to || from <= to, {
    path: ["to"],
    error: "must not lie before `from`",
  });

const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  workspace: Slug.optional(),
  pipeline: Slug.optional(),
  status: z.enum(["complete", "partial", "failed", "unsettled"]).optional(),
});

export interface RunsApiDeps {
  ledger: Ledger;
  history: RunHistory;
  settings: Pick<Settings, "workspaces" | "pipelines" | "root" | "warehouse">;
  access: Access;
  clock: Clock;
  logger: Logger;
}

/** `GET /` the latest runs, `GET /:runId` one of them, `POST /` asks for one; mounted at `/api/runs`. */
export function runsApi(deps: RunsApiDeps): Router {
  const { access, history } = deps;
  const router = Router();
  router.get("/", access.toRead, async (request, response) => {
    const { limit, ...wanted } = parsed(ListQuery, request.query);
    const runs = (await history.list()).filter((run) =>
      Object.entries(wanted).every(([key, value]) => run[key as keyof typeof wanted] === value),
    );
    response.json({ total: runs.length, runs: runs.slice(0, limit) });
  });
  router.get("/:runId", access.toRead, async (request, response) => {
    const run = (await history.list()).find(({ run_id }) => run_id === request.params.runId);
    if (!run) throw refusal(404, "run.unknown", "There is no such run.");
    const letters = await deps.ledger.readDeadLetters(run.run_id);
    response.json({
      ...run,
      dead_letters: letters.map(({ work, code, message, failedAt, objectName }) => ({
        work,
        code,
        message,
        failed_at: failedAt,
        object_name: objectName,
      })),
    });
  });
  router.post("/", access.toAsk, json({ limit: "16kb" }), askForRun(deps));
  return router;
}

function askForRun({ ledger, settings, clock, logger }: RunsApiDeps): RequestHandler {
  return async (request, response) => {
    if (request.body === undefined) throw refusal(400, "request.malformed", "Send a JSON object.");
    const wanted = parsed(WantedRun, request.body);
    const workspace = workspaceOf(wanted.workspace, settings.workspaces);
    const pipelines = loadPipelines(settings);
    const pipeline = pipelines.get(wanted.pipeline);
    const known = [...pipelines.keys()].join(", ");
    if (!pipeline) throw refusal(400, "run.unknown_pipeline", `pipeline: expected one of ${known}.`);
    const zone = settings.workspaces[workspace]!.time_zone;
    const today = dateInZone(clock.now(), zone);
    const window = windowOf(wanted, pipeline, today);
    refuseExpired(window, settings, today);
    const asked = { workspace, pipeline: pipeline.name, window, priority: INTERACTIVE };
    const answer = await requestRun(
      ledger,
      { ...asked, trigger: "api", requestedBy: "api" },
      new Date(),
    ).catch((error: unknown) => {
      if (errorCode(error) !== "run.other_in_progress") throw error;
      throw refusal(409, "run.other_in_progress", (error as Error).message);
    });
    const { runId } = answer.request;
    logger.info({ run_id: runId, resumed: answer.resumed, from_address: request.ip }, "a run was asked for");
    response
      .status(202)
      .location(`/api/runs/${runId}`)
      .json({ run_id: runId, window, resumed: answer.resumed });
  };
}

/** The workspace that is named, or the only one. */
function workspaceOf(named: string | undefined, workspaces: Settings["workspaces"]): string {
  const all = Object.keys(workspaces);
  const chosen = named ?? (all.length === 1 ? all[0] : undefined);
  if (chosen !== undefined && workspaces[chosen]) return chosen;
  throw refusal(400, "run.unknown_workspace", `workspace: expected one of ${all.join(", ")}.`);
}

function refuseExpired(window: DayWindow, { warehouse }: RunsApiDeps["settings"], today: string): void {
  try {
    mustBeKept(window, warehouse.retention_days, today);
  } catch (error) {
    throw refusal(400, errorCode(error), `from: ${errorMessage(error)}`);
  }
}

/** Half-open: the day after the last one wanted ends it. Without days it ends with today and is as long as the pipeline says. */
function windowOf(
  wanted: { from?: string | undefined; to?: string | undefined },
  pipeline: PipelineConfig,
  today: string,
): DayWindow {
  if (pipeline.kind === "file") {
    const how = `Hand it over with: lifecycle run ${pipeline.name} --file <path>`;
    throw refusal(400, "run.no_file", `pipeline: ${pipeline.name} reads a file. ${how}`);
  }
  const until = addDays(wanted.to ?? today, 1);
  const from = wanted.from ?? addDays(until, -pipeline.window_days);
  if (from > today) throw refusal(400, "run.in_future", "from: lies after today.");
  if (from >= until) throw refusal(400, "request.invalid", "to: must not lie before `from`.");
  if (daysBetween(from, until) <= MAX_DAYS) return { from, until };
  throw refusal(400, "run.window_too_long", `from: at most ${MAX_DAYS} days in one run.`);
}

/** The value as the schema makes it, or one line per problem: which field, and what is wrong with it. */
function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw refusal(400, "request.invalid", lines.join("; "));
}
