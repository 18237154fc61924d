import type { TableContract } from "@lifecycle/contracts";
import type { Resource } from "../resource.ts";
import { campaignsDataSeries } from "./campaigns-data-series.ts";
import { campaignsDetails } from "./campaigns-details.ts";
import { campaignsList } from "./campaigns-list.ts";
import { canvasDataSeries } from "./canvas-data-series.ts";
import { canvasDataSummary } from "./canvas-data-summary.ts";
import { canvasDetails } from "./canvas-details.ts";
import { canvasList } from "./canvas-list.ts";
import { customAttributes } from "./custom-attributes.ts";
import { customEvents } from "./custom-events.ts";
import { emailHardBounces } from "./email-hard-bounces.ts";
import { emailUnsubscribes } from "./email-unsubscribes.ts";
import { eventsDataSeries } from "./events-data-series.ts";
import { eventsList } from "./events-list.ts";
import { kpiDataSeries } from "./kpi-data-series.ts";
import { purchasesProductList } from "./purchases-product-list.ts";
import { purchasesQuantitySeries, purchasesQuantityTotalSeries } from "./purchases-quantity-series.ts";
import { purchasesRevenueSeries, purchasesRevenueTotalSeries } from "./purchases-revenue-series.ts";
import { scheduledBroadcasts } from "./scheduled-broadcasts.ts";
import { segmentsDataSeries } from "./segments-data-series.ts";
import { segmentsDetails } from "./segments-details.ts";
import { segmentsList } from "./segments-list.ts";
import { sendsDataSeries } from "./sends-data-series.ts";
import { sendsList } from "./sends-list.ts";
import { sessionsDataSeries } from "./sessions-data-series.ts";
import { smsInvalidPhoneNumbers } from "./sms-invalid-phone-numbers.ts";
import { usersExportGlobalControlGroup, usersExportSegment } from "./user-export.ts";

/** Campaigns and Canvases: what a source reads that is not told what to. `config/pipelines/braze.yaml` tells it. */
export const brazeResources: readonly Resource[] = [
  campaignsList,
  campaignsDetails,
  campaignsDataSeries,
  canvasList,
  canvasDetails,
  canvasDataSeries,
];

/** Everything we can read from Braze by day: add a resource by adding its file here. */
const byDay: readonly Resource[] = [
  ...brazeResources,
  canvasDataSummary,
  sendsList,
  sendsDataSeries,
  segmentsList,
  segmentsDetails,
  segmentsDataSeries,
  eventsList,
  customEvents,
  eventsDataSeries,
  customAttributes,
  ...kpiDataSeries,
  sessionsDataSeries,
  purchasesQuantityTotalSeries,
  purchasesRevenueTotalSeries,
  purchasesProductList,
  purchasesQuantitySeries,
  purchasesRevenueSeries,
  emailHardBounces,
  emailUnsubscribes,
  smsInvalidPhoneNumbers,
  scheduledBroadcasts,
  usersExportSegment,
  usersExportGlobalControlGroup,
];

/** The same, and what Braze also gives by the hour. */
export const brazeCatalogue: readonly Resource[] = byDay.flatMap(({ hourly, ...daily }) =>
  hourly ? [daily, hourly] : [daily],
);

/** The raw tables of everything that can be read, each once. */
export const brazeTables: readonly TableContract[] = tablesOf(brazeCatalogue);

/** The raw tables of some resources, each once. */
export function tablesOf(resources: readonly Resource[]): TableContract[] {
  const tables = resources.flatMap(({ targets }) => targets);
  return [...new Map(tables.map((table) => [table.table, table])).values()];
}

/** The resource of that name; undefined when this version does not know it. */
export function findResource(slug: string): Resource | undefined {
  return brazeCatalogue.find((resource) => resource.slug === slug);
}
