import type { TableContract } from "@lifecycle/contracts";
import type { Resource } from "../resource.ts";
import { campaignDays } from "./campaign-days.ts";
import { rawCampaignDaily, rawCampaignVariantDaily } from "./tables.ts";

/** The tables of a campaign's days, with the send they belong to. */
function ofSends(table: string, { columns }: TableContract): TableContract {
  const [campaign, ...rest] = columns;
  return { table, columns: [campaign!, { name: "send_id", type: "STRING", required: true }, ...rest] };
}

const rawSendDaily = ofSends("raw_send_daily", rawCampaignDaily);
const rawSendVariantDaily = ofSends("raw_send_variant_daily", rawCampaignVariantDaily);
const daily = rawSendDaily.table;
const variant = rawSendVariantDaily.table;
const keys = {
  [daily]: ["campaign_id", "send_id", "activity_date"],
  [variant]: ["campaign_id", "send_id", "activity_date", "channel", "variation_id", "variation_name"],
};

/**
 * One send of an API campaign by day. Kept for 14 days after the send; `unique_recipients` are the campaign's, and a
 * conversion counts for the latest send that its user received.
 */
export const sendsDataSeries: Resource = {
  slug: "sends-data-series",
  path: "/sends/data_series",
  scope: "sends.data_series",
  bucket: "default",
  paging: { style: "none" },
  params: {},
  parent: "sends-list",
  idParam: "campaign_id",
  secondIdParam: "send_id",
  window: { maxDays: 100 },
  lookbackDays: 14,
  keys,
  targets: [rawSendDaily, rawSendVariantDaily],
  isSparse: true,
  toRows: campaignDays({
    daily,
    variant,
    keys,
    about: ({ objectId = "" }) => {
      const [campaign_id, send_id] = splitId(objectId);
      return { campaign_id, send_id };
    },
  }),
};

/** `<campaign id>/<send id>`; a send id is free text and may hold slashes of its own. */
export function splitId(objectId: string): [string, string] {
  const at = objectId.indexOf("/");
  return at < 0 ? [objectId, ""] : [objectId.slice(0, at), objectId.slice(at + 1)];
}
