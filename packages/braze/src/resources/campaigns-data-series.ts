import type { Resource } from "../resource.ts";
import { campaignDays } from "./campaign-days.ts";
import { rawCampaignDaily, rawCampaignVariantDaily } from "./tables.ts";

const daily = rawCampaignDaily.table;
const variant = rawCampaignVariantDaily.table;
const keys = {
  [daily]: ["campaign_id", "activity_date"],
  [variant]: ["campaign_id", "activity_date", "channel", "variation_id", "variation_name"],
};

/** A campaign's days, whole and by message variation. Conversions by send time can grow for 30 days after the send. */
export const campaignsDataSeries: Resource = {
  slug: "campaigns-data-series",
  path: "/campaigns/data_series",
  scope: "campaigns.data_series",
  bucket: "campaigns_data_series",
  paging: { style: "none" },
  params: {},
  parent: "campaigns-list",
  idParam: "campaign_id",
  window: { maxDays: 100 },
  lookbackDays: 30,
  keys,
  targets: [rawCampaignDaily, rawCampaignVariantDaily],
  toRows: campaignDays({
    daily,
    variant,
    keys,
    about: ({ objectId = "" }) => ({ campaign_id: objectId }),
  }),
};
