import type { TableContract } from "@lifecycle/contracts";
import type { Resource } from "../resource.ts";
import { campaignsDataSeries } from "./campaigns-data-series.ts";
import { campaignsDetails } from "./campaigns-details.ts";
import { campaignsList } from "./campaigns-list.ts";
import { canvasDataSeries } from "./canvas-data-series.ts";
import { canvasDetails } from "./canvas-details.ts";
import { canvasList } from "./canvas-list.ts";

/** Everything we read from Braze: add a resource by adding its file here. */
export const brazeResources: readonly Resource[] = [
  campaignsList,
  campaignsDetails,
  campaignsDataSeries,
  canvasList,
  canvasDetails,
  canvasDataSeries,
];

/** The raw tables of all resources, each once. */
export const brazeTables: readonly TableContract[] = [
  ...new Map(brazeResources.flatMap(({ targets }) => targets).map((table) => [table.table, table])).values(),
];

/** Days that Braze may still restate, by resource. */
export const resourceLookbackDays: Readonly<Record<string, number>> = Object.fromEntries(
  brazeResources.map(({ slug, lookbackDays }) => [slug, lookbackDays]),
);

/** The resource of that name; undefined when this version does not know it. */
export function findResource(slug: string): Resource | undefined {
  return brazeResources.find((resource) => resource.slug === slug);
}
