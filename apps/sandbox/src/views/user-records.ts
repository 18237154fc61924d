import { ActivityKind, type ActivityRow, type Profile, type User, type World } from "@lifecycle/simulation";
import { engagementOf } from "./user-engagement.ts";

/** Days over which activity is exported. */
const ACTIVITY_DAYS = 90;

/**
 * Users as /users/export shows them, with the fields asked for; what is null or empty is left out, as Braze does.
 * The documented type traps are in: `created_at` is written unlike every other time, `total_revenue` is an integer
 * where it is whole, `sessions` is a string for every other app.
 */
export function* collectRecords(
  world: World,
  users: readonly User[],
  fields: readonly string[],
  nowMs: number,
): Generator<object> {
  const wanted = new Set(fields);
  const numbers = new Set(users.map(({ number }) => number));
  const needsActivity = ["custom_events", "purchases", "apps", "total_revenue", "last_seen"].some((field) =>
    wanted.has(field),
  );
  const today = world.calendar.dayOf(nowMs);
  const recent = Math.max(world.firstDay, today - ACTIVITY_DAYS);
  // Revenue is of all time, which here begins with the first day that has rows.
  const from = wanted.has("total_revenue") ? world.firstDay : recent;
  const done = needsActivity ? activityOf(world, numbers, from, nowMs) : new Map<number, Dated[]>();
  const received = engagementOf(world, numbers, nowMs, {
    campaigns: wanted.has("campaigns_received"),
    canvases: wanted.has("canvases_received"),
  });
  for (const user of users) {
    const full = {
      ...personal(world, user),
      ...activityFields(world, user, done.get(user.number) ?? [], recent),
      campaigns_received: received.campaigns.get(user.number) ?? [],
      canvases_received: received.canvases.get(user.number) ?? [],
    };
    yield Object.fromEntries(
      Object.entries(full).filter(([name, value]) => wanted.has(name) && !isEmpty(value)),
    );
  }
}

type Dated = ActivityRow & { day: number };

function activityOf(
  world: World,
  numbers: ReadonlySet<number>,
  from: number,
  nowMs: number,
): Map<number, Dated[]> {
  const today = world.calendar.dayOf(nowMs);
  const done = new Map<number, Dated[]>();
  for (let day = from; day <= today; day++) {
    const visible = (nowMs - world.calendar.startOf(day)) / 60_000;
    for (const row of world.audience.activity(day).rows()) {
      if (row.minute > visible || !numbers.has(row.user)) continue;
      const rows = done.get(row.user) ?? [];
      done.set(row.user, rows);
      rows.push({ ...row, day });
    }
  }
  return done;
}

function personal(world: World, user: User): Record<string, unknown> {
  const profile: Profile = world.audience.profile(user);
  const createdMs = world.calendar.startOf(user.signupDay) + 36_000_000;
  return {
    created_at: `${new Date(createdMs).toISOString().replace("T", " ").slice(0, 23)} UTC`,
    external_id: profile.externalId,
    user_aliases: user.number % 5 === 0 ? [{ alias_name: `crm-${user.number}`, alias_label: "crm" }] : [],
    braze_id: profile.brazeId,
    random_bucket: profile.randomBucket,
    first_name: profile.firstName,
    last_name: profile.lastName,
    email: profile.email,
    dob: profile.dateOfBirth,
    home_city: profile.city,
    country: profile.country,
    phone: profile.phone,
    language: profile.language,
    time_zone: profile.timeZone,
    last_coordinates: user.number % 3 === 0 ? [-73.99, 40.75] : null,
    gender: profile.gender,
    push_subscribe: profile.emailSubscribe,
    email_subscribe: profile.emailSubscribe,
    custom_attributes: {
      attribute_000: `value-${user.number % 7}`,
      attribute_001: user.number % 100,
      attribute_002: user.number % 2 === 0,
    },
    devices: [{ model: profile.platform, os: profile.platform, device_id: profile.brazeId.slice(0, 12) }],
  };
}

function activityFields(
  world: World,
  user: User,
  rows: readonly Dated[],
  recent: number,
): Record<string, unknown> {
  const { apps, events, products } = world.audience.catalogue;
  const cents = rows.reduce((sum, row) => sum + row.valueMinor, 0);
  const dated = rows.filter(({ day }) => day >= recent);
  const sessions = dated.filter(({ kind }) => kind === ActivityKind.session);
  const gone = dated.find(({ kind }) => kind === ActivityKind.uninstall);
  return {
    total_revenue: cents / 100,
    custom_events: grouped(world, dated, ActivityKind.event, (item) => events[item]!.name),
    purchases: grouped(world, dated, ActivityKind.purchase, (item) => products[item]!.name),
    apps: apps.flatMap((app, index) => {
      const own = sessions.filter((row) => row.app === index);
      if (own.length === 0) return [];
      const count = user.number % 2 === 0 ? own.length : String(own.length);
      const bounds = { first_used: instant(world, own[0]!), last_used: instant(world, own.at(-1)!) };
      return [{ name: app.name, platform: app.platform, version: "4.2.0", sessions: count, ...bounds }];
    }),
    uninstalled_at: gone ? instant(world, gone) : null,
  };
}

function grouped(
  world: World,
  rows: readonly Dated[],
  kind: ActivityKind,
  nameOf: (item: number) => string,
): object[] {
  const items = Map.groupBy(
    rows.filter((row) => row.kind === kind),
    (row) => row.item,
  );
  return [...items].map(([item, all]) => ({
    name: nameOf(item),
    first: instant(world, all[0]!),
    last: instant(world, all.at(-1)!),
    count: all.length,
  }));
}

function instant(world: World, row: Dated): string {
  return new Date(world.calendar.startOf(row.day) + row.minute * 60_000).toISOString();
}

function isEmpty(value: unknown): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
