import { z } from "zod";
import { channelEntries, commonCounters } from "../decode/channels.ts";
import { eachDay } from "../decode/day-rows.ts";
import { decimal, kindOf, text, whole } from "../decode/lenient.ts";
import { isObject, RowSink, unknownFields } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { CONVERSIONS } from "./columns.ts";
import { rawCampaignDaily, rawCampaignVariantDaily } from "./tables.ts";

const DAILY = rawCampaignDaily.table;
const VARIANT = rawCampaignVariantDaily.table;
const keys = {
  [DAILY]: ["campaign_id", "activity_date"],
  [VARIANT]: ["campaign_id", "activity_date", "channel", "variation_id", "variation_name"],
};

const outcomes = {
  unique_recipients: whole(),
  ...(Object.fromEntries(CONVERSIONS.map((name) => [name, whole()])) as Record<
    (typeof CONVERSIONS)[number],
    ReturnType<typeof whole>
  >),
  revenue: decimal(),
};

const Day = z.object(outcomes);
const KNOWN_OF_DAY = new Set(["time", "messages", ...Object.keys(Day.shape)]);

const Entry = z.object({
  variation_id: text(),
  variation_name: text(),
  enrolled: whole(),
  sent: whole(),
  delivered: whole(),
  opens: whole(),
  unique_opens: whole(),
  machine_opens: whole(),
  clicks: whole(),
  unique_clicks: whole(),
  bounces: whole(),
  unsubscribes: whole(),
  ...outcomes,
});

function toRows(body: unknown, context: RowContext) {
  if (!isObject(body) || !Array.isArray(body.data))
    return RowSink.unexpected("data: expected a list of days");
  const sink = new RowSink();
  const campaign_id = context.objectId ?? "";
  eachDay(sink, DAILY, body.data, context, (day, activity_date) => {
    const extra = unknownFields(day, KNOWN_OF_DAY);
    sink.add(DAILY, day, Day, { campaign_id, activity_date, extra }, keys[DAILY]!);
    for (const found of channelEntries(day.messages)) {
      if ("problem" in found) sink.reject(VARIANT, found.problem, found.entry);
      else addEntry(sink, { campaign_id, activity_date, channel: found.channel }, found.entry, found.alone);
    }
  });
  return sink.done();
}

/** A control arm is an entry among the others; only it has `enrolled`. Its name may be anything. */
function addEntry(sink: RowSink, day: Record<string, unknown>, entry: unknown, alone: boolean): void {
  if (!isObject(entry)) {
    sink.reject(VARIANT, `expected an object, got ${kindOf(entry)}`, entry);
    return;
  }
  const variation_id = entry.variation_api_id ?? entry.variation_id;
  if (!alone && !variation_id && !entry.variation_name) {
    sink.reject(VARIANT, "neither variation_api_id nor variation_name tells it from the others", entry);
    return;
  }
  const row = { ...entry, ...commonCounters(entry), variation_id };
  const extra = { ...day, is_control: Object.hasOwn(entry, "enrolled"), stats: entry };
  sink.add(VARIANT, row, Entry, extra, keys[VARIANT]!, entry);
}

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
  toRows,
};
