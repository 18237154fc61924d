import { addDays, dateInZone, errorMessage, InputError, type PipelineConfig } from "@lifecycle/contracts";
import { requestRun } from "@lifecycle/ingest";
import type { Ledger } from "@lifecycle/landing";
import type { Clock, Logger, ScheduleSettings, Settings } from "@lifecycle/runtime";
import { isDue } from "./due-runs.ts";

const SCHEDULED = 5;

/** Asks for the runs that schedules want. Everything it knows it reads from the ledger, once at start. */
export async function createScheduler(deps: {
  ledger: Ledger;
  settings: Settings;
  clock: Clock;
  logger: Logger;
}) {
  const { ledger, settings, clock, logger } = deps;
  const startedAt = new Date();
  const last = await lastAsked(ledger, settings.schedules);

  const ask = async (schedule: ScheduleSettings): Promise<void> => {
    const workspace = settings.workspaces[schedule.workspace]!;
    const until = addDays(dateInZone(clock.now(), workspace.time_zone), 1);
    const window = { from: addDays(until, -(schedule.window_days ?? settings.run.window_days)), until };
    const { request, resumed } = await requestRun(
      ledger,
      {
        workspace: schedule.workspace,
        pipeline: schedule.pipeline,
        window,
        trigger: "schedule",
        requestedBy: requesterOf(schedule),
        priority: SCHEDULED,
      },
      new Date(),
    );
    last.set(schedule.name, {
      runId: request.runId,
      at: resumed ? new Date() : new Date(request.requestedAt),
    });
  };

  return {
    async tick(unsettled: ReadonlySet<string>): Promise<void> {
      for (const schedule of settings.schedules) {
        const asked = last.get(schedule.name);
        const history = {
          lastAskedAt: asked?.at,
          isRunning: asked !== undefined && unsettled.has(asked.runId),
        };
        if (!isDue(schedule, history, new Date(), startedAt)) continue;
        try {
          await ask(schedule);
        } catch (error) {
          logger.warn(
            { schedule: schedule.name, reason: errorMessage(error) },
            "schedule could not ask for a run",
          );
        }
      }
    },
  };
}

/** Throws `settings.schedule` for a schedule whose pipeline does not exist or waits for a person's file. */
export function checkSchedules(
  schedules: readonly ScheduleSettings[],
  pipelines: ReadonlyMap<string, PipelineConfig>,
): void {
  for (const { name, pipeline } of schedules) {
    if (pipelines.get(pipeline)?.kind === "braze") continue;
    const why = pipelines.has(pipeline) ? "reads a file that somebody has to hand over" : "does not exist";
    throw new InputError(
      "settings.schedule",
      `The schedule ${name} names the pipeline ${pipeline}, which ${why}.`,
    );
  }
}

function requesterOf(schedule: ScheduleSettings): string {
  return `schedule:${schedule.name}`;
}

async function lastAsked(ledger: Ledger, schedules: readonly ScheduleSettings[]) {
  const last = new Map<string, { runId: string; at: Date }>();
  if (schedules.length === 0) return last;
  const names = new Map(schedules.map((schedule) => [requesterOf(schedule), schedule.name]));
  for (const runId of await ledger.listRunIds()) {
    const request = await ledger.readRequest(runId).catch(() => undefined);
    const name = request && names.get(request.requestedBy);
    if (!name) continue;
    const at = new Date(request.requestedAt);
    if (at > (last.get(name)?.at ?? new Date(0))) last.set(name, { runId, at });
  }
  return last;
}
