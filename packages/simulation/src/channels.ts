import { EventKind, type EventLog } from "./event-log.ts";
import type { Stream } from "./random.ts";

/** Channel keys as Braze spells them in its series. */
export type Channel =
  | "email"
  | "ios_push"
  | "android_push"
  | "sms"
  | "whats_app"
  | "content_cards"
  | "webhook"
  | "trigger_in_app_message";

/** One message on its way to one planted user. */
export interface Dispatch {
  arm: number;
  message: number;
  dispatch: number;
  user: number;
  /** Minute of sending, since the beginning of the log's day. */
  minute: number;
}

const HOUR = 60;
const DAY = 1440;
/** Opens and clicks are counted for a week after the message. */
const ENGAGEMENT_LIMIT = 7 * DAY;

type Behaviour = (log: EventLog, to: Dispatch, draw: Stream) => void;

/** What a user does with a message, by channel. Every delay is drawn, so late ones restate past days. */
const behaviours: Record<Channel, Behaviour> = {
  email(log, to, draw) {
    add(log, to, EventKind.sent, 0);
    if (draw.chance(0.02)) return add(log, to, EventKind.bounce, draw.wait(5 * HOUR, 3 * DAY));
    add(log, to, EventKind.delivered, draw.chance(0.03) ? draw.wait(DAY, 3 * DAY) : draw.below(10));
    if (draw.chance(0.16)) {
      const kind = EventKind.machineOpen;
      add(log, to, kind, draw.below(30));
      if (draw.chance(0.2)) add(log, to, kind, 30 + draw.below(HOUR));
    }
    if (!draw.chance(0.31)) return;
    const opened = engagementDelay(draw);
    repeat(log, to, draw, EventKind.open, opened, 0.35);
    if (draw.chance(0.16)) repeat(log, to, draw, EventKind.click, opened + draw.below(5), 0.25);
    if (draw.chance(0.006)) add(log, to, EventKind.unsubscribe, opened + 1 + draw.below(30));
    if (draw.chance(0.001)) add(log, to, EventKind.spam, opened + 1 + draw.below(HOUR));
  },
  ios_push: push(0.06, 0.05, 0.012),
  android_push: push(0.045, 0.06, 0.02),
  sms(log, to, draw) {
    add(log, to, EventKind.sent, 0);
    if (draw.chance(0.008)) return add(log, to, EventKind.rejected, draw.below(5));
    add(log, to, EventKind.carrier, draw.below(3));
    if (draw.chance(0.015)) return add(log, to, EventKind.failed, draw.wait(2 * HOUR, 2 * DAY));
    add(log, to, EventKind.delivered, draw.wait(15, DAY));
    if (draw.chance(0.07)) repeat(log, to, draw, EventKind.click, engagementDelay(draw), 0.1);
    if (draw.chance(0.004)) add(log, to, EventKind.unsubscribe, draw.below(4 * HOUR));
    if (draw.chance(0.001)) add(log, to, EventKind.help, draw.below(4 * HOUR));
  },
  whats_app(log, to, draw) {
    add(log, to, EventKind.sent, 0);
    if (draw.chance(0.03)) return add(log, to, EventKind.failed, draw.below(10));
    add(log, to, EventKind.delivered, draw.wait(HOUR, 2 * DAY));
    if (draw.chance(0.68)) add(log, to, EventKind.open, 2 + engagementDelay(draw));
  },
  content_cards(log, to, draw) {
    add(log, to, EventKind.sent, 0);
    if (!draw.chance(0.45)) return;
    const seen = engagementDelay(draw);
    repeat(log, to, draw, EventKind.impression, seen, 0.5);
    if (draw.chance(0.09)) repeat(log, to, draw, EventKind.click, seen + draw.below(5), 0.2);
    if (draw.chance(0.11)) repeat(log, to, draw, EventKind.dismissal, seen + draw.below(10), 0.05);
  },
  webhook(log, to, draw) {
    add(log, to, EventKind.sent, 0);
    if (draw.chance(0.015)) add(log, to, EventKind.failed, 0);
  },
  trigger_in_app_message(log, to, draw) {
    add(log, to, EventKind.impression, 0);
    if (draw.chance(0.12)) add(log, to, EventKind.impression, 1 + draw.below(DAY));
    if (!draw.chance(0.22)) return;
    const clicked = 1 + draw.below(3);
    add(log, to, EventKind.click, clicked);
    if (draw.chance(0.7)) add(log, to, EventKind.firstButton, clicked);
    else if (draw.chance(0.6)) add(log, to, EventKind.secondButton, clicked);
  },
};

/** Sends one message to one user and writes down all that follows from it. */
export function deliver(channel: Channel, log: EventLog, to: Dispatch, draw: Stream): void {
  behaviours[channel](log, to, draw);
}

function push(direct: number, influenced: number, bounce: number): Behaviour {
  return (log, to, draw) => {
    add(log, to, EventKind.sent, 0);
    if (draw.chance(bounce)) return add(log, to, EventKind.bounce, draw.below(10));
    if (draw.chance(direct)) {
      const opened = engagementDelay(draw);
      add(log, to, EventKind.directOpen, opened);
      if (draw.chance(0.8)) add(log, to, EventKind.click, opened);
    } else if (draw.chance(influenced)) add(log, to, EventKind.influencedOpen, engagementDelay(draw));
  };
}

/** Most people react within hours, some only days later. */
function engagementDelay(draw: Stream): number {
  return draw.chance(0.85) ? draw.wait(3 * HOUR, DAY) : draw.next() * (ENGAGEMENT_LIMIT - 2 * HOUR);
}

/** The event once, and again a few times with the given chance each. */
function repeat(log: EventLog, to: Dispatch, draw: Stream, kind: EventKind, first: number, again: number) {
  add(log, to, kind, first);
  for (let times = 0; times < 3 && draw.chance(again); times++) {
    add(log, to, kind, Math.min(first + draw.wait(DAY, 3 * DAY), ENGAGEMENT_LIMIT - 1));
  }
}

function add(log: EventLog, to: Dispatch, kind: EventKind, delayMinutes: number): void {
  const minute = to.minute + Math.floor(delayMinutes);
  log.add(kind, to.arm, to.message, to.dispatch, to.user, to.minute, minute);
}
