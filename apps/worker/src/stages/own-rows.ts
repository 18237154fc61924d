import {
  type LandedFile,
  loadId,
  type OwnRows,
  type RunRequest,
  type TableContract,
} from "@lifecycle/contracts";
import type { StageDeps } from "./deps.ts";

type Deps = Pick<StageDeps, "ledger" | "landing" | "warehouse" | "now">;

/** Stamps that every table of our own rows has. */
export function ownStamps({ now }: Pick<Deps, "now">, request: RunRequest, resource: string) {
  const window = request.window === "all" ? undefined : request.window;
  return {
    window_from: window?.from ?? null,
    window_until: window?.until ?? null,
    pass: request.pass,
    _run_id: request.runId,
    _load_id: loadId(request.runId, resource),
    _extracted_at: now().toISOString(),
  };
}

/**
 * Loads rows of our own making that have landed. The ledger hears of them first: once they are in the warehouse, a warehouse that is
 * thrown away gets them back.
 */
export async function loadOwnRows(
  deps: Deps,
  { runId }: RunRequest,
  resource: string,
  file: LandedFile,
  contract: TableContract,
): Promise<void> {
  const own: OwnRows = { runId, resource, landedAt: deps.now().toISOString(), file };
  await deps.ledger.writeOwnRows(own);
  await loadLanded(deps, own, contract);
}

/** Loads rows of our own under the load id that is theirs: done again it replaces them, or brings them back. */
export async function loadLanded(
  { landing, warehouse }: Pick<Deps, "landing" | "warehouse">,
  { runId, resource, file }: Pick<OwnRows, "runId" | "resource" | "file">,
  { table, columns }: TableContract,
): Promise<void> {
  const located = { ...file, uri: landing.locate(file.uri) };
  await warehouse.load({
    loadId: loadId(runId, resource),
    table,
    columns,
    files: [located],
    disposition: "append",
  });
}
