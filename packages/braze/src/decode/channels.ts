import { kindOf } from "./lenient.ts";
import { asMap } from "./row-sink.ts";

/** Braze spells some channels differently from page to page; ours are the spellings of its series. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ["whatsapp", "whats_app"],
  ["content_card", "content_cards"],
  ["in-app_message", "in_app_message"],
]);

export function channelName(spelling: string): string {
  return SPELLINGS.get(spelling) ?? spelling;
}

/**
 * Counters that channels share under different names, each with the names it may have, the first present counting. An open
 * of push, WhatsApp, a card or an in-app message is what its people see: an open, a read, an impression. The rest of an
 * entry stays in `stats`.
 */
const COMMON = {
  sent: ["sent"],
  delivered: ["delivered"],
  opens: ["opens", "total_opens", "read", "total_impressions", "impressions"],
  unique_opens: ["unique_opens", "unique_impressions"],
  machine_opens: ["machine_open", "machine_opens"],
  clicks: ["clicks", "body_clicks", "total_clicks"],
  unique_clicks: ["unique_clicks"],
  bounces: ["bounces"],
  unsubscribes: ["unsubscribes", "opt_out"],
} as const;

const COUNTERS = Object.entries(COMMON);

export function commonCounters(entry: Record<string, unknown>): Record<string, unknown> {
  const counters: Record<string, unknown> = {};
  for (const [counter, names] of COUNTERS) {
    counters[counter] = null;
    for (const name of names) {
      if (!Object.hasOwn(entry, name)) continue;
      counters[counter] = entry[name];
      break;
    }
  }
  return counters;
}

export type ChannelEntry =
  | { channel: string; entry: unknown; alone: boolean }
  | { channel: string; problem: string; entry: unknown };

/** The stat entries of `messages`, a map of channel → list. Anything else in it is a problem of its own, never an error. */
export function* channelEntries(messages: unknown): Generator<ChannelEntry> {
  const channels = asMap(messages);
  if (!channels) {
    yield { channel: "", problem: `messages: expected an object, got ${kindOf(messages)}`, entry: messages };
    return;
  }
  for (const [spelling, entries] of Object.entries(channels)) {
    const channel = channelName(spelling);
    if (entries === null || entries === undefined) continue;
    if (!Array.isArray(entries)) {
      yield {
        channel,
        problem: `messages.${channel}: expected a list, got ${kindOf(entries)}`,
        entry: entries,
      };
    } else for (const entry of entries) yield { channel, entry, alone: entries.length === 1 };
  }
}
