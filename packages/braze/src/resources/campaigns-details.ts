import { z } from "zod";
import { channelName } from "../decode/channels.ts";
import { anything, instant, kindOf, text } from "../decode/lenient.ts";
import { recordHash } from "../decode/record-hash.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { CHANGES_BY_ITSELF, programmeFields, WITHOUT_COLUMN } from "./programme.ts";
import { rawCampaign, rawCampaignVariant } from "./tables.ts";

const CAMPAIGN = rawCampaign.table;
const VARIANT = rawCampaignVariant.table;
const keys = { [CAMPAIGN]: ["campaign_id"], [VARIANT]: ["campaign_id", "variation_id"] };

const Details = z.object({
  ...programmeFields,
  first_sent: instant(),
  last_sent: instant(),
  conversion_behaviors: anything(),
});

const KNOWN = new Set([...Object.keys(Details.shape), ...WITHOUT_COLUMN, "messages"]);
/** What changes by itself while a campaign stays what it is. */
const BY_ITSELF = [...CHANGES_BY_ITSELF, "first_sent", "last_sent"];

const Message = z
  .object({ name: text(), channel: text(), type: anything() })
  .transform(({ name, channel, type }) => ({
    name,
    channel: channel === null ? null : channelName(channel),
    is_control: type === "control",
  }));

/** The id is not in the answer. `is_api_campaign` and `last_edited` are only in the list. */
function toRows(body: unknown, { objectId = "" }: RowContext) {
  if (!isObject(body)) return RowSink.unexpected(`expected an object, got ${kindOf(body)}`);
  if (!("name" in body) && !("created_at" in body))
    return RowSink.unexpected("expected a campaign's details");
  const sink = new RowSink();
  const campaign = {
    campaign_id: objectId,
    is_api_campaign: null,
    last_edited: null,
    payload: body,
    extra: sink.unknown(CAMPAIGN, body, KNOWN),
    record_hash: recordHash(body, BY_ITSELF),
  };
  sink.add(CAMPAIGN, body, Details, campaign, keys[CAMPAIGN]!);
  for (const [id, message] of sink.entries(VARIANT, "messages", body.messages)) {
    const record_hash = recordHash(message);
    const variant = { campaign_id: objectId, variation_id: id, payload: message, record_hash };
    sink.add(VARIANT, message, Message, variant, keys[VARIANT]!);
  }
  return sink.done();
}

/** What a campaign is: status, trigger, conversion events, and its messages, control included. */
export const campaignsDetails: Resource = {
  slug: "campaigns-details",
  path: "/campaigns/details",
  scope: "campaigns.details",
  bucket: "default",
  paging: { style: "none" },
  params: {},
  parent: "campaigns-list",
  idParam: "campaign_id",
  lookbackDays: 0,
  keys,
  targets: [rawCampaign, rawCampaignVariant],
  toRows,
};
