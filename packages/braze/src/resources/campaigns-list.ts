import { z } from "zod";
import { flag, instant, text, texts } from "../decode/lenient.ts";
import type { Resource } from "../resource.ts";
import { emptyRow } from "./columns.ts";
import { listRows } from "./simple-list.ts";
import { rawCampaign } from "./tables.ts";

const TARGET = rawCampaign.table;
const KEY = ["campaign_id"];

const Listed = z
  .object({
    id: z.string().min(1),
    name: text(),
    is_api_campaign: flag(),
    tags: texts(),
    last_edited: instant(),
  })
  .transform(({ id, ...rest }) => ({ campaign_id: id, ...rest }));

/** The other columns are told by the details. */
const UNTOLD = emptyRow(rawCampaign);

/** Every campaign, archived ones too: an old campaign may still be sending, so nothing is filtered by its last edit. */
export const campaignsList: Resource = {
  slug: "campaigns-list",
  path: "/campaigns/list",
  scope: "campaigns.list",
  bucket: "default",
  paging: { style: "page" },
  params: { include_archived: "true", sort_direction: "asc" },
  object: { table: TARGET, idColumn: "campaign_id", nameColumn: "name" },
  lookbackDays: 0,
  keys: { [TARGET]: KEY },
  targets: [rawCampaign],
  toRows: listRows({
    field: "campaigns",
    table: rawCampaign,
    key: KEY,
    schema: Listed,
    fields: ["id", "name", "is_api_campaign", "tags", "last_edited"],
    about: () => UNTOLD,
  }),
};
