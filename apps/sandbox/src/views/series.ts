import type { World } from "@lifecycle/simulation";
import { type CampaignSeries, createCampaignSeries } from "./campaign-series.ts";
import { type CanvasSeries, createCanvasSeries } from "./canvas-series.ts";

/** The aggregated views that endpoints show. They know nothing of the truth counters. */
export interface Series {
  campaign: CampaignSeries;
  canvas: CanvasSeries;
}

export function createSeries(world: World): Series {
  return { campaign: createCampaignSeries(world), canvas: createCanvasSeries(world) };
}
