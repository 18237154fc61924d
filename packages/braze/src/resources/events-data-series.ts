import type { Resource } from "../resource.ts";
import { numberSeries } from "./number-series.ts";

/** How often a custom event happened. */
export const eventsDataSeries: Resource = numberSeries({
  slug: "events-data-series",
  path: "/events/data_series",
  scope: "events.data_series",
  bucket: "default",
  parent: "events-list",
  // Its name: events have no id.
  idParam: "event",
  lookbackDays: 3,
  narrows: ["app", "segment"],
  isHourly: true,
  table: "raw_custom_event",
  subject: "event_name",
  field: "count",
  column: "count",
});
