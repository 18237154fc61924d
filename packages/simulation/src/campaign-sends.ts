import { armOf } from "./arms.ts";
import type { Calendar } from "./calendar.ts";
import { type Campaign, sendsOn } from "./campaign.ts";
import { type Dispatch, deliver } from "./channels.ts";
import { convert } from "./conversions.ts";
import { isLeaked, isLost } from "./defects.ts";
import { EventKind, EventLog } from "./event-log.ts";
import { fraction, hash32, Stream } from "./random.ts";

/** Chance that a user of a campaign with several channels is reached on each of the later ones. */
const FURTHER_CHANNEL = 0.55;
/** Chance that an API campaign sends a second message to the same user on the same day. */
const SECOND_DISPATCH = 0.08;

/**
 * Everything that follows from what a campaign sends on one local day, also what follows weeks later: the reader
 * decides by `minute` what is visible already. `stopDay`: from when an arm whose sends stop gets nobody. No user is chosen twice by a campaign within a year.
 */
export function campaignSends(
  campaign: Campaign,
  day: number,
  calendar: Calendar,
  users: number,
  stopDay = Number.POSITIVE_INFINITY,
): EventLog {
  if (!sendsOn(campaign, day)) return new EventLog(day, 0);
  const draw = new Stream(hash32(campaign.key, 41, day));
  const count = recipientsOn(campaign, day);
  const log = new EventLog(day, count * 4);
  const minutes = calendar.minutesIn(day);
  const hour = 7 + (campaign.key % 12);
  const block = Math.ceil(campaign.volume * 1.6);
  const to: Dispatch = { arm: 0, message: -1, dispatch: 0, user: 0, minute: 0 };
  for (let place = 0; place < count; place++) {
    to.user = (day * block + place + (campaign.key % users)) % users;
    to.arm = armOf(campaign.key, campaign.arms, to.user);
    if (isLost(campaign, to.arm, to.user, day, stopDay)) continue;
    to.minute = campaign.isTriggered ? draw.below(minutes) : hour * 60 + draw.below(25);
    reach(campaign, log, to, draw);
    const arm = campaign.arms[to.arm]!;
    convert(log, to, campaign.behaviors, arm.conversionRate, draw);
  }
  return log;
}

/** Users chosen on a sending day, drawn around the campaign's volume with a weekly swing. */
function recipientsOn(campaign: Campaign, day: number): number {
  const swing = 1 + 0.25 * Math.sin((2 * Math.PI * (day + campaign.index)) / 7);
  const noise = 0.85 + 0.3 * fraction(hash32(campaign.key, 42, day));
  return Math.max(1, Math.round(campaign.volume * swing * noise));
}

function reach(campaign: Campaign, log: EventLog, to: Dispatch, draw: Stream): void {
  let first = true;
  for (let message = 0; message < campaign.messages.length; message++) {
    const variation = campaign.messages[message]!;
    if (variation.arm !== to.arm) continue;
    to.message = message;
    if (variation.isControl) {
      to.dispatch++;
      log.add(EventKind.enrolled, to.arm, message, to.dispatch, to.user, to.minute, to.minute);
      if (isLeaked(campaign, to.user))
        deliver(variation.channel, log, { ...to, dispatch: ++to.dispatch }, draw);
      return;
    }
    if (!first && !draw.chance(FURTHER_CHANNEL)) continue;
    first = false;
    to.dispatch++;
    deliver(variation.channel, log, to, draw);
    if (campaign.isApi && draw.chance(SECOND_DISPATCH)) {
      to.dispatch++;
      deliver(variation.channel, log, to, draw);
    }
  }
}
