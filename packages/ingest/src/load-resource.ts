import {
  type LandedFile,
  type LoadReceipt,
  loadId,
  type Manifest,
  type RunRequest,
  type TableContract,
} from "@lifecycle/contracts";
import type { Landing, Ledger } from "@lifecycle/landing";
import type { Warehouse } from "@lifecycle/warehouse";
import { reopenedRuns } from "./run-state.ts";

export interface LoadDeps {
  ledger: Ledger;
  landing: Landing;
  warehouse: Warehouse;
  /** Every raw table that landed files may name. */
  tables: readonly TableContract[];
  now: () => Date;
}

/**
 * Loads what landed of one resource and is not loaded yet: in this run, and in those it reopens. One engine job per table,
 * under a load id made from run and resource, so that a second try replaces what the first one wrote.
 */
export async function loadResource(
  deps: LoadDeps,
  request: RunRequest,
  resource: string,
): Promise<LoadReceipt> {
  const counts = new Map<string, number>();
  let files = 0;
  let rejected = 0;
  for (const runId of await reopenedRuns(deps.ledger, request.runId)) {
    const loaded = await deps.ledger.listLoaded(runId);
    if (loaded.has(resource)) continue;
    const manifests = await landedManifests(deps.ledger, runId, resource);
    for (const [table, tableFiles] of filesByTable(manifests)) {
      const { rows } = await loadTable(deps, loadId(runId, resource), table, tableFiles);
      counts.set(table, (counts.get(table) ?? 0) + rows);
    }
    files += manifests.reduce((sum, manifest) => sum + manifest.files.length, 0);
    rejected += manifests.reduce((sum, manifest) => sum + manifest.rejected, 0);
  }
  const receipt: LoadReceipt = {
    loadId: loadId(request.runId, resource),
    runId: request.runId,
    resource,
    loadedAt: deps.now().toISOString(),
    tables: [...counts].map(([table, rows]) => ({ table, rows })),
    files,
    rejected,
  };
  await deps.ledger.writeLoad(receipt);
  return receipt;
}

async function landedManifests(ledger: Ledger, runId: string, resource: string): Promise<Manifest[]> {
  const [plan, landed] = await Promise.all([ledger.readPlan(runId), ledger.listLanded(runId)]);
  const parts = (plan?.parts ?? []).filter((part) => part.resource === resource && landed.has(part.part));
  return ledger.readManifests(
    runId,
    parts.map(({ part }) => part),
  );
}

function filesByTable(manifests: readonly Manifest[]): Map<string, LandedFile[]> {
  return Map.groupBy(
    manifests.flatMap((manifest) => manifest.files),
    (file) => file.target,
  );
}

function loadTable(
  deps: LoadDeps,
  id: string,
  table: string,
  files: LandedFile[],
): Promise<{ rows: number }> {
  const contract = deps.tables.find((candidate) => candidate.table === table);
  if (!contract) throw new Error(`no contract for the raw table ${table}`);
  const located = files.map((file) => ({ ...file, uri: deps.landing.locate(file.uri) }));
  return deps.warehouse.load({
    loadId: id,
    table,
    columns: contract.columns,
    files: located,
    disposition: "append",
  });
}
