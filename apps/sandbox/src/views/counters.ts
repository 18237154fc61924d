import { type Channel, EventKind } from "@lifecycle/simulation";

/** How one of Braze's counters comes about: which events raise it, and whether a repeat within a dispatch counts. */
interface Counter {
  name: string;
  kinds: readonly EventKind[];
  once: boolean;
}

const every = (name: string, ...kinds: (keyof typeof EventKind)[]): Counter => ({
  name,
  kinds: kinds.map((kind) => EventKind[kind]),
  once: false,
});
const once = (name: string, kind: keyof typeof EventKind): Counter => ({
  name,
  kinds: [EventKind[kind]],
  once: true,
});

const push: readonly Counter[] = [
  every("sent", "sent"),
  every("direct_opens", "directOpen"),
  every("total_opens", "directOpen", "influencedOpen"),
  every("bounces", "bounce"),
  every("body_clicks", "click"),
];

/** The counters of each channel, in the order in which Braze shows them. */
export const COUNTERS: Record<Channel, readonly Counter[]> = {
  email: [
    every("sent", "sent"),
    every("opens", "open"),
    once("unique_opens", "open"),
    every("clicks", "click"),
    once("unique_clicks", "click"),
    every("unsubscribes", "unsubscribe"),
    every("bounces", "bounce"),
    every("delivered", "delivered"),
    every("reported_spam", "spam"),
    every("machine_open", "machineOpen"),
  ],
  ios_push: push,
  android_push: push,
  sms: [
    every("sent", "sent"),
    every("sent_to_carrier", "carrier"),
    every("delivered", "delivered"),
    every("rejected", "rejected"),
    every("delivery_failed", "failed"),
    every("clicks", "click"),
    every("opt_out", "unsubscribe"),
    every("help", "help"),
  ],
  whats_app: [
    every("sent", "sent"),
    every("delivered", "delivered"),
    every("failed", "failed"),
    every("read", "open"),
  ],
  content_cards: [
    every("sent", "sent"),
    every("total_clicks", "click"),
    every("total_dismissals", "dismissal"),
    every("total_impressions", "impression"),
    once("unique_clicks", "click"),
    once("unique_dismissals", "dismissal"),
    once("unique_impressions", "impression"),
  ],
  webhook: [every("sent", "sent"), every("errors", "failed")],
  trigger_in_app_message: [
    every("impressions", "impression"),
    every("clicks", "click"),
    every("first_button_clicks", "firstButton"),
    every("second_button_clicks", "secondButton"),
  ],
};

/** Per channel and kind of event: the positions of the counters it raises always, and once per dispatch. */
const RAISES = Object.fromEntries(
  Object.entries(COUNTERS).map(([channel, counters]) => {
    const byKind = Object.values(EventKind).map((kind) => {
      const hit = (isOnce: boolean) =>
        counters.flatMap((counter, at) =>
          counter.once === isOnce && counter.kinds.includes(kind) ? [at] : [],
        );
      return { always: hit(false), first: hit(true) };
    });
    return [channel, byKind];
  }),
) as Record<Channel, { always: number[]; first: number[] }[]>;

/** Raises a channel's counters by one event. `isFirst`: the dispatch had no event of this kind before. */
export function raise(cells: Int32Array, channel: Channel, kind: number, isFirst: boolean): void {
  const { always, first } = RAISES[channel][kind]!;
  for (const at of always) cells[at]!++;
  if (isFirst) for (const at of first) cells[at]!++;
}

/** The counters under their names. `cells` may be missing: all zero. */
export function named(channel: Channel, cells: Int32Array | undefined): Record<string, number> {
  return Object.fromEntries(COUNTERS[channel].map((counter, at) => [counter.name, cells?.[at] ?? 0]));
}
