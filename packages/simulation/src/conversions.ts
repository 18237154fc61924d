import { EventKind, type EventLog } from "./event-log.ts";
import type { Stream } from "./random.ts";

export interface ConversionBehavior {
  type:
    | "Clicks Email"
    | "Opens Email"
    | "Makes Any Purchase"
    | "Makes Specific Purchase"
    | "Performs Custom Event"
    | "Starts Session"
    | "Upgrades App";
  windowDays: number;
  product?: string;
  customEventName?: string;
  appIds?: string[] | null;
  /** Probability of this event relative to event A's of the same arm; 1 for A itself. */
  ratio: number;
}

/** Share of users without a purchase conversion who buy something anyway. */
const STRAY_PURCHASE = 0.015;
/** Braze counts revenue for three days where no conversion event is set. */
const DEFAULT_REVENUE_DAYS = 3;
const KINDS = [
  EventKind.conversionA,
  EventKind.conversionB,
  EventKind.conversionC,
  EventKind.conversionD,
] as const;

const WINDOWS = [1, 3, 7, 14, 30];
const ALL: ConversionBehavior["type"][] = [
  "Makes Any Purchase",
  "Performs Custom Event",
  "Starts Session",
  "Makes Specific Purchase",
  "Upgrades App",
  "Opens Email",
  "Clicks Email",
];

/** One to four conversion events, A first. `email` allows those that only mail has. */
export function plantBehaviors(draw: Stream, email: boolean, mostWindowDays: number): ConversionBehavior[] {
  const count = 1 + draw.below(4);
  const types = email ? ALL : ALL.slice(0, 5);
  const first = draw.below(types.length);
  return Array.from({ length: count }, (_, index) => {
    const type = types[(first + index) % types.length]!;
    const windowDays = Math.min(draw.pick(WINDOWS), mostWindowDays);
    return { type, windowDays, ratio: index === 0 ? 1 : 0.2 + 0.6 * draw.next(), ...extras(type, draw) };
  });
}

/** A user who may convert from `minute` on. */
export interface Prospect {
  arm: number;
  dispatch: number;
  user: number;
  minute: number;
}

/**
 * When one user converts on each event within its window, and buys. `messageAt` names the message that had reached the
 * user last at a minute, or -1: it only labels the events, the draws do not depend on it.
 */
export function convert(
  log: EventLog,
  user: Prospect,
  behaviors: readonly ConversionBehavior[],
  rate: number,
  draw: Stream,
  messageAt: (minute: number) => number = () => -1,
): void {
  const write = (kind: EventKind, minute: number, cents: number) =>
    log.add(kind, user.arm, messageAt(minute), user.dispatch, user.user, user.minute, minute, cents);
  let bought = false;
  for (let index = 0; index < behaviors.length; index++) {
    const behavior = behaviors[index]!;
    if (!draw.chance(Math.min(1, rate * behavior.ratio))) continue;
    const limit = behavior.windowDays * 1440;
    const at = user.minute + Math.floor(draw.wait(limit / 5, limit));
    write(KINDS[index]!, at, 0);
    if (index > 0 || !behavior.type.includes("Purchase")) continue;
    bought = true;
    write(EventKind.purchase, at, basketMinor(draw));
  }
  const windowDays = behaviors[0]?.windowDays ?? DEFAULT_REVENUE_DAYS;
  if (!bought && draw.chance(STRAY_PURCHASE)) {
    write(EventKind.purchase, user.minute + draw.below(windowDays * 1440), basketMinor(draw));
  }
}

/** US cents of one purchase. */
function basketMinor(draw: Stream): number {
  return 499 + Math.floor(draw.wait(4_000, 60_000));
}

function extras(type: ConversionBehavior["type"], draw: Stream): Partial<ConversionBehavior> {
  if (type === "Makes Specific Purchase") return { product: draw.pick(["sku-oat-01", "sku-rye-02"]) };
  if (type === "Performs Custom Event")
    return { customEventName: draw.pick(["checkout_done", "trial_started"]) };
  if (type === "Starts Session" || type === "Upgrades App") return { appIds: null };
  return {};
}
