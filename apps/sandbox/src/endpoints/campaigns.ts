import type { Campaign, ConversionBehavior } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Context, Endpoint } from "../endpoint.ts";
import type { Params } from "../params.ts";
import { daysAsked } from "../series-window.ts";
import { activityBounds } from "../views/activity-bounds.ts";
import { messageShape, stamp } from "../views/message-shapes.ts";
import { pageOf, tagsAt } from "./object-list.ts";

export const campaignEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/campaigns/list",
    scope: "campaigns.list",
    bucket: "default",
    answer: ({ params }, context) => ({
      message: "success",
      campaigns: pageOf(context.world.campaigns(context.nowMs), params, context),
    }),
  },
  {
    method: "GET",
    path: "/campaigns/details",
    scope: "campaigns.details",
    bucket: "default",
    objectParam: "campaign_id",
    answer: ({ params }, context) => details(campaignOf(params, context), params, context),
  },
  {
    method: "GET",
    path: "/campaigns/data_series",
    scope: "campaigns.data_series",
    bucket: "campaigns_data_series",
    objectParam: "campaign_id",
    answer({ params }, context) {
      const campaign = campaignOf(params, context);
      const range = daysAsked(params, context, 100);
      return { message: "success", data: context.series.campaign.rows(campaign, range, context.nowMs) };
    },
  },
];

export function campaignOf(params: Params, context: Context): Campaign {
  const campaign = context.world.campaignById(params.requiredText("campaign_id"), context.nowMs);
  if (!campaign) throw new ApiError(400, "Invalid Campaign ID");
  return campaign;
}

function details(campaign: Campaign, params: Params, context: Context): object {
  const state = context.world.stateOf(campaign, context.nowMs);
  const bounds = activityBounds(context.world, campaign, context.nowMs);
  const draftVersion = params.flag("post_launch_draft_version") && state.hasPostLaunchDraft;
  const revision = state.revision + (draftVersion ? 1 : 0);
  const translation = params.flag("include_has_translatable_content");
  return {
    message: "success",
    created_at: stamp(state.createdMs),
    updated_at: stamp(state.lastEditedMs),
    archived: state.archived,
    draft: state.draft,
    enabled: state.enabled,
    has_post_launch_draft: state.hasPostLaunchDraft,
    name: campaign.name,
    description: `${campaign.name}, edition ${revision}`,
    schedule_type: campaign.scheduleType,
    channels: campaign.channels,
    first_sent: bounds.first === undefined ? null : stamp(bounds.first),
    last_sent: bounds.last === undefined ? null : stamp(bounds.last),
    tags: tagsAt(campaign, revision),
    teams: campaign.index % 4 === 0 ? ["Growth"] : [],
    messages: Object.fromEntries(
      campaign.messages.map((message) => [
        message.id,
        messageShape({ ...message, title: campaign.name, revision }, translation),
      ]),
    ),
    conversion_behaviors: campaign.behaviors.map(behaviorShape),
  };
}

function behaviorShape(behavior: ConversionBehavior): object {
  return {
    type: behavior.type,
    window: behavior.windowDays * 86_400,
    ...(behavior.product === undefined ? {} : { product: behavior.product }),
    ...(behavior.customEventName === undefined ? {} : { custom_event_name: behavior.customEventName }),
    ...(behavior.appIds === undefined ? {} : { app_ids: behavior.appIds }),
  };
}
