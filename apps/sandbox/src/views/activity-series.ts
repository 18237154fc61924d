import type { ActivityKind, ActivityRow, World } from "@lifecycle/simulation";
import type { Slot } from "../day-range.ts";

/** Which rows of activity are meant. */
export interface ActivityFilter {
  kind: ActivityKind;
  /** Index of an app, a segment, and an event or product; undefined: any. */
  app?: number | undefined;
  segment?: number | undefined;
  item?: number | undefined;
}

/** One number per slot: the sum of `value` over the rows that fit and are visible. */
export function sumBySlot(
  world: World,
  slots: Slot[],
  nowMs: number,
  filter: ActivityFilter,
  value: (row: ActivityRow) => number,
): number[] {
  return slots.map((slot) => {
    let sum = 0;
    for (const row of rowsIn(world, slot, nowMs, filter)) sum += value(row);
    return sum;
  });
}

/** Distinct users of each slot's day and of the `daysBefore` days before it. */
export function usersBySlot(
  world: World,
  slots: Slot[],
  nowMs: number,
  filter: ActivityFilter,
  daysBefore: number,
): number[] {
  const perDay = new Map<number, Set<number>>();
  const usersOn = (day: number) => {
    const known = perDay.get(day);
    if (known) return known;
    const whole = { day, fromMinute: 0, untilMinute: world.calendar.minutesIn(day), time: "" };
    const users = new Set<number>();
    for (const row of rowsIn(world, whole, nowMs, filter, daysBefore)) users.add(row.user);
    perDay.set(day, users);
    return users;
  };
  return slots.map((slot) => {
    if (slot.day < world.firstDay) return 0;
    if (daysBefore === 0) return usersOn(slot.day).size;
    const all = new Set<number>();
    for (let day = slot.day - daysBefore; day <= slot.day; day++)
      for (const user of usersOn(day)) all.add(user);
    return all.size;
  });
}

function* rowsIn(
  world: World,
  slot: Slot,
  nowMs: number,
  filter: ActivityFilter,
  daysBefore = 0,
): Generator<ActivityRow> {
  if (slot.day < world.firstDay - daysBefore) return;
  const visible = (nowMs - world.calendar.startOf(slot.day)) / 60_000;
  const { population, catalogue } = world.audience;
  const segment = filter.segment === undefined ? undefined : catalogue.segments[filter.segment];
  for (const row of world.audience.activity(slot.day).rows) {
    if (row.kind !== filter.kind || row.minute > visible) continue;
    if (row.minute < slot.fromMinute || row.minute >= slot.untilMinute) continue;
    if (filter.app !== undefined && row.app !== filter.app) continue;
    if (filter.item !== undefined && row.item !== filter.item) continue;
    if (!segment || population.isMember(row.user, segment)) yield row;
  }
}
