import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";
import { seriesRows } from "./simple-series.ts";

const rawSessionDaily = rawTable(
  "raw_session_daily",
  ["activity_date"],
  [
    ["activity_date", "DATE"],
    ["sessions", "INT64"],
    ["extra", "JSON"],
  ],
);

/** Sessions of all apps of the workspace, by day. */
export const sessionsDataSeries: Resource = {
  slug: "sessions-data-series",
  path: "/sessions/data_series",
  scope: "sessions.data_series",
  bucket: "default",
  paging: { style: "none" },
  params: { unit: "day" },
  window: { maxDays: 100 },
  lookbackDays: 3,
  keys: { [rawSessionDaily.table]: ["activity_date"] },
  targets: [rawSessionDaily],
  toRows: seriesRows({
    table: rawSessionDaily,
    key: ["activity_date"],
    field: "sessions",
    column: "sessions",
    about: () => ({}),
  }),
};
