import type { Resource } from "../resource.ts";
import { numberSeries } from "./number-series.ts";

/** One file for all: the KPI endpoints differ in nothing but the name of their number. */
function kpi(name: string): Resource {
  return numberSeries({
    slug: `kpi-${name.replaceAll("_", "-")}-data-series`,
    path: `/kpi/${name}/data_series`,
    scope: `kpi.${name}.data_series`,
    bucket: "default",
    lookbackDays: 3,
    narrows: ["app"],
    table: "raw_kpi",
    subject: "kpi",
    subjectIs: name,
    field: name,
    column: "value",
  });
}

/** New users, daily and monthly (30 days rolling) active users and uninstalls, of all apps of the workspace or of one. */
export const kpiDataSeries: readonly Resource[] = ["new_users", "dau", "mau", "uninstalls"].map(kpi);
