import { flag } from "../decode/lenient.ts";
import { programmeList } from "./programme.ts";
import { rawCampaign } from "./tables.ts";

/** Every campaign: an old one may still be sending, so nothing is filtered by its last edit. */
export const campaignsList = programmeList({
  slug: "campaigns-list",
  path: "/campaigns/list",
  scope: "campaigns.list",
  field: "campaigns",
  table: rawCampaign,
  idColumn: "campaign_id",
  more: { is_api_campaign: flag() },
});
