import { z } from "zod";
import { flag, instant, text, texts } from "../decode/lenient.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
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

const KNOWN = new Set(["id", "name", "is_api_campaign", "tags", "last_edited"]);

const UNKNOWN_HERE = {
  created_at: null,
  updated_at: null,
  archived: null,
  draft: null,
  enabled: null,
  schedule_type: null,
  channels: null,
  description: null,
  first_sent: null,
  last_sent: null,
  conversion_behaviors: null,
  payload: null,
  record_hash: null,
};

function toRows(body: unknown, _context: RowContext) {
  if (!isObject(body) || !Array.isArray(body.campaigns))
    return RowSink.unexpected("campaigns: expected a list");
  const sink = new RowSink();
  for (const item of body.campaigns) {
    const extra = sink.unknown(TARGET, item, KNOWN);
    sink.add(TARGET, item, Listed, { ...UNKNOWN_HERE, extra }, KEY);
  }
  return sink.done();
}

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
  toRows,
};
