import {
  type FilePipeline,
  type LandedFile,
  type LoadReceipt,
  loadId,
  type Manifest,
  type RunRequest,
  type TableContract,
} from "@lifecycle/contracts";
import type { Landing, Ledger } from "@lifecycle/landing";
import type { CsvRead, LoadOutcome, Warehouse } from "@lifecycle/warehouse";
import type { PersonalData } from "./personal-data.ts";
import { refuseChanged } from "./plan-file-run.ts";

export interface LoadDeps {
  ledger: Ledger;
  landing: Landing;
  warehouse: Warehouse;
  /** Every raw table that landed files may name. */
  tables: readonly TableContract[];
  /** Given for a run over a person's file: how its text is read. */
  filePipeline?: FilePipeline | undefined;
  /** What becomes of personal data in such a file; absent keeps them. */
  personal?: PersonalData | undefined;
  now: () => Date;
}

/**
 * Loads what has landed of one resource of a run, one engine job per table, under a load id made from run and resource, so that a
 * second try replaces what the first one wrote. The receipt names the parts: what lands later is not taken for loaded.
 * Rejects with the reason of `signal` when that is aborted, before there is a receipt.
 */
export async function loadResource(
  deps: LoadDeps,
  request: RunRequest,
  resource: string,
  signal?: AbortSignal,
): Promise<LoadReceipt> {
  const manifests = await landedManifests(deps.ledger, request.runId, resource);
  const counts = new Map<string, number>();
  let rejected = 0;
  for (const [table, files] of filesByTable(manifests)) {
    signal?.throwIfAborted();
    const outcome = await loadTable(deps, request, table, files, loadId(request.runId, resource), signal);
    counts.set(table, outcome.rows);
    rejected += outcome.rejected;
  }
  const receipt: LoadReceipt = {
    loadId: loadId(request.runId, resource),
    runId: request.runId,
    resource,
    loadedAt: deps.now().toISOString(),
    tables: [...counts].map(([table, rows]) => ({ table, rows })),
    files: manifests.reduce((sum, manifest) => sum + manifest.files.length, 0),
    rejected: manifests.reduce((sum, manifest) => sum + manifest.rejected, rejected),
    parts: manifests.map((manifest) => manifest.part),
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

async function loadTable(
  deps: LoadDeps,
  request: RunRequest,
  table: string,
  files: LandedFile[],
  id: string,
  signal: AbortSignal | undefined,
): Promise<LoadOutcome> {
  const contract = deps.tables.find((candidate) => candidate.table === table);
  if (!contract) throw new Error(`no contract for the raw table ${table}`);
  if (request.source) await refuseChanged(request.source);
  const load = {
    loadId: id,
    table,
    columns: contract.columns,
    files: files.map((file) => ({ ...file, uri: deps.landing.locate(file.uri) })),
    disposition: "append",
    ...(deps.filePipeline ? { csv: csvRead(deps, deps.filePipeline, request, id) } : {}),
  } as const;
  return deps.warehouse.load(load, { signal });
}

/** A person's file is read where it lies; what landed rows carry in themselves is the same for all of its rows. */
function csvRead(
  { personal, now }: LoadDeps,
  pipeline: FilePipeline,
  request: RunRequest,
  id: string,
): CsvRead {
  const window = request.window === "all" ? undefined : request.window;
  const renamed = pipeline.columns.flatMap((column) =>
    column.from ? [[column.name, column.from] as const] : [],
  );
  return {
    sha256: request.source!.sha256,
    headers: Object.fromEntries(renamed),
    delimiter: pipeline.format.delimiter,
    maxRejectRatio: pipeline.reject_ratio,
    ...(personal && personal.policy !== "keep" && pipeline.columns.some((column) => column.pii)
      ? { personal: personal.policy === "hash" ? personal.pads() : "drop" }
      : {}),
    stamps: {
      workspace: request.workspace,
      window_from: window?.from ?? null,
      window_until: window?.until ?? null,
      pass: request.pass,
      data_state: "closed",
      _run_id: request.runId,
      _load_id: id,
      _extracted_at: now().toISOString(),
    },
  };
}
