import { undocumentedFields } from "../decode/channel-fields.ts";
import { channelEntries, commonCounters } from "../decode/channels.ts";
import { eachDay } from "../decode/day-rows.ts";
import { decimal, flat, kindOf, text, whole } from "../decode/lenient.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { CONVERSIONS } from "./columns.ts";

const outcomes = {
  unique_recipients: whole(),
  ...(Object.fromEntries(CONVERSIONS.map((name) => [name, whole()])) as Record<
    (typeof CONVERSIONS)[number],
    ReturnType<typeof whole>
  >),
  revenue: decimal(),
};

const Day = flat(outcomes);
const KNOWN_OF_DAY = new Set(["time", "messages", ...Object.keys(outcomes)]);

const Entry = flat({
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

/** Where the days of a campaign, or of one send of it, go. */
export interface CampaignDays {
  daily: string;
  variant: string;
  keys: Readonly<Record<string, readonly string[]>>;
  /** The columns that say whose day it is. */
  about: (context: RowContext) => Record<string, unknown>;
}

/** Splits a series of days that have `messages` by channel and variation. */
export function campaignDays(days: CampaignDays): Resource["toRows"] {
  const { daily, variant, keys } = days;
  return (body, context) => {
    if (!isObject(body) || !Array.isArray(body.data))
      return RowSink.unexpected("data: expected a list of days");
    const sink = new RowSink();
    eachDay(sink, daily, body.data, context, (day, activity_date) => {
      const about = { ...days.about(context), activity_date };
      const extra = sink.unknown(daily, day, KNOWN_OF_DAY);
      sink.add(daily, day, Day, { ...about, extra }, keys[daily]!);
      for (const found of channelEntries(day.messages)) {
        if ("problem" in found) sink.reject(variant, found.problem, found.entry);
        else addEntry(sink, days, { ...about, channel: found.channel }, found);
      }
    });
    return sink.done();
  };
}

/** A control arm is an entry among the others; only it has `enrolled`. Its name may be anything. */
function addEntry(
  sink: RowSink,
  { variant, keys }: CampaignDays,
  about: Record<string, unknown>,
  { channel, entry, alone }: { channel: string; entry: unknown; alone: boolean },
): void {
  if (!isObject(entry)) {
    sink.reject(variant, `expected an object, got ${kindOf(entry)}`, entry);
    return;
  }
  const variation_id = entry.variation_api_id ?? entry.variation_id;
  if (!alone && !variation_id && !entry.variation_name) {
    sink.reject(variant, "neither variation_api_id nor variation_name tells it from the others", entry);
    return;
  }
  for (const name of undocumentedFields(channel, entry))
    sink.changed(variant, `messages.${channel}.${name}`, entry[name]);
  const row = { ...entry, ...commonCounters(entry), variation_id };
  const extra = { ...about, is_control: Object.hasOwn(entry, "enrolled"), stats: entry };
  sink.add(variant, row, Entry, extra, keys[variant]!, entry);
}
