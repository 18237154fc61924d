import {
  blankEvent,
  type Campaign,
  type Canvas,
  type EventLog,
  entersOn,
  sendsOn,
  type World,
} from "@lifecycle/simulation";

/** The first and the last instant at which an object did something, in epoch milliseconds; undefined: never. */
export interface Bounds {
  first: number | undefined;
  last: number | undefined;
}

/** First and last send of a campaign, or first and last entry of a Canvas, as visible at `nowMs`. */
export function activityBounds(world: World, object: Campaign | Canvas, nowMs: number): Bounds {
  const isCampaign = "messages" in object;
  const active = (day: number) => (isCampaign ? sendsOn(object, day) : entersOn(object, day));
  const logOf = (day: number) => (isCampaign ? world.sends(object, day) : world.entries(object, day));
  const today = world.calendar.dayOf(nowMs);
  const firstDay = findDay(object.life.createdDay, Math.min(today, object.life.createdDay + 14), 1, active);
  if (firstDay === undefined) return { first: undefined, last: undefined };
  const first = minutes(world, logOf(firstDay), nowMs).at(0);
  let day = findDay(today, firstDay, -1, active);
  while (day !== undefined) {
    const last = minutes(world, logOf(day), nowMs).at(-1);
    if (last !== undefined) return { first, last };
    day = findDay(day - 1, firstDay, -1, active);
  }
  return { first: undefined, last: undefined };
}

function findDay(
  from: number,
  to: number,
  step: number,
  active: (day: number) => boolean,
): number | undefined {
  for (let day = from; step > 0 ? day <= to : day >= to; day += step) if (active(day)) return day;
  return undefined;
}

/** The visible sending instants of a day, ascending. */
function minutes(world: World, log: EventLog, nowMs: number): number[] {
  const start = world.calendar.startOf(log.day);
  const event = blankEvent();
  const found = new Set<number>();
  for (let at = 0; at < log.length; at++) found.add(start + log.read(at, event).anchorMinute * 60_000);
  return [...found].filter((ms) => ms <= nowMs).sort((a, b) => a - b);
}
