import { ActivityKind, type ActivityRow } from "./activity.ts";
import { dateText } from "./calendar.ts";
import type { ContactList } from "./contacts.ts";
import type { World } from "./world.ts";

/** One local day of the workspace, or of one app. */
export interface KpiTruth {
  date: string;
  new_users: number;
  dau: number;
  /** Distinct users of this day and the 29 before it. */
  mau: number;
  uninstalls: number;
  sessions: number;
}

/** A count per local day, in the order of the days asked for. */
export interface SeriesTruth {
  name: string;
  counts: number[];
}

export interface PurchaseTruth {
  name: string;
  quantities: number[];
  /** US cents. */
  revenue_minor: number[];
}

/** Days [fromDay, untilDay], as visible at `nowMs`. `app` is an index; undefined: the whole workspace. */
interface Span {
  nowMs: number;
  fromDay: number;
  untilDay: number;
  app?: number | undefined;
  /** Index of a segment whose members alone are counted. */
  segment?: number | undefined;
}

/** New users, daily and monthly actives, uninstalls and sessions, by remembering when each user was last seen. */
export function kpiTruth(world: World, span: Span): KpiTruth[] {
  const lastSeen = new Map<number, number>();
  const days: KpiTruth[] = [];
  for (let day = span.fromDay - 29; day <= span.untilDay; day++) {
    const row: KpiTruth = { date: dateText(day), new_users: 0, dau: 0, mau: 0, uninstalls: 0, sessions: 0 };
    for (const did of visible(world, span, day)) {
      if (did.kind === ActivityKind.signup) row.new_users++;
      else if (did.kind === ActivityKind.uninstall) row.uninstalls++;
      else if (did.kind === ActivityKind.session) {
        row.sessions++;
        if (lastSeen.get(did.user) !== day) row.dau++;
        lastSeen.set(did.user, day);
      }
    }
    if (day < span.fromDay) continue;
    for (const seen of lastSeen.values()) if (seen > day - 30) row.mau++;
    days.push(row);
  }
  return days;
}

/** How often each custom event happened; only events that happened at all. */
export function eventTruth(world: World, span: Span): SeriesTruth[] {
  const names = world.audience.catalogue.events.map(({ name }) => name);
  const counts = names.map(() => new Array<number>(span.untilDay - span.fromDay + 1).fill(0));
  for (let day = span.fromDay; day <= span.untilDay; day++) {
    for (const did of visible(world, span, day)) {
      if (did.kind === ActivityKind.event) counts[did.item]![day - span.fromDay]!++;
    }
  }
  return names
    .map((name, at) => ({ name, counts: counts[at]! }))
    .filter((event) => event.counts.some(Boolean));
}

/** Pieces and revenue of each product that was bought at all. */
export function purchaseTruth(world: World, span: Span): PurchaseTruth[] {
  const length = span.untilDay - span.fromDay + 1;
  const found = new Map<number, PurchaseTruth>();
  for (let day = span.fromDay; day <= span.untilDay; day++) {
    for (const did of visible(world, span, day)) {
      if (did.kind !== ActivityKind.purchase) continue;
      const product = found.get(did.item) ?? {
        name: world.audience.catalogue.products[did.item]!.name,
        quantities: new Array<number>(length).fill(0),
        revenue_minor: new Array<number>(length).fill(0),
      };
      found.set(did.item, product);
      product.quantities[day - span.fromDay]! += did.quantity;
      product.revenue_minor[day - span.fromDay]! += did.valueMinor;
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Members per day of every segment: one more from a member's first day on, one less from the last on. */
export function segmentTruth(
  world: World,
  span: Span,
): { segment_id: string; name: string; sizes: number[] }[] {
  const { catalogue, population } = world.audience;
  return catalogue.segments.map((segment) => {
    const change = new Array<number>(span.untilDay - span.fromDay + 2).fill(0);
    for (let number = 0; number < population.countBy(span.untilDay); number++) {
      if (!population.isMember(number, segment)) continue;
      const user = population.user(number);
      if (user.endDay <= span.fromDay) continue;
      change[Math.max(0, user.signupDay - span.fromDay)]!++;
      if (user.endDay <= span.untilDay) change[user.endDay - span.fromDay]!--;
    }
    let size = 0;
    const sizes = change.slice(0, -1).map((by) => (size += by));
    return { segment_id: segment.id, name: segment.name, sizes };
  });
}

/** Addresses on a list, by the UTC day on which they were added. */
export function contactTruth(world: World, list: ContactList, span: Span): { date: string; count: number }[] {
  const counts = new Map<string, number>();
  for (let day = span.fromDay - 1; day <= span.untilDay + 1; day++) {
    for (const { atMs } of world.audience.contacts(list, day)) {
      if (atMs > span.nowMs) continue;
      const date = new Date(atMs).toISOString().slice(0, 10);
      counts.set(date, (counts.get(date) ?? 0) + 1);
    }
  }
  const days = Array.from({ length: span.untilDay - span.fromDay + 1 }, (_, at) =>
    dateText(span.fromDay + at),
  );
  return days.map((date) => ({ date, count: counts.get(date) ?? 0 }));
}

function* visible(world: World, span: Span, day: number): Generator<ActivityRow> {
  if (day < world.firstDay - 30) return;
  const { catalogue, population } = world.audience;
  const last = Math.floor((span.nowMs - world.calendar.startOf(day)) / 60_000);
  const segment = span.segment === undefined ? undefined : catalogue.segments[span.segment]!;
  for (const did of world.audience.activity(day).rows()) {
    if (did.minute > last || (span.app !== undefined && did.app !== span.app)) continue;
    if (!segment || population.isMember(did.user, segment)) yield did;
  }
}
