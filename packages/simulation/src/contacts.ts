import type { Calendar } from "./calendar.ts";
import type { Population } from "./population.ts";
import { fraction, hash32 } from "./random.ts";

/** The three lists of addresses that Braze keeps. */
export type ContactList = "hard_bounces" | "unsubscribes" | "invalid_phones";

export interface ContactEvent {
  list: ContactList;
  user: number;
  /** Epoch milliseconds, whole seconds. */
  atMs: number;
  /** Why a phone number is invalid. */
  reason: "provider_error" | "deactivated";
}

/** Share of users who are added to each list some day. */
const SHARES: Record<ContactList, number> = { hard_bounces: 0.15, unsubscribes: 0.3, invalid_phones: 0.08 };
const MEAN_WAIT_DAYS = 200;

/** What is added to a list on one local day, ascending. A user is added to a list once in a lifetime, if ever. */
export type Contacts = (list: ContactList, day: number) => ContactEvent[];

export function createContacts(seed: number, calendar: Calendar, population: Population): Contacts {
  const indexes = {
    hard_bounces: newIndex(),
    unsubscribes: newIndex(),
    invalid_phones: newIndex(),
  } satisfies Record<ContactList, Index>;

  return (list, day) => {
    const index = indexes[list];
    const place = Object.keys(SHARES).indexOf(list);
    for (const count = population.countBy(day); index.users < count; index.users++) {
      const key = hash32(seed, 80 + place, index.users);
      if (fraction(key) >= SHARES[list]) continue;
      const wait = 1 - Math.log(1 - fraction(hash32(key, 1))) * MEAN_WAIT_DAYS;
      const added = population.user(index.users).signupDay + Math.floor(wait);
      index.byDay.set(added, [...(index.byDay.get(added) ?? []), index.users]);
    }
    const users = index.byDay.get(day) ?? [];
    return users.map((user) => entry(seed, list, user, day, calendar)).sort((a, b) => a.atMs - b.atMs);
  };
}

interface Index {
  /** How many users have been looked at. */
  users: number;
  byDay: Map<number, number[]>;
}

function newIndex(): Index {
  return { users: 0, byDay: new Map() };
}

function entry(seed: number, list: ContactList, user: number, day: number, calendar: Calendar): ContactEvent {
  const key = hash32(seed, 83, user);
  const atMs = calendar.startOf(day) + (key % (calendar.minutesIn(day) * 60)) * 1_000;
  return { list, user, atMs, reason: hash32(key, 2) % 10 < 7 ? "provider_error" : "deactivated" };
}
