import { ActivityKind } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Endpoint } from "../endpoint.ts";
import { slotsAsked } from "../series-window.ts";
import { sumBySlot } from "../views/activity-series.ts";
import { appAsked, cursorPage, pageAsked, segmentAsked } from "./lookups.ts";

const NAMES_PER_PAGE = 250;

export const customDataEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/events/list",
    scope: "events.list",
    bucket: "names_and_products",
    answer({ params }, context) {
      const events = context.world.audience.catalogue.events.map(({ name }) => name);
      return { message: "success", events: pageAsked(params, NAMES_PER_PAGE)(events) };
    },
  },
  {
    method: "GET",
    path: "/events",
    scope: "events.get",
    bucket: "names_and_products",
    answer({ params }, context) {
      const rows = context.world.audience.catalogue.events.map((event) => ({
        name: event.name,
        description: event.description,
        included_in_analytics_report: event.inAnalyticsReport,
        status: event.status,
        tag_names: event.tags,
      }));
      return cursorPage("/events", "events", rows, params);
    },
  },
  {
    method: "GET",
    path: "/custom_attributes",
    scope: "custom_attributes.get",
    bucket: "names_and_products",
    answer({ params }, context) {
      const rows = context.world.audience.catalogue.attributes.map((attribute) => ({
        array_length: attribute.arrayLength,
        data_type: attribute.dataType,
        description: attribute.description,
        name: attribute.name,
        status: attribute.status,
        tag_names: attribute.tags,
      }));
      return cursorPage("/custom_attributes", "attributes", rows, params);
    },
  },
  {
    method: "GET",
    path: "/events/data_series",
    scope: "events.data_series",
    bucket: "default",
    objectParam: "event",
    answer({ params }, context) {
      const name = params.requiredText("event");
      const item = context.world.audience.catalogue.events.findIndex((event) => event.name === name);
      if (item < 0) throw new ApiError(400, "Invalid event");
      const filter = { app: appAsked(params, context), segment: segmentAsked(params, context), item };
      const slots = slotsAsked(params, context);
      const event = { ...filter, kind: ActivityKind.event };
      const counts = sumBySlot(context.world, slots, context.nowMs, event, "count");
      return { message: "success", data: slots.map(({ time }, at) => ({ time, count: counts[at] })) };
    },
  },
];
