import { errorCode, errorMessage, parseRunId, type RunStatus, type RunWindow } from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";
import type { Logger } from "@lifecycle/runtime";

/** One run as the management API shows it. */
export interface RunSummary {
  run_id: string;
  workspace: string;
  pipeline: string;
  window: RunWindow;
  pass: number;
  trigger: string;
  requested_by: string;
  requested_at: string;
  status: RunStatus | "unsettled";
  settled_at?: string;
  loaded_rows?: number;
  rejected_rows?: number;
  /** Pieces of work the run ended without. */
  missing?: number;
}

export interface RunHistory {
  /** All runs, the latest request first. */
  list(): Promise<RunSummary[]>;
}

const READ_CONCURRENCY = 32;

/**
 * The runs of a ledger. Requests and settlements are written once, so each is read once; every call reads the names and what is
 * new. A file that cannot be read is left out and reported once.
 */
export function createRunHistory(ledger: Ledger, logger: Logger): RunHistory {
  const known = new Map<string, RunSummary>();
  const unreadable = new Set<string>();

  const learn = async (runId: string): Promise<void> => {
    try {
      const summary = known.get(runId) ?? (await readRequest(ledger, runId));
      if (!summary) return;
      known.set(runId, { ...summary, ...(await readOutcome(ledger, runId)) });
    } catch (error) {
      if (errorCode(error) !== "ledger.unreadable") throw error;
      unreadable.add(runId);
      logger.warn({ run_id: runId, reason: errorMessage(error) }, "a run cannot be shown");
    }
  };
  return {
    list: async () => {
      const names = await ledger.listRunIds();
      const unsettled = new Set(await ledger.listUnsettled());
      const isNews = (id: string) =>
        !known.has(id) || (known.get(id)!.status === "unsettled" && !unsettled.has(id));
      const wanted = names.filter((id) => isNews(id) && !unreadable.has(id));
      for (let start = 0; start < wanted.length; start += READ_CONCURRENCY)
        await Promise.all(wanted.slice(start, start + READ_CONCURRENCY).map(learn));
      const named = new Set(names);
      for (const id of known.keys()) if (!named.has(id)) known.delete(id);
      return [...known.values()].sort((a, b) => b.requested_at.localeCompare(a.requested_at));
    },
  };
}

async function readRequest(ledger: Ledger, runId: string): Promise<RunSummary | undefined> {
  const request = await ledger.readRequest(runId);
  if (!request || !parseRunId(runId)) return undefined;
  return {
    run_id: request.runId,
    workspace: request.workspace,
    pipeline: request.pipeline,
    window: request.window,
    pass: request.pass,
    trigger: request.trigger,
    requested_by: request.requestedBy,
    requested_at: request.requestedAt,
    status: "unsettled",
  };
}

async function readOutcome(ledger: Ledger, runId: string): Promise<Partial<RunSummary>> {
  const settled = await ledger.readSettled(runId);
  if (!settled) return {};
  return {
    status: settled.status,
    settled_at: settled.settledAt,
    loaded_rows: settled.loadedRows,
    rejected_rows: settled.rejectedRows,
    missing: settled.missing.length,
  };
}
