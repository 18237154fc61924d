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

/** What of a row is added up: itself, its pieces, its cents. */
const MEASURES = {
  count: () => 1,
  quantity: (row: ActivityRow) => row.quantity,
  valueMinor: (row: ActivityRow) => row.valueMinor,
};
export type Measure = keyof typeof MEASURES;

/** One number per slot: the sum of `measure` over the rows that fit and are visible. */
export function sumBySlot(
  world: World,
  slots: Slot[],
  nowMs: number,
  filter: ActivityFilter,
  measure: Measure,
): number[] {
  return slots.map((slot) => {
    const item = filter.app === undefined && filter.segment === undefined ? filter.item : undefined;
    if (item !== undefined && isWhole(world, slot, nowMs))
      return itemSums(world, slot, nowMs, filter.kind, measure).get(item) ?? 0;
    let sum = 0;
    for (const row of rowsIn(world, slot, nowMs, filter)) sum += MEASURES[measure](row);
    return sum;
  });
}

/** A day that is over: its rows are all visible, and the same to everybody who asks. */
function isWhole({ calendar }: World, { day, fromMinute, untilMinute }: Slot, nowMs: number): boolean {
  const minutes = calendar.minutesIn(day);
  return fromMinute === 0 && untilMinute >= minutes && (nowMs - calendar.startOf(day)) / 60_000 >= minutes;
}

/** Who wants all events or products asks for each of them: a day's rows are read once for all. */
const sumsOf = new WeakMap<World, Map<string, Map<number, number>>>();

function itemSums(
  world: World,
  slot: Slot,
  nowMs: number,
  kind: ActivityKind,
  measure: Measure,
): Map<number, number> {
  const known = sumsOf.get(world) ?? new Map<string, Map<number, number>>();
  sumsOf.set(world, known);
  const key = `${kind} ${measure} ${slot.day}`;
  const found = known.get(key);
  if (found) return found;
  const sums = new Map<number, number>();
  for (const row of rowsIn(world, slot, nowMs, { kind }))
    sums.set(row.item, (sums.get(row.item) ?? 0) + MEASURES[measure](row));
  known.set(key, sums);
  return sums;
}

/** Distinct users of each slot's day and of the `daysBefore` days before it. Slots are consecutive days. */
export function usersBySlot(
  world: World,
  slots: Slot[],
  nowMs: number,
  filter: ActivityFilter,
  daysBefore: number,
): number[] {
  const usersOn = (day: number) => {
    const whole = { day, fromMinute: 0, untilMinute: world.calendar.minutesIn(day), time: "" };
    const users = new Set<number>();
    for (const row of rowsIn(world, whole, nowMs, filter, daysBefore)) users.add(row.user);
    return users;
  };
  // How many days of the moving window each user was there on; slots are consecutive days.
  const present = new Map<number, number>();
  const inside: Set<number>[] = [];
  const enter = (day: number) => {
    const users = usersOn(day);
    inside.push(users);
    for (const user of users) present.set(user, (present.get(user) ?? 0) + 1);
    if (inside.length <= daysBefore + 1) return;
    for (const user of inside.shift()!) {
      const left = present.get(user)! - 1;
      if (left === 0) present.delete(user);
      else present.set(user, left);
    }
  };
  const first = slots[0]?.day ?? 0;
  for (let day = first - daysBefore; day < first; day++) enter(day);
  return slots.map(({ day }) => {
    enter(day);
    return day < world.firstDay ? 0 : present.size;
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
  for (const row of world.audience.activity(slot.day).rows()) {
    if (row.kind !== filter.kind || row.minute > visible) continue;
    if (row.minute < slot.fromMinute || row.minute >= slot.untilMinute) continue;
    if (filter.app !== undefined && row.app !== filter.app) continue;
    if (filter.item !== undefined && row.item !== filter.item) continue;
    if (!segment || population.isMember(row.user, segment)) yield row;
  }
}
