import { z } from "zod";
import { flag, text, texts } from "../decode/lenient.ts";
import { isObject } from "../decode/row-sink.ts";
import { rawTable } from "./columns.ts";
import { objectList } from "./simple-list.ts";

const rawSegment = rawTable(
  "raw_segment",
  ["segment_id"],
  [
    ["segment_id", "STRING"],
    ["name", "STRING"],
    ["analytics_tracking_enabled", "BOOL"],
    ["tags", "JSON"],
    ["is_exported", "BOOL"],
    ["extra", "JSON"],
  ],
);

const Listed = z
  .object({ id: z.string().min(1), name: text(), analytics_tracking_enabled: flag(), tags: texts() })
  .transform(({ id, ...rest }) => ({ segment_id: id, ...rest }));

/** Segments; archived ones are never listed. Only those with analytics tracking have a size series; settings say whose users are exported. */
export const segmentsList = objectList({
  slug: "segments-list",
  path: "/segments/list",
  scope: "segments.list",
  bucket: "default",
  paging: { style: "page" },
  params: { sort_direction: "asc" },
  object: { idColumn: "segment_id", nameColumn: "name" },
  field: "segments",
  table: rawSegment,
  key: ["segment_id"],
  schema: Listed,
  about: (item, { exportedSegments }) => ({
    is_exported: isObject(item) && (exportedSegments?.has(String(item.id)) ?? false),
  }),
});
