import {
  type DayWindow,
  FatalError,
  type Manifest,
  type PlannedPart,
  partId,
  RetryableError,
  type RunPlan,
  type RunRequest,
} from "@lifecycle/contracts";
import { EMPTY_COVERAGE, readCoverage } from "./coverage.ts";
import { createDaysToAsk, readsClosedDays } from "./days-to-ask.ts";
import { droppedWork } from "./dead-letters.ts";
import { type ExtractDeps, extractPart } from "./extract-part.ts";
import { objectLookbackDays } from "./object-lookback.ts";
import type { SourceResource } from "./source.ts";

interface SourceObject {
  id: string;
  name: string;
  row: Record<string, unknown>;
}

/** What the parts of one run are made with. */
interface Planning {
  deps: ExtractDeps;
  request: RunRequest;
  signal: AbortSignal;
  daysToAsk: (resource: SourceResource, objectId: string | undefined) => DayWindow[];
}

/** Details are asked for side by side; the limiter paces them, this only bounds what waits in memory. */
const DETAILS_AT_ONCE = 8;

/**
 * Fans a run out: lists, then details of every object, then a part per object and window that has days to ask for. Lists and
 * details are landed on the way, so a plan that is interrupted does not ask for them again. A detail that cannot be had stays in
 * the plan as a part of its own, so that one bad object never stops the others.
 * Throws when a list cannot be had, or the source refuses the key.
 */
export async function planRun(deps: ExtractDeps, request: RunRequest, signal: AbortSignal): Promise<RunPlan> {
  const planned = await deps.ledger.readPlan(request.runId);
  if (planned) return planned;
  const origin = request.reopens ? await deps.ledger.readPlan(request.reopens) : undefined;
  const parts = origin ? await missingParts(deps, origin) : await freshParts(deps, request, signal);
  const plan: RunPlan = { runId: request.runId, plannedAt: deps.now().toISOString(), parts };
  await deps.ledger.writePlan(plan);
  return plan;
}

async function freshParts(
  deps: ExtractDeps,
  request: RunRequest,
  signal: AbortSignal,
): Promise<PlannedPart[]> {
  const coverage = readsClosedDays(request)
    ? EMPTY_COVERAGE
    : await readCoverage(deps.ledger, request.workspace, request.pipeline);
  const daysToAsk = createDaysToAsk(request, coverage, deps.source.today());
  const planning: Planning = { deps, request, signal, daysToAsk };
  const parts: PlannedPart[] = [];
  // How many pages they have is only known when they are read, and a quote should know.
  const looseLists = new Set(
    deps.source.resources
      .filter(({ parent, object, window, paging }) => !parent && !object && !window && isPaged(paging))
      .map(({ slug }) => slug),
  );
  for (const resource of wantedResources(deps.source.resources, request)) {
    if (resource.parent) continue;
    if (resource.object) parts.push(...(await partsOfList(planning, resource)));
    else if (!request.objectIds) parts.push(...partsOf(planning, resource, undefined));
  }
  await landDetails(
    planning,
    parts.filter(({ resource }) => looseLists.has(resource)),
  );
  return parts;
}

const isPaged = (paging: SourceResource["paging"]) =>
  paging !== undefined && ["page", "offset", "cursor"].includes(paging.style);

/** The resources a request names, with the lists whose objects they are asked for. */
function wantedResources(all: readonly SourceResource[], { resources }: RunRequest): SourceResource[] {
  if (!resources) return [...all];
  const named = all.filter((resource) => resources.includes(resource.slug));
  return all.filter(
    (resource) => named.includes(resource) || named.some((child) => child.parent === resource.slug),
  );
}

/** A list, the details of its objects and their series. */
async function partsOfList(planning: Planning, list: SourceResource): Promise<PlannedPart[]> {
  const { deps, request } = planning;
  const listPart: PlannedPart = {
    part: partId(list.slug, undefined, undefined),
    resource: list.slug,
    bucket: list.bucket,
  };
  const objects = await landList(planning, list, listPart);
  const children = wantedResources(deps.source.resources, request).filter(
    (resource) => resource.parent === list.slug,
  );
  const of = (child: SourceResource) =>
    child.parentFlag === undefined
      ? objects
      : objects.filter((object) => object.row[child.parentFlag!] === true);
  const details = children
    .filter(isDetail)
    .flatMap((child) => of(child).flatMap((object) => partsOf(planning, child, object)));
  const lookbacks = await landDetails(planning, details);
  const others = children
    .filter((child) => !isDetail(child))
    .flatMap((child) =>
      of(child).flatMap((object) =>
        partsOf(planning, child, object, child.isLookbackSet ? undefined : lookbacks.get(object.id)),
      ),
    );
  return [listPart, ...details, ...others];
}

/** Details are small and say how long an object is restated, so planning reads them; an export may take an hour. */
function isDetail({ window, paging }: SourceResource): boolean {
  return !window && paging?.style !== "export";
}

async function landList(
  { deps, request, signal }: Planning,
  list: SourceResource,
  part: PlannedPart,
): Promise<SourceObject[]> {
  const manifest = await extractPart(deps, request, part, signal);
  const { table, idColumn, nameColumn } = list.object!;
  const wanted = request.objectIds && new Set(request.objectIds);
  const objects = new Map<string, SourceObject>();
  for await (const row of rowsOf(deps, manifest, table)) {
    const id = String(row[idColumn]);
    if (!wanted || wanted.has(id)) objects.set(id, { id, name: String(row[nameColumn] ?? id), row });
  }
  return [...objects.values()];
}

async function* rowsOf(deps: ExtractDeps, manifest: Manifest, table?: string) {
  for (const file of manifest.files)
    if (table === undefined || file.target === table) yield* deps.landing.readPart(file);
}

/** One part, or one per window where the resource has time. */
function partsOf(
  { request, daysToAsk }: Planning,
  resource: SourceResource,
  object: SourceObject | undefined,
  lookbackDays?: number,
): PlannedPart[] {
  const windows = resource.window && request.window !== "all" ? daysToAsk(resource, object?.id) : [undefined];
  return windows.map((window) => ({
    part: partId(resource.slug, object?.id, window),
    resource: resource.slug,
    bucket: resource.bucket,
    ...(object ? { objectId: object.id, objectName: object.name } : {}),
    ...(window ? { window } : {}),
    ...(window && lookbackDays !== undefined ? { lookbackDays } : {}),
  }));
}

/** Lands details; answers for how long each object that says so may be restated. */
async function landDetails(
  { deps, request, signal }: Planning,
  parts: PlannedPart[],
): Promise<Map<string, number>> {
  const lookbacks = new Map<string, number>();
  const open = parts.values();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const work = async () => {
    for (const part of open) {
      either.throwIfAborted();
      try {
        const manifest = await extractPart(deps, request, part, either);
        for await (const row of rowsOf(deps, manifest)) {
          const days = objectLookbackDays(row);
          if (days !== undefined) lookbacks.set(part.objectId!, days);
        }
      } catch (error) {
        if (isAboutOneObject(error) && !either.aborted) continue;
        stop.abort(error);
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: DETAILS_AT_ONCE }, work));
  return lookbacks;
}

/** A key that is refused, or a wait that we are told to keep, stops the plan; anything else may be this object's own. */
function isAboutOneObject(error: unknown): boolean {
  if (error instanceof RetryableError) return error.retryAfterMs === undefined;
  return error instanceof FatalError && error.code !== "braze.key_rejected";
}

/** What the reopened run planned and never loaded. What of it has landed is taken over, not asked for again. */
async function missingParts(deps: ExtractDeps, origin: RunPlan): Promise<PlannedPart[]> {
  const loaded = new Set((await deps.ledger.readLoads(origin.runId)).flatMap((load) => load.parts));
  const dropped = await droppedWork(deps.ledger, origin.runId);
  return origin.parts.filter(({ part }) => !loaded.has(part) && !dropped.has(`part:${part}`));
}
