import { InputError } from "@lifecycle/contracts";
import { printFindings } from "../findings.ts";
import { RUN_EXIT } from "../outcome.ts";
import { runAndFollow } from "../run-and-follow.ts";
import type { Session } from "../session.ts";

/** `lifecycle replay <run>`: the same window, file and objects as a new pass, every day of it. Returns the exit code. */
export async function replay(session: Session, runId: string): Promise<number> {
  const { ledger, user } = session;
  const origin = await ledger.readRequest(runId);
  if (!origin)
    throw new InputError(
      "run.unknown",
      `The ledger knows no run ${runId}. \`lifecycle status\` lists the latest.`,
    );
  if (!(await ledger.readSettled(runId)))
    throw new InputError("replay.still_running", `${runId} has not ended yet. (lifecycle status ${runId})`);
  const { settled, hands } = await runAndFollow(session, {
    workspace: origin.workspace,
    pipeline: origin.pipeline,
    window: origin.window,
    source: origin.source,
    objectIds: origin.objectIds,
    resources: origin.resources,
    trigger: "cli",
    requestedBy: user,
    priority: origin.priority,
    full: true,
  });
  try {
    if (settled.status !== "failed") await printFindings(session, settled, origin.pipeline);
  } finally {
    await hands.release();
  }
  return RUN_EXIT[settled.status];
}
