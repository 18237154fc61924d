import { addDays, type DayWindow, dateInZone } from "@lifecycle/contracts";
import { createClock } from "@lifecycle/runtime";
import { printFindings } from "../findings.ts";
import { RUN_EXIT, worseExit } from "../outcome.ts";
import { runAndFollow } from "../run-and-follow.ts";
import type { Session } from "../session.ts";

const INTERACTIVE = 0;
/** A first run with somebody's real key stays small; more is asked for with `lifecycle backfill`. */
const FIRST_DAYS_WITH_REAL_KEY = 30;

/** `npm start`: every workspace once, from Braze (or its sandbox) to published tables. Returns the exit code. */
export async function start(session: Session): Promise<number> {
  const { settings, terminal, user } = session;
  let exitCode = 0;
  for (const workspace of Object.keys(settings.workspaces)) {
    const window = defaultWindow(session, workspace);
    terminal.line(`Lifecycle: Braze workspace ${workspace}, ${window.from} to ${addDays(window.until, -1)}`);
    const { settled, hands } = await runAndFollow(session, {
      workspace,
      pipeline: "braze",
      window,
      trigger: "start",
      requestedBy: user,
      priority: INTERACTIVE,
      // With somebody's real key the quote comes first.
      ...(settings.workspaces[workspace]!.usesSandbox ? {} : { hold: true }),
    });
    try {
      if (settled.status !== "failed") await printFindings(session, settled, "braze");
    } finally {
      await hands.release();
    }
    exitCode = worseExit(exitCode, RUN_EXIT[settled.status]);
  }
  return exitCode;
}

/** The days a run covers when nobody says: up to and with today, in the company's zone. */
export function defaultWindow(session: Session, workspaceName: string, days?: number): DayWindow {
  const { settings } = session;
  const workspace = settings.workspaces[workspaceName]!;
  const wanted = days ?? settings.run.window_days;
  const allowed = workspace.usesSandbox ? wanted : Math.min(wanted, FIRST_DAYS_WITH_REAL_KEY);
  const until = addDays(today(session, workspaceName), 1);
  return { from: addDays(until, -allowed), until };
}

/** The day it is in the workspace's zone. */
export function today({ settings }: Session, workspaceName: string): string {
  return dateInZone(createClock(settings).now(), settings.workspaces[workspaceName]!.time_zone);
}
