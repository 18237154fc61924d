import { dateText } from "@lifecycle/simulation";
import type { Endpoint } from "../endpoint.ts";
import { daysAsked } from "../series-window.ts";
import { stamp } from "../views/message-shapes.ts";
import { pageAsked, segmentById, trackedSegment } from "./lookups.ts";

const PAGE_SIZE = 100;

export const segmentEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/segments/list",
    scope: "segments.list",
    bucket: "default",
    answer({ params }, context) {
      const onPage = pageAsked(params, PAGE_SIZE);
      const rows = context.world.audience.catalogue.segments.map((segment) => ({
        id: segment.id,
        name: segment.name,
        analytics_tracking_enabled: segment.hasAnalytics,
        tags: segment.tags,
      }));
      if (params.choice("sort_direction", ["asc", "desc"], "asc") === "desc") rows.reverse();
      return { message: "success", segments: onPage(rows) };
    },
  },
  {
    method: "GET",
    path: "/segments/details",
    scope: "segments.details",
    bucket: "default",
    objectParam: "segment_id",
    answer({ params }, context) {
      const segment = segmentById(params.requiredText("segment_id"), context);
      const created = context.world.calendar.startOf(segment.createdDay) + 36_000_000;
      return {
        message: "success",
        created_at: stamp(created),
        updated_at: stamp(created + 86_400_000),
        name: segment.name,
        description: segment.description,
        text_description: segment.textDescription,
        tags: segment.tags,
        teams: [],
      };
    },
  },
  {
    method: "GET",
    path: "/segments/data_series",
    scope: "segments.data_series",
    bucket: "default",
    objectParam: "segment_id",
    answer({ params }, context) {
      const segment = trackedSegment(params.requiredText("segment_id"), context);
      const { from, until } = daysAsked(params, context, 100);
      const { population } = context.world.audience;
      const members = [...Array(population.countBy(until)).keys()]
        .filter((number) => population.isMember(number, segment))
        .map((number) => population.user(number));
      const data: object[] = [];
      for (let day = from; day <= until; day++) {
        const alive = members.filter((user) => population.isAliveOn(user, day)).length;
        data.push({ time: dateText(day), size: day < context.world.firstDay ? 0 : alive });
      }
      return { message: "success", data };
    },
  },
];
