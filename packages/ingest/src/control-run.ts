import { InputError, type RunControl, type RunRequest } from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";

/**
 * Says what is wanted of an open run: `paused` begins nothing new, `go` takes it up again, `cancelled` ends it with what has landed.
 * Throws `run.unknown` and `run.has_settled`.
 */
export async function controlRun(
  ledger: Ledger,
  runId: string,
  state: RunControl["state"],
  by: string,
  now: Date,
): Promise<RunRequest> {
  const request = await ledger.readRequest(runId);
  if (!request) throw new InputError("run.unknown", `The ledger knows no run ${runId}.`);
  if (await ledger.readSettled(runId))
    throw new InputError("run.has_settled", `${runId} has ended already. (lifecycle status ${runId})`);
  await ledger.writeControl({ runId, state, changedBy: by, changedAt: now.toISOString() });
  return request;
}
