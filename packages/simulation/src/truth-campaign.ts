import { dateText } from "./calendar.ts";
import type { Campaign } from "./campaign.ts";
import { blankEvent, EventKind, type EventLog } from "./event-log.ts";
import {
  type ChannelStats,
  type CommonCounters,
  channelStats,
  commonCounters,
  newTally,
  type Tally,
} from "./truth-counters.ts";
import type { World } from "./world.ts";

/** Conversions A to D, dated when they happened and again at the send that they followed, and revenue. */
export interface OutcomeCounters {
  conversions: number;
  conversions1: number;
  conversions2: number;
  conversions3: number;
  conversions_by_send_time: number;
  conversions1_by_send_time: number;
  conversions2_by_send_time: number;
  conversions3_by_send_time: number;
  /** US dollars; the exact amount is `revenue_minor`. */
  revenue: number;
  /** US cents. */
  revenue_minor: number;
}

type Nullable<T> = { [key in keyof T]: T[key] | null };

/** One variation on one day. Outcomes are null where Braze gives none: in campaigns with a single arm. */
export interface VariantTruth extends CommonCounters, Nullable<OutcomeCounters> {
  variation_id: string;
  variation_name: string;
  channel: string;
  is_control: boolean;
  enrolled: number | null;
  unique_recipients: number | null;
  /** Braze's own counters; null for a control. */
  stats: ChannelStats | null;
}

export interface CampaignDayTruth extends OutcomeCounters {
  date: string;
  unique_recipients: number;
  variants: VariantTruth[];
}

interface DayCount {
  tallies: Tally[];
  recipients: number[];
  /** Per arm: conversions A–D by date, A–D by send date, cents. */
  outcomes: Int32Array[];
}

const OUTCOME_WIDTH = 9;

/**
 * What Braze must report for a campaign on the local days [fromDay, untilDay], counted user by user from the planted
 * events that are visible at `nowMs`.
 */
export function campaignTruth(
  world: World,
  campaign: Campaign,
  nowMs: number,
  fromDay: number,
  untilDay: number,
): CampaignDayTruth[] {
  const days = Array.from({ length: untilDay - fromDay + 1 }, () => newDay(campaign));
  for (let day = fromDay - campaign.settledAfterDays; day <= untilDay; day++) {
    count(world, campaign, world.sends(campaign, day), nowMs, (at) => days[at - fromDay]);
  }
  return days.map((day, index) => toTruth(campaign, dateText(fromDay + index), day));
}

/**
 * What Braze must report for the sends of one day, on the local days [fromDay, untilDay]: message counters on the day of
 * sending, conversions where they happened. `unique_recipients` are those of the whole campaign.
 */
export function sendTruth(
  world: World,
  campaign: Campaign,
  sendDay: number,
  nowMs: number,
  fromDay: number,
  untilDay: number,
): CampaignDayTruth[] {
  const days = Array.from({ length: untilDay - fromDay + 1 }, () => newDay(campaign));
  count(world, campaign, world.sends(campaign, sendDay), nowMs, (at) => days[at - fromDay]);
  const whole = campaignTruth(world, campaign, nowMs, fromDay, untilDay);
  return days.map((day, index) => {
    const own = toTruth(campaign, dateText(fromDay + index), day);
    const variants = own.variants.map((variant, place) => {
      return { ...variant, unique_recipients: whole[index]!.variants[place]!.unique_recipients };
    });
    return { ...own, unique_recipients: whole[index]!.unique_recipients, variants };
  });
}

function newDay(campaign: Campaign): DayCount {
  return {
    tallies: campaign.messages.map(newTally),
    recipients: campaign.arms.map(() => 0),
    outcomes: campaign.arms.map(() => new Int32Array(OUTCOME_WIDTH)),
  };
}

function count(
  world: World,
  campaign: Campaign,
  log: EventLog,
  nowMs: number,
  dayAt: (day: number) => DayCount | undefined,
): void {
  const sendDay = dayAt(log.day);
  const lastMinute = Math.floor((nowMs - world.calendar.startOf(log.day)) / 60_000);
  const event = blankEvent();
  const seen = new Set<number>();
  const recipients = campaign.arms.map(() => new Set<number>());
  const failed = failedDispatches(campaign, log);
  for (let index = 0; index < log.length; index++) {
    log.read(index, event);
    if (event.minute > lastMinute) continue;
    if (event.kind >= EventKind.conversionA) {
      const happened = dayAt(log.day + world.calendar.daysLater(log.day, event.minute));
      if (event.kind === EventKind.purchase) add(happened, event.arm, 8, event.valueMinor);
      else {
        add(happened, event.arm, event.kind - EventKind.conversionA, 1);
        add(sendDay, event.arm, 4 + event.kind - EventKind.conversionA, 1);
      }
      continue;
    }
    const tally = sendDay?.tallies[event.message];
    if (!tally) continue;
    tally.totals[event.kind]!++;
    const once = event.dispatch * 32 + event.kind;
    if (!seen.has(once)) tally.uniques[event.kind]!++;
    seen.add(once);
    if (!failed.has(event.dispatch)) recipients[event.arm]!.add(event.user);
  }
  if (sendDay) sendDay.recipients = recipients.map((users) => users.size);
}

/** A webhook that ended in an error has no recipient. */
function failedDispatches(campaign: Campaign, log: EventLog): Set<number> {
  const failed = new Set<number>();
  if (!campaign.channels.includes("webhook")) return failed;
  const event = blankEvent();
  for (let index = 0; index < log.length; index++) {
    if (log.read(index, event).kind === EventKind.failed) failed.add(event.dispatch);
  }
  return failed;
}

function add(day: DayCount | undefined, arm: number, column: number, amount: number): void {
  if (day) day.outcomes[arm]![column]! += amount;
}

function toTruth(campaign: Campaign, date: string, day: DayCount): CampaignDayTruth {
  const total = new Int32Array(OUTCOME_WIDTH);
  for (const arm of day.outcomes) for (const [column, value] of arm.entries()) total[column]! += value;
  return {
    date,
    unique_recipients: day.recipients.reduce((sum, users) => sum + users, 0),
    ...outcomes(total),
    variants: campaign.messages.map((message, index) => {
      const isSilent = message.isControl && campaign.defect !== "control_opens";
      const stats = isSilent ? null : channelStats(message.channel, day.tallies[index]!);
      const compared = campaign.isMultivariate;
      return {
        variation_id: message.id,
        variation_name: message.name,
        channel: message.channel,
        is_control: message.isControl,
        enrolled: message.isControl ? day.tallies[index]!.totals[EventKind.enrolled]! : null,
        unique_recipients: compared ? day.recipients[message.arm]! : null,
        ...commonCounters(stats ?? {}),
        ...(compared ? outcomes(day.outcomes[message.arm]!) : NO_OUTCOMES),
        stats,
      };
    }),
  };
}

function outcomes(cells: Int32Array): OutcomeCounters {
  return {
    conversions: cells[0]!,
    conversions1: cells[1]!,
    conversions2: cells[2]!,
    conversions3: cells[3]!,
    conversions_by_send_time: cells[4]!,
    conversions1_by_send_time: cells[5]!,
    conversions2_by_send_time: cells[6]!,
    conversions3_by_send_time: cells[7]!,
    revenue: cells[8]! / 100,
    revenue_minor: cells[8]!,
  };
}

const NO_OUTCOMES = Object.fromEntries(
  Object.keys(outcomes(new Int32Array(OUTCOME_WIDTH))).map((name) => [name, null]),
) as Nullable<OutcomeCounters>;
