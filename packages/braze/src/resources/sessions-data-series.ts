import type { Resource } from "../resource.ts";
import { numberSeries } from "./number-series.ts";

/** Sessions of all apps of the workspace and of everybody, or narrowed. */
export const sessionsDataSeries: Resource = numberSeries({
  slug: "sessions-data-series",
  path: "/sessions/data_series",
  scope: "sessions.data_series",
  bucket: "default",
  lookbackDays: 3,
  narrows: ["app", "segment"],
  isHourly: true,
  table: "raw_session",
  field: "sessions",
  column: "sessions",
});
