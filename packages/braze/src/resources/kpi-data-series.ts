import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";
import { seriesRows } from "./simple-series.ts";

const rawKpiDaily = rawTable(
  "raw_kpi_daily",
  ["kpi", "activity_date"],
  [
    ["kpi", "STRING"],
    ["activity_date", "DATE"],
    ["value", "INT64"],
    ["extra", "JSON"],
  ],
);
const KEY = ["kpi", "activity_date"];

/** One file for all: the KPI endpoints differ in nothing but the name of their number. */
function kpi(name: string): Resource {
  return {
    slug: `kpi-${name.replaceAll("_", "-")}-data-series`,
    path: `/kpi/${name}/data_series`,
    scope: `kpi.${name}.data_series`,
    bucket: "default",
    paging: { style: "none" },
    params: {},
    window: { maxDays: 100 },
    lookbackDays: 3,
    keys: { [rawKpiDaily.table]: KEY },
    targets: [rawKpiDaily],
    toRows: seriesRows({
      table: rawKpiDaily,
      key: KEY,
      field: name,
      column: "value",
      about: () => ({ kpi: name }),
    }),
  };
}

/** New users, daily and monthly (30 days rolling) active users and uninstalls of all apps of the workspace. */
export const kpiDataSeries: readonly Resource[] = ["new_users", "dau", "mau", "uninstalls"].map(kpi);
