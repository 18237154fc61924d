import { blankEvent, type Campaign, dateText, EventKind, type World } from "@lifecycle/simulation";
import type { DayRange } from "../day-range.ts";
import { named, raise } from "./counters.ts";
import { createDayCache } from "./day-cache.ts";

/** What one day's sends come to, as far as it is visible. */
interface SendDay {
  counters: Int32Array[];
  recipients: Int32Array;
  /** [arm × 4]: conversions A–D of these sends, whenever they happened. */
  bySendTime: Int32Array;
  /** [(days later × arms + arm) × 5]: conversions A–D and cents by the day on which they happened. */
  later: Int32Array;
}

const NOTHING: SendDay = {
  counters: [],
  recipients: new Int32Array(0),
  bySendTime: new Int32Array(0),
  later: new Int32Array(0),
};

/** Place of a control's enrolments, after the counters of any channel. */
const ENROLLED = 10;

const CONVERSIONS = ["conversions", "conversions1", "conversions2", "conversions3"];
const LATER_WIDTH = 5;

export interface CampaignSeries {
  /** The rows of /campaigns/data_series. */
  rows(campaign: Campaign, range: DayRange, nowMs: number): object[];
  /** The rows of /sends/data_series: what follows from the sends of one day, by day. */
  sendRows(campaign: Campaign, sendDay: number, range: DayRange, nowMs: number): object[];
}

/** Rows built from per-day summaries that are cached across requests. */
export function createCampaignSeries(world: World): CampaignSeries {
  const cache = createDayCache<SendDay>(6_000, world.calendar.dayOf);
  const summaryOf = (campaign: Campaign, day: number, nowMs: number) =>
    cache.get(campaign.id, day, campaign.settledAfterDays, nowMs, () =>
      summarise(world, campaign, day, nowMs),
    );

  return {
    rows(campaign, range, nowMs) {
      const oldest = Math.max(range.from, world.firstDay) - campaign.settledAfterDays + 1;
      // Newest first: what happened on a day follows from it and the days after it in this list.
      const summaries: SendDay[] = [];
      for (let day = range.until; day >= oldest; day--) summaries.push(summaryOf(campaign, day, nowMs));
      return daysOf(range).map((day) => {
        const place = range.until - day;
        const reported = day >= world.firstDay;
        const days = reported ? summaries.slice(place, place + campaign.settledAfterDays) : [];
        return toRow(world, campaign, day, days, nowMs);
      });
    },
    sendRows: (campaign, sendDay, range, nowMs) =>
      daysOf(range).map((day) => sendRow(campaign, day, sendDay, (at) => summaryOf(campaign, at, nowMs))),
  };
}

function daysOf(range: DayRange): number[] {
  return Array.from({ length: Math.max(0, range.until - range.from + 1) }, (_, at) => range.from + at);
}

function summarise(world: World, campaign: Campaign, day: number, nowMs: number): SendDay {
  const arms = campaign.arms.length;
  const log = world.sends(campaign, day);
  const sum: SendDay = {
    counters: campaign.messages.map(() => new Int32Array(ENROLLED + 1)),
    recipients: new Int32Array(arms),
    bySendTime: new Int32Array(arms * 4),
    later: new Int32Array(log.length === 0 ? 0 : campaign.settledAfterDays * arms * LATER_WIDTH),
  };
  const visible = (nowMs - world.calendar.startOf(day)) / 60_000;
  const event = blankEvent();
  // A log holds one user after the other and, within a user, one dispatch after the other.
  let dispatch = -1;
  let seenKinds = 0;
  let user = -1;
  let received = 0;
  let arm = 0;
  const closeUser = () => {
    if (received > 0) sum.recipients[arm]!++;
    received = 0;
  };
  for (let at = 0; at < log.length; at++) {
    log.read(at, event);
    if (event.minute > visible) continue;
    if (event.user !== user) closeUser();
    user = event.user;
    arm = event.arm;
    if (event.kind >= EventKind.conversionA) {
      const days = world.calendar.daysLater(day, event.minute);
      const isRevenue = event.kind === EventKind.purchase;
      const which = isRevenue ? 4 : event.kind - EventKind.conversionA;
      sum.later[(days * arms + arm) * LATER_WIDTH + which]! += isRevenue ? event.valueMinor : 1;
      if (!isRevenue) sum.bySendTime[arm * 4 + which]!++;
      continue;
    }
    if (event.dispatch !== dispatch) seenKinds = 0;
    dispatch = event.dispatch;
    const isFirst = (seenKinds & (1 << event.kind)) === 0;
    seenKinds |= 1 << event.kind;
    const { channel, isControl } = campaign.messages[event.message]!;
    if (isControl && event.kind === EventKind.enrolled) sum.counters[event.message]![ENROLLED]!++;
    else raise(sum.counters[event.message]!, channel, event.kind, isFirst);
    if (isFirst && isReceipt(event.kind)) received++;
    if (channel === "webhook" && event.kind === EventKind.failed) received--;
  }
  closeUser();
  return sum;
}

function isReceipt(kind: number): boolean {
  return kind === EventKind.sent || kind === EventKind.enrolled || kind === EventKind.impression;
}

/** Counters stand on the day of sending; recipients are the campaign's, not the send's. */
function sendRow(
  campaign: Campaign,
  day: number,
  sendDay: number,
  summaryOf: (day: number) => SendDay,
): object {
  const late = day - sendDay;
  const sent = summaryOf(sendDay);
  // Only the day of sending itself, moved to its place among the days after it.
  const days: SendDay[] = late < 0 ? [] : Array.from({ length: late + 1 }, () => NOTHING);
  if (late >= 0) days[late] = late === 0 ? sent : { ...NOTHING, later: sent.later };
  const arms = campaign.arms.map((_, arm) => ({
    ...outcomesOf(days, campaign.arms.length, arm),
    recipients: summaryOf(day).recipients[arm] ?? 0,
  }));
  const messages: Record<string, object[]> = {};
  campaign.messages.forEach((message, at) => {
    const cells = late === 0 ? sent.counters[at] : undefined;
    const counts = countsOf(campaign, message, cells);
    const own = campaign.isMultivariate ? shown([arms[message.arm]!]) : {};
    messages[message.channel] ??= [];
    messages[message.channel]!.push({
      variation_name: message.name,
      variation_api_id: message.id,
      ...(message.channel.endsWith("_push") ? { ...counts, ...pushDelivery(counts) } : counts),
      ...own,
    });
  });
  return { time: dateText(day), messages, ...shown(arms) };
}

/** A control is enrolled and nothing else, unless the test is broken in that very way. */
function countsOf(
  { defect }: Campaign,
  { isControl, channel }: Campaign["messages"][number],
  cells: Int32Array | undefined,
): Record<string, number> {
  if (!isControl) return named(channel, cells);
  const enrolled = { enrolled: cells?.[ENROLLED] ?? 0 };
  return defect === "control_opens" ? { ...enrolled, ...named(channel, cells) } : enrolled;
}

/** Push has these three only per send. */
function pushDelivery(counts: Record<string, number>): Record<string, number> {
  const bounces = counts.bounces ?? 0;
  return { delivered: (counts.sent ?? 0) - bounces, undelivered: bounces, delivery_failed: 0 };
}

function toRow(world: World, campaign: Campaign, day: number, days: SendDay[], nowMs: number): object {
  const arms = campaign.arms.map((_, arm) => outcomesOf(days, campaign.arms.length, arm));
  const messages: Record<string, object[]> = {};
  for (const channel of campaign.channels) messages[channel] = [];
  if (campaign.index % 7 === 3) messages.web_push = [];
  if (!world.stateOf(campaign, nowMs).draft) {
    campaign.messages.forEach((message, at) => {
      const cells = days[0]?.counters[at];
      const ids = campaign.isMultivariate
        ? { variation_name: message.name, variation_api_id: message.id }
        : { variation_api_id: message.id };
      const counts = countsOf(campaign, message, cells);
      const own = campaign.isMultivariate ? shown([arms[message.arm]!]) : {};
      messages[message.channel]!.push({ ...ids, ...counts, ...own });
    });
  }
  return { time: dateText(day), messages, ...shown(arms) };
}

interface Outcomes {
  recipients: number;
  cents: number;
  dated: number[];
  bySendTime: number[];
}

function outcomesOf(days: SendDay[], arms: number, arm: number): Outcomes {
  const dated = [0, 0, 0, 0, 0];
  days.forEach((sum, late) => {
    if (sum.later.length <= late * arms * LATER_WIDTH) return;
    for (let which = 0; which < LATER_WIDTH; which++) {
      dated[which]! += sum.later[(late * arms + arm) * LATER_WIDTH + which]!;
    }
  });
  const sent = days[0];
  return {
    recipients: sent?.recipients[arm] ?? 0,
    cents: dated[4]!,
    dated: dated.slice(0, 4),
    bySendTime: [0, 1, 2, 3].map((which) => sent?.bySendTime[arm * 4 + which] ?? 0),
  };
}

function shown(parts: Outcomes[]): Record<string, number> {
  const sum = (value: (part: Outcomes) => number) => parts.reduce((total, part) => total + value(part), 0);
  const fields: Record<string, number> = {
    revenue: sum((part) => part.cents) / 100,
    unique_recipients: sum((part) => part.recipients),
  };
  CONVERSIONS.forEach((name, which) => {
    fields[name] = sum((part) => part.dated[which]!);
    fields[`${name}_by_send_time`] = sum((part) => part.bySendTime[which]!);
  });
  return fields;
}
