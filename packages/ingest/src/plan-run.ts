import {
  FatalError,
  type PlannedPart,
  partId,
  RetryableError,
  type RunPlan,
  type RunRequest,
  type RunWindow,
  splitWindow,
} from "@lifecycle/contracts";
import { type ExtractDeps, extractPart } from "./extract-part.ts";
import type { SourceResource } from "./source.ts";

interface SourceObject {
  id: string;
  name: string;
}

/** Details are asked for side by side; the limiter paces them, this only bounds what waits in memory. */
const DETAILS_AT_ONCE = 8;

/**
 * Fans a run out: lists, then details of every object, then a part per object and window. Lists and details are landed
 * on the way, so a plan that is interrupted does not ask for them again. A detail that cannot be had stays in the plan as
 * a part of its own, so that one bad object never stops the others.
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
  const parts: PlannedPart[] = [];
  for (const list of deps.source.resources.filter((resource) => resource.object && !resource.parent)) {
    const listPart: PlannedPart = {
      part: partId(list.slug, undefined, undefined),
      resource: list.slug,
      bucket: list.bucket,
    };
    parts.push(listPart);
    const objects = await landList(deps, request, list, listPart, signal);
    const children = deps.source.resources.filter((resource) => resource.parent === list.slug);
    const details = children
      .filter((child) => !child.window)
      .flatMap((child) => partsOf(child, objects, request.window));
    await landDetails(deps, request, details, signal);
    const series = children
      .filter((child) => child.window)
      .flatMap((child) => partsOf(child, objects, request.window));
    parts.push(...details, ...series);
  }
  return parts;
}

async function landList(
  deps: ExtractDeps,
  request: RunRequest,
  list: SourceResource,
  part: PlannedPart,
  signal: AbortSignal,
): Promise<SourceObject[]> {
  const manifest = await extractPart(deps, request, part, signal);
  const { table, idColumn, nameColumn } = list.object!;
  const wanted = request.objectIds && new Set(request.objectIds);
  const objects = new Map<string, SourceObject>();
  for (const file of manifest.files.filter((candidate) => candidate.target === table))
    for await (const row of deps.landing.readPart(file)) {
      const id = String(row[idColumn]);
      if (!wanted || wanted.has(id)) objects.set(id, { id, name: String(row[nameColumn] ?? id) });
    }
  return [...objects.values()];
}

/** One part per object and, where the resource has time, per window that one call may cover. */
function partsOf(resource: SourceResource, objects: SourceObject[], window: RunWindow): PlannedPart[] {
  const windows =
    resource.window && window !== "all" ? splitWindow(window, resource.window.maxDays) : [undefined];
  return objects.flatMap((object) =>
    windows.map((each) => ({
      part: partId(resource.slug, object.id, each),
      resource: resource.slug,
      bucket: resource.bucket,
      objectId: object.id,
      objectName: object.name,
      window: each,
    })),
  );
}

async function landDetails(
  deps: ExtractDeps,
  request: RunRequest,
  parts: PlannedPart[],
  signal: AbortSignal,
): Promise<void> {
  const open = parts.values();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const work = async () => {
    for (const part of open) {
      either.throwIfAborted();
      try {
        await extractPart(deps, request, part, either);
      } catch (error) {
        if (isAboutOneObject(error) && !either.aborted) continue;
        stop.abort(error);
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: DETAILS_AT_ONCE }, work));
}

/** A key that is refused, or a wait that we are told to keep, stops the plan; anything else may be this object's own. */
function isAboutOneObject(error: unknown): boolean {
  if (error instanceof RetryableError) return error.retryAfterMs === undefined;
  return error instanceof FatalError && error.code !== "braze.key_rejected";
}

/** What the reopened run planned and never landed. */
async function missingParts(deps: ExtractDeps, origin: RunPlan): Promise<PlannedPart[]> {
  const landed = await deps.ledger.listLanded(origin.runId);
  return origin.parts.filter((part) => !landed.has(part.part));
}
