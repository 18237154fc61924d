import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";
import { seriesRows } from "./simple-series.ts";

const rawCustomEventDaily = rawTable(
  "raw_custom_event_daily",
  ["event_name", "activity_date"],
  [
    ["event_name", "STRING"],
    ["activity_date", "DATE"],
    ["count", "INT64"],
    ["extra", "JSON"],
  ],
);
const KEY = ["event_name", "activity_date"];

/** How often a custom event happened, by day; it is asked for by its name. */
export const eventsDataSeries: Resource = {
  slug: "events-data-series",
  path: "/events/data_series",
  scope: "events.data_series",
  bucket: "default",
  paging: { style: "none" },
  params: { unit: "day" },
  parent: "events-list",
  idParam: "event",
  window: { maxDays: 100 },
  lookbackDays: 3,
  keys: { [rawCustomEventDaily.table]: KEY },
  targets: [rawCustomEventDaily],
  toRows: seriesRows({
    table: rawCustomEventDaily,
    key: KEY,
    field: "count",
    column: "count",
    about: ({ objectId = "" }) => ({ event_name: objectId }),
  }),
};
