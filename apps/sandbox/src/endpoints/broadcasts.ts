import { type Campaign, type Canvas, entersOn, sendsOn } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Context, Endpoint } from "../endpoint.ts";
import { stamp } from "../views/message-shapes.ts";

/** Days looked ahead for the next occurrence. */
const HORIZON_DAYS = 60;

export const broadcastEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/messages/scheduled_broadcasts",
    scope: "messages.schedule_broadcasts",
    bucket: "default",
    answer({ params }, context) {
      const end = params.instant("end_time");
      if (!end) throw new ApiError(400, "The end_time parameter is required");
      const objects = [...context.world.campaigns(context.nowMs), ...context.world.canvases(context.nowMs)];
      const broadcasts = objects.flatMap((object) => {
        const next = object.isTriggered ? undefined : nextSend(object, context);
        return next === undefined || next > end.ms ? [] : [shape(object, next, context)];
      });
      return { scheduled_broadcasts: broadcasts };
    },
  },
];

/** The next scheduled send after now; undefined when the object is switched off or none is near. */
function nextSend(object: Campaign | Canvas, context: Context): number | undefined {
  const { world, nowMs } = context;
  if (!world.stateOf(object, nowMs).enabled) return undefined;
  const today = world.calendar.dayOf(nowMs);
  const isCampaign = "messages" in object;
  const minute = isCampaign ? (7 + (object.key % 12)) * 60 : 600;
  for (let day = today; day <= today + HORIZON_DAYS; day++) {
    const at = world.calendar.startOf(day) + minute * 60_000;
    if (at > nowMs && (isCampaign ? sendsOn(object, day) : entersOn(object, day))) return at;
  }
  return undefined;
}

function shape(object: Campaign | Canvas, next: number, context: Context): object {
  const local = object.index % 3 === 1;
  return {
    name: object.name,
    id: object.id,
    type: "messages" in object ? "Campaign" : "Canvas",
    tags: object.tags,
    // The zone is given only where it is the company's: local delivery means each user's own.
    next_send_time: local ? stamp(next).slice(0, 19) : stamp(next),
    schedule_type: local ? "local_time_zones" : context.world.settings.timeZone,
  };
}
