import type { LandedFile, Manifest, PlannedPart, RunRequest } from "@lifecycle/contracts";
import type { Landing, Ledger } from "@lifecycle/landing";
import { quarantineTable } from "./quarantine.ts";
import { resourceOf, type Source } from "./source.ts";
import { type StampContext, stamp } from "./stamp.ts";

export interface ExtractDeps {
  ledger: Ledger;
  landing: Landing;
  source: Source;
  now: () => Date;
}

/**
 * Reads one part from the source and lands it: a gzipped NDJSON file per raw table, then the manifest. A part that has
 * landed is not asked for again. Rows that fit no schema are landed as quarantine, with their reason.
 * Throws what the source throws, classified; nothing is half landed, because the manifest comes last.
 */
export async function extractPart(
  deps: ExtractDeps,
  request: RunRequest,
  part: PlannedPart,
  signal: AbortSignal,
): Promise<Manifest> {
  const landed = await deps.ledger.readManifest(request.runId, part.part);
  if (landed) return landed;
  const resource = resourceOf(deps.source, part.resource);
  const context: StampContext = {
    request,
    resource: part.resource,
    window: part.window,
    today: deps.source.today(),
    lookbackDays: resource.lookbackDays,
    extractedAt: deps.now(),
  };
  const { tables, rejected } = await collect(deps.source, part, context, signal);
  const files: LandedFile[] = [];
  for (const [table, rows] of tables)
    files.push(await deps.landing.writePart(partPath(request, part, table), rows, table));
  const manifest: Manifest = {
    runId: request.runId,
    part: part.part,
    resource: part.resource,
    objectId: part.objectId,
    window: part.window,
    landedAt: deps.now().toISOString(),
    files,
    rows: files.reduce((sum, file) => sum + (file.rows ?? 0), 0) - rejected,
    rejected,
  };
  await deps.ledger.writeManifest(manifest);
  return manifest;
}

async function collect(source: Source, part: PlannedPart, context: StampContext, signal: AbortSignal) {
  const tables = new Map<string, Record<string, unknown>[]>();
  const add = (table: string, row: Record<string, unknown>) => {
    const rows = tables.get(table) ?? [];
    rows.push(stamp(row, context));
    tables.set(table, rows);
  };
  let rejected = 0;
  const window = part.window === "all" ? undefined : part.window;
  for await (const page of source.extract(part.resource, { objectId: part.objectId, window }, { signal })) {
    for (const { target, row } of page.rows) add(target, row);
    for (const { target, reason, row } of page.rejected) {
      rejected++;
      add(quarantineTable.table, {
        resource: part.resource,
        object_id: part.objectId ?? null,
        target,
        reason,
        row,
      });
    }
  }
  return { tables, rejected };
}

/** `main/braze/campaigns-data-series/<run id>/<part id>/<table>`: found by guessing, unique by meaning. */
function partPath(request: RunRequest, part: PlannedPart, table: string): string {
  return [request.workspace, request.pipeline, part.resource, request.runId, part.part, table].join("/");
}
