import type { OwnRows, RunRequest } from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";

export interface ReloadDeps {
  ledger: Ledger;
  /** Loads one resource of one run again, under the load id it had. */
  load: (request: RunRequest, resource: string) => Promise<unknown>;
  /** Loads rows of our own making again, under the load id they had. */
  loadOwn: (rows: OwnRows) => Promise<unknown>;
  /** Told of what could not be loaded: a person's file that is gone, say. */
  onFailure: (runId: string, resource: string, error: unknown) => void;
}

/**
 * Loads everything that runs have ever loaded once more, the oldest first: for a warehouse that has been thrown away, because days that
 * had closed when they landed are not asked of the source again, and verdicts that were given cannot be given again. Answers how many
 * loads there were.
 */
export async function reloadLanded(deps: ReloadDeps): Promise<number> {
  const requests: RunRequest[] = [];
  for (const runId of await deps.ledger.listRunIds()) {
    const request = await deps.ledger.readRequest(runId);
    if (request) requests.push(request);
  }
  let loads = 0;
  const again = async (runId: string, resource: string, load: () => Promise<unknown>) => {
    try {
      await load();
      loads++;
    } catch (error) {
      deps.onFailure(runId, resource, error);
    }
  };
  for (const request of requests.toSorted((a, b) => a.requestedAt.localeCompare(b.requestedAt))) {
    const { runId } = request;
    for (const { resource } of await deps.ledger.readLoads(runId))
      await again(runId, resource, () => deps.load(request, resource));
    for (const rows of await deps.ledger.readOwnRows(runId))
      await again(runId, rows.resource, () => deps.loadOwn(rows));
  }
  return loads;
}
