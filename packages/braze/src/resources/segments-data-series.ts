import type { Resource } from "../resource.ts";
import { numberSeries } from "./number-series.ts";

/** A segment's size, as Braze estimates it; only segments with analytics tracking have any. */
export const segmentsDataSeries: Resource = numberSeries({
  slug: "segments-data-series",
  path: "/segments/data_series",
  scope: "segments.data_series",
  bucket: "default",
  parent: "segments-list",
  parentFlag: "analytics_tracking_enabled",
  idParam: "segment_id",
  lookbackDays: 1,
  table: "raw_segment",
  subject: "segment_id",
  field: "size",
  column: "size",
});
