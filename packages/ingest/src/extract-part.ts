import { randomUUID } from "node:crypto";
import {
  type LandedFile,
  loadId,
  type Manifest,
  type PlannedPart,
  type RunRequest,
} from "@lifecycle/contracts";
import type { Landing, Ledger } from "@lifecycle/landing";
import { PageTally } from "./page-tally.ts";
import { type PersonalData, protectRejected, protectRow } from "./personal-data.ts";
import { quarantineTable } from "./quarantine.ts";
import { reopenedRuns } from "./run-state.ts";
import { type ExtractedPage, resourceOf, type Source, type SourceResource } from "./source.ts";
import { createStamper, type StampContext } from "./stamp.ts";
import { TableWriters } from "./table-writers.ts";

export interface ExtractDeps {
  ledger: Ledger;
  landing: Landing;
  source: Source;
  /** What becomes of personal data before they land. */
  personal: PersonalData;
  now: () => Date;
}

/** A source takes 0 (first) to 9 (last). */
const LEAST_URGENT = 9;

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
  const earlier = await landedEarlier(deps.ledger, request, part);
  if (earlier) return takeOver(deps, request, earlier);
  const resource = resourceOf(deps.source, part.resource);
  const context: StampContext = {
    request,
    resource: part.resource,
    window: part.window,
    today: deps.source.today(),
    lookbackDays: part.lookbackDays ?? resource.lookbackDays,
    extractedAt: deps.now(),
  };
  const attempt = randomUUID().slice(0, 8);
  const writers = new TableWriters((table, rows) =>
    deps.landing.writePart(partPath(request, part, table, attempt), rows, table),
  );
  const pages = await landPages(deps, part, context, writers, signal).catch(async (error: unknown) => {
    await writers.discard();
    throw error;
  });
  return firstOf(deps.ledger, manifestOf(part, context, pages, deps.now()));
}

type LandedPages = Awaited<ReturnType<typeof landPages>>;

function manifestOf(
  part: PlannedPart,
  context: StampContext,
  { files, rejected, calls, missingDays, schemaChanges }: LandedPages,
  landedAt: Date,
): Manifest {
  return {
    runId: context.request.runId,
    part: part.part,
    resource: part.resource,
    objectId: part.objectId,
    window: part.window,
    landedAt: landedAt.toISOString(),
    files,
    rows: files.reduce((sum, file) => sum + (file.rows ?? 0), 0) - rejected,
    rejected,
    bucket: part.bucket,
    calls,
    sourceDate: context.today,
    lookbackDays: context.lookbackDays,
    ...(missingDays.length > 0 ? { missingDays } : {}),
    ...(schemaChanges.length > 0 ? { schemaChanges } : {}),
  };
}

/** Reads a part page by page into `writers`. */
async function landPages(
  { source, personal }: ExtractDeps,
  part: PlannedPart,
  context: StampContext,
  writers: TableWriters,
  signal: AbortSignal,
) {
  const resource = resourceOf(source, part.resource);
  const lineOf = createStamper(context);
  const tally = new PageTally();
  const window = part.window === "all" ? undefined : part.window;
  const wanted = { objectId: part.objectId, window };
  const priority = Math.min(context.request.priority, LEAST_URGENT);
  for await (const page of source.extract(part.resource, wanted, { signal, priority })) {
    tally.add(page);
    const tables = linesOf(page, part, resource, personal, lineOf);
    for (const [table, lines] of tables) await writers.add(table, lines);
  }
  const { rejected, missingDays, schemaChanges } = tally;
  const changes = [...schemaChanges.values()];
  const files = await writers.finish();
  return { files, rejected, calls: tally.callsOf(resource), missingDays, schemaChanges: changes };
}

/** A page as it lands, by table, personal data protected; rows that fit no schema go to quarantine. */
function linesOf(
  page: ExtractedPage,
  part: PlannedPart,
  resource: SourceResource,
  personal: PersonalData,
  lineOf: (row: Record<string, unknown>) => string,
): Map<string, string[]> {
  const contractOf = (target: string) => resource.targets.find(({ table }) => table === target);
  const tables = new Map<string, string[]>();
  const add = (table: string, row: Record<string, unknown>) => {
    const lines = tables.get(table);
    if (lines) lines.push(lineOf(row));
    else tables.set(table, [lineOf(row)]);
  };
  for (const { target, row } of page.rows) {
    const contract = contractOf(target);
    add(target, contract ? protectRow(contract, row, personal) : row);
  }
  for (const { target, reason, row } of page.rejected)
    add(quarantineTable.table, {
      resource: part.resource,
      object_id: part.objectId ?? null,
      target,
      reason,
      row: protectRejected(contractOf(target), row, personal),
    });
  return tables;
}

/** Writes the manifest, or answers the one that somebody else wrote first. */
async function firstOf(ledger: Ledger, manifest: Manifest): Promise<Manifest> {
  if (await ledger.writeManifest(manifest)) return manifest;
  return (await ledger.readManifest(manifest.runId, manifest.part)) ?? manifest;
}

/** The part as a run that this one reopens has landed it, and nobody has loaded it. */
async function landedEarlier(
  ledger: Ledger,
  request: RunRequest,
  part: PlannedPart,
): Promise<Manifest | undefined> {
  if (!request.reopens) return undefined;
  for (const runId of await reopenedRuns(ledger, request.reopens)) {
    const manifest = await ledger.readManifest(runId, part.part);
    if (manifest) return manifest;
  }
  return undefined;
}

/** Lands again, as this run's, what an earlier pass landed: the same rows, read when they were read, under this run's ids. */
async function takeOver(deps: ExtractDeps, request: RunRequest, earlier: Manifest): Promise<Manifest> {
  const ids = {
    pass: request.pass,
    _run_id: request.runId,
    _load_id: loadId(request.runId, earlier.resource),
  };
  async function* rowsOf(file: LandedFile) {
    for await (const row of deps.landing.readPart(file)) yield { ...row, ...ids };
  }
  const attempt = randomUUID().slice(0, 8);
  const files: LandedFile[] = [];
  for (const file of earlier.files)
    files.push(
      await deps.landing.writePart(
        partPath(request, earlier, file.target, attempt),
        rowsOf(file),
        file.target,
      ),
    );
  const manifest: Manifest = {
    ...earlier,
    runId: request.runId,
    landedAt: deps.now().toISOString(),
    files,
    calls: 0,
  };
  await deps.ledger.writeManifest(manifest);
  return manifest;
}

/**
 * `main/braze/campaigns-data-series/<run id>/<part id>.<table>.<try>`: found by guessing. A part that two workers land at once is two
 * sets of files; the manifest that was first says which one counts.
 */
function partPath(
  request: RunRequest,
  part: Pick<PlannedPart, "resource" | "part">,
  table: string,
  attempt: string,
): string {
  const folder = [request.workspace, request.pipeline, part.resource, request.runId].join("/");
  return `${folder}/${part.part}.${table}.${attempt}`;
}
