import type { Campaign, Canvas } from "@lifecycle/simulation";
import type { Context } from "../endpoint.ts";
import type { Params } from "../params.ts";
import { stamp } from "../views/message-shapes.ts";
import { pageAsked } from "./lookups.ts";

const PAGE_SIZE = 100;

/** One page of campaigns or Canvases, oldest first unless asked otherwise; past the last page it is empty. */
export function pageOf<T extends Campaign | Canvas>(
  objects: T[],
  params: Params,
  context: Context,
): object[] {
  const onPage = pageAsked(params, PAGE_SIZE);
  const archived = params.flag("include_archived");
  const after = params.instant("last_edit.time[gt]");
  const order = params.choice("sort_direction", ["asc", "desc"], "asc");
  const rows = objects
    .map((object) => ({ object, state: context.world.stateOf(object, context.nowMs) }))
    .filter(({ state }) => (archived || !state.archived) && (!after || state.lastEditedMs > after.ms));
  if (order === "desc") rows.reverse();
  return onPage(rows).map(({ object, state }) => ({
    id: object.id,
    last_edited: stamp(state.lastEditedMs),
    name: object.name,
    ...("isApi" in object ? { is_api_campaign: object.isApi } : {}),
    tags: tagsAt(object, state.revision),
  }));
}

/** Tags come and go with edits. */
export function tagsAt(object: Campaign | Canvas, revision: number): string[] {
  return revision % 5 === 4 ? [...object.tags, "reviewed"] : object.tags;
}
