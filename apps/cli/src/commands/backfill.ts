import { InputError } from "@lifecycle/contracts";
import { RUN_EXIT } from "../outcome.ts";
import { runAndFollow } from "../run-and-follow.ts";
import type { Session } from "../session.ts";
import { windowOf, workspaceOf } from "./run.ts";

const BACKFILL = 10;

export interface BackfillFlags {
  from?: string;
  to?: string;
  campaign?: string[];
  workspace?: string;
}

/** `lifecycle backfill --from --to`: days before the watermark, at low priority. Returns the exit code. */
export async function backfill(session: Session, flags: BackfillFlags): Promise<number> {
  const window = windowOf(flags);
  if (!window)
    throw new InputError(
      "backfill.no_window",
      "Say which days: lifecycle backfill --from YYYY-MM-DD --to YYYY-MM-DD.",
    );
  const { settled, hands } = await runAndFollow(session, {
    workspace: workspaceOf(session, flags.workspace),
    pipeline: "braze",
    window,
    trigger: "backfill",
    requestedBy: session.user,
    priority: BACKFILL,
    objectIds: flags.campaign,
  });
  await hands.release();
  return RUN_EXIT[settled.status];
}
