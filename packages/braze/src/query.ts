import { type DayWindow, daysBetween, FatalError } from "@lifecycle/contracts";
import { firstPage } from "./paging.ts";
import type { Resource } from "./resource.ts";
import { splitId } from "./resources/sends-data-series.ts";
import { dateParams, hourParams, windowParams } from "./series-window.ts";

export interface Wanted {
  /** For a resource with a parent: which of its objects. */
  objectId?: string | undefined;
  /** For a resource with a window: at most `window.maxDays` days. */
  window?: DayWindow | undefined;
}

/** The parameters of a read's first call. Throws FatalError `braze.bad_extract` when an object or a window is missing or too long. */
export function firstQuery(
  resource: Resource,
  { objectId, window }: Wanted,
  { today, timeZone }: { today: string; timeZone: string },
): Record<string, string> {
  const wrong = (what: string) => new FatalError("braze.bad_extract", `${resource.slug} needs ${what}`);
  const query: Record<string, string> = {
    ...resource.params,
    ...resource.paramsOn?.(today),
    ...firstPage(resource.paging),
  };
  if (resource.idParam) {
    if (!objectId) throw wrong("an object id");
    Object.assign(query, idParams(resource, objectId));
  }
  if (!resource.window) return query;
  if (!window) throw wrong("a window");
  if (daysBetween(window.from, window.until) > resource.window.maxDays)
    throw wrong(`a window of at most ${resource.window.maxDays} days`);
  if (resource.window.as === "dates") return { ...query, ...dateParams(window) };
  const isHourly = resource.window.as === "hours";
  return { ...query, ...(isHourly ? hourParams(window, timeZone) : windowParams(window, timeZone)) };
}

function idParams({ idParam, secondIdParam }: Resource, objectId: string): Record<string, string> {
  if (!secondIdParam) return { [idParam ?? ""]: objectId };
  const [first, second] = splitId(objectId);
  return { [idParam ?? ""]: first, [secondIdParam]: second };
}
