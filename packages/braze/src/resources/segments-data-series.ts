import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";
import { seriesRows } from "./simple-series.ts";

const rawSegmentDaily = rawTable(
  "raw_segment_daily",
  ["segment_id", "activity_date"],
  [
    ["segment_id", "STRING"],
    ["activity_date", "DATE"],
    ["size", "INT64"],
    ["extra", "JSON"],
  ],
);
const KEY = ["segment_id", "activity_date"];

/** A segment's size by day, as Braze estimates it. */
export const segmentsDataSeries: Resource = {
  slug: "segments-data-series",
  path: "/segments/data_series",
  scope: "segments.data_series",
  bucket: "default",
  paging: { style: "none" },
  params: {},
  parent: "segments-list",
  parentFlag: "analytics_tracking_enabled",
  idParam: "segment_id",
  window: { maxDays: 100 },
  lookbackDays: 1,
  keys: { [rawSegmentDaily.table]: KEY },
  targets: [rawSegmentDaily],
  toRows: seriesRows({
    table: rawSegmentDaily,
    key: KEY,
    field: "size",
    column: "size",
    about: ({ objectId = "" }) => ({ segment_id: objectId }),
  }),
};
