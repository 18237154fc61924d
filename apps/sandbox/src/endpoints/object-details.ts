import type { Campaign, Canvas } from "@lifecycle/simulation";
import type { Context } from "../endpoint.ts";
import type { Params } from "../params.ts";
import { activityBounds } from "../views/activity-bounds.ts";
import { stamp } from "../views/message-shapes.ts";
import { tagsAt } from "./object-list.ts";

/** What the details of a campaign and of a Canvas both answer, with the edition that they show and what it depends on. */
export function detailsOf(object: Campaign | Canvas, params: Params, context: Context) {
  const state = context.world.stateOf(object, context.nowMs);
  const { first, last } = activityBounds(context.world, object, context.nowMs);
  const draftVersion = params.flag("post_launch_draft_version") && state.hasPostLaunchDraft;
  const revision = state.revision + (draftVersion ? 1 : 0);
  return {
    revision,
    translation: params.flag("include_has_translatable_content"),
    first: first === undefined ? null : stamp(first),
    last: last === undefined ? null : stamp(last),
    shared: {
      message: "success",
      created_at: stamp(state.createdMs),
      updated_at: stamp(state.lastEditedMs),
      archived: state.archived,
      draft: state.draft,
      enabled: state.enabled,
      has_post_launch_draft: state.hasPostLaunchDraft,
      name: object.name,
      description: `${object.name}, edition ${revision}`,
      schedule_type: object.scheduleType,
      channels: object.channels,
      tags: tagsAt(object, revision),
    },
  };
}
