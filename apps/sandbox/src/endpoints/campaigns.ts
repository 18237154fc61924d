import type { Campaign, ConversionBehavior } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Context, Endpoint } from "../endpoint.ts";
import type { Params } from "../params.ts";
import { daysAsked } from "../series-window.ts";
import { messageShape } from "../views/message-shapes.ts";
import { detailsOf } from "./object-details.ts";
import { pageOf } from "./object-list.ts";

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
  const { shared, revision, translation, first, last } = detailsOf(campaign, params, context);
  return {
    ...shared,
    first_sent: first,
    last_sent: last,
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
