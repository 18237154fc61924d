import { type Campaign, dateText, dayNumber, sendsOn } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Endpoint } from "../endpoint.ts";
import { daysAsked } from "../series-window.ts";
import { campaignOf } from "./campaigns.ts";

/** Days after a send for which Braze keeps its numbers. */
export const SEND_KEPT_DAYS = 14;

export const sendEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/sends/data_series",
    scope: "sends.data_series",
    bucket: "default",
    objectParam: "campaign_id",
    answer({ params }, context) {
      const campaign = campaignOf(params, context);
      if (!campaign.isApi) throw new ApiError(400, "Campaign is not an API campaign");
      const sendDay = dayOfSend(campaign, params.requiredText("send_id"));
      const range = daysAsked(params, context, 100);
      const kept = context.world.calendar.dayOf(context.nowMs) - sendDay <= SEND_KEPT_DAYS;
      const rows = kept ? context.series.campaign.sendRows(campaign, sendDay, range, context.nowMs) : [];
      return { message: "success", data: rows };
    },
  },
];

/** An API campaign of the sandbox uses one send id per day. */
export function sendIdOf(campaign: Campaign, day: number): string {
  return `send-${String(campaign.index).padStart(4, "0")}-${dateText(day).replaceAll("-", "")}`;
}

function dayOfSend(campaign: Campaign, sendId: string): number {
  const match = /^send-\d{4,}-(\d{4})(\d{2})(\d{2})$/.exec(sendId);
  const day = match ? dayNumber(`${match[1]}-${match[2]}-${match[3]}`) : Number.NaN;
  if (Number.isNaN(day) || sendIdOf(campaign, day) !== sendId || !sendsOn(campaign, day)) {
    throw new ApiError(400, "Invalid Send ID");
  }
  return day;
}
