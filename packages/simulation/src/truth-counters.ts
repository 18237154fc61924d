import type { Channel } from "./channels.ts";
import { EventKind } from "./event-log.ts";

const KINDS = Object.keys(EventKind).length;

/** Counts of every kind of event for one message on one day; `uniques` counts each dispatch once. */
export interface Tally {
  totals: Int32Array;
  uniques: Int32Array;
}

export function newTally(): Tally {
  return { totals: new Int32Array(KINDS), uniques: new Int32Array(KINDS) };
}

/** Braze's counters of one message under Braze's names. */
export type ChannelStats = Record<string, number>;

/** The same counters under names that are common to all channels; null where a channel does not have one. */
export interface CommonCounters {
  sent: number | null;
  delivered: number | null;
  opens: number | null;
  unique_opens: number | null;
  machine_opens: number | null;
  clicks: number | null;
  unique_clicks: number | null;
  bounces: number | null;
  unsubscribes: number | null;
}

/** A tally as the counters that Braze shows for a channel. */
export function channelStats(channel: Channel, tally: Tally): ChannelStats {
  const all = (kind: EventKind) => tally.totals[kind]!;
  const unique = (kind: EventKind) => tally.uniques[kind]!;
  switch (channel) {
    case "email":
      return {
        sent: all(EventKind.sent),
        opens: all(EventKind.open),
        unique_opens: unique(EventKind.open),
        clicks: all(EventKind.click),
        unique_clicks: unique(EventKind.click),
        unsubscribes: all(EventKind.unsubscribe),
        bounces: all(EventKind.bounce),
        delivered: all(EventKind.delivered),
        reported_spam: all(EventKind.spam),
        machine_open: all(EventKind.machineOpen),
      };
    case "ios_push":
    case "android_push":
      return {
        sent: all(EventKind.sent),
        direct_opens: all(EventKind.directOpen),
        total_opens: all(EventKind.directOpen) + all(EventKind.influencedOpen),
        bounces: all(EventKind.bounce),
        body_clicks: all(EventKind.click),
      };
    case "sms":
      return {
        sent: all(EventKind.sent),
        sent_to_carrier: all(EventKind.carrier),
        delivered: all(EventKind.delivered),
        rejected: all(EventKind.rejected),
        delivery_failed: all(EventKind.failed),
        clicks: all(EventKind.click),
        opt_out: all(EventKind.unsubscribe),
        help: all(EventKind.help),
      };
    case "whats_app":
      return {
        sent: all(EventKind.sent),
        delivered: all(EventKind.delivered),
        failed: all(EventKind.failed),
        read: all(EventKind.open),
      };
    case "content_cards":
      return {
        sent: all(EventKind.sent),
        total_clicks: all(EventKind.click),
        total_dismissals: all(EventKind.dismissal),
        total_impressions: all(EventKind.impression),
        unique_clicks: unique(EventKind.click),
        unique_dismissals: unique(EventKind.dismissal),
        unique_impressions: unique(EventKind.impression),
      };
    case "webhook":
      return { sent: all(EventKind.sent), errors: all(EventKind.failed) };
    case "trigger_in_app_message":
      return {
        impressions: all(EventKind.impression),
        clicks: all(EventKind.click),
        first_button_clicks: all(EventKind.firstButton),
        second_button_clicks: all(EventKind.secondButton),
      };
  }
}

/** Where each common counter comes from: the first of these names that the channel has. */
const SOURCES: Record<keyof CommonCounters, readonly string[]> = {
  sent: ["sent"],
  delivered: ["delivered"],
  opens: ["opens", "total_opens", "read", "total_impressions", "impressions"],
  unique_opens: ["unique_opens", "unique_impressions"],
  machine_opens: ["machine_open"],
  clicks: ["clicks", "body_clicks", "total_clicks"],
  unique_clicks: ["unique_clicks"],
  bounces: ["bounces"],
  unsubscribes: ["unsubscribes", "opt_out"],
};

export function commonCounters(stats: ChannelStats): CommonCounters {
  const first = (names: readonly string[]) => {
    const name = names.find((candidate) => candidate in stats);
    return name === undefined ? null : stats[name]!;
  };
  return Object.fromEntries(
    Object.entries(SOURCES).map(([counter, names]) => [counter, first(names)]),
  ) as unknown as CommonCounters;
}
