import type { Catalogue, Segment } from "./catalogue.ts";
import { ANCHOR_DAY } from "./lifecycle.ts";
import { fraction, hash32, hashPair } from "./random.ts";

/** What is fixed about a user of the apps. Users are numbered by the order in which they signed up. */
export interface User {
  number: number;
  signupDay: number;
  /** The first day on which the user is gone for good. */
  endDay: number;
  /** Whether leaving meant to uninstall the app (on the day before `endDay`), or just to stay away. */
  uninstalls: boolean;
  /** Index of the app the user mainly uses. */
  app: number;
  /** Chance to be active on a day. */
  activity: number;
}

/** The people who use the apps: some sign up every day since the anchor day, and some leave. */
export interface Population {
  /** How many users have signed up by the end of a day. */
  countBy(day: number): number;
  user(number: number): User;
  /** Whether the user belongs to a segment: a fixed property of the two. */
  isMember(user: number, segment: Segment): boolean;
  /** Whether the user has signed up and not yet gone, at the end of a day. */
  isAliveOn(user: User, day: number): boolean;
  /** Whether the user is kept from all messages for ever. */
  isGlobalControl(user: number): boolean;
}

/** Every twentieth person of the user base uses an app; they signed up over about five years. */
const APP_SHARE = 20;
const SIGNUP_DAYS = 1_800;
const MEAN_LIFE_DAYS = 420;
const GLOBAL_CONTROL_SHARE = 0.03;

export function createPopulation(seed: number, users: number, catalogue: Catalogue): Population {
  const perDay = users / APP_SHARE / SIGNUP_DAYS;
  const cumulative: number[] = [];
  const known: User[] = [];

  const countBy = (day: number): number => {
    const place = day - ANCHOR_DAY;
    if (place < 0) return 0;
    while (cumulative.length <= place) {
      const noise = 0.6 + 0.8 * fraction(hash32(seed, 70, cumulative.length));
      // Fractions add up over days, so that small worlds grow too.
      cumulative.push((cumulative.at(-1) ?? 0) + perDay * noise);
    }
    return Math.floor(cumulative[place]!);
  };
  const plant = (number: number, signupDay: number): User => {
    const life = Math.ceil(-Math.log(1 - fraction(hash32(seed, 71, number))) * MEAN_LIFE_DAYS);
    return {
      number,
      signupDay,
      endDay: signupDay + 1 + life,
      uninstalls: hash32(seed, 73, number) % 10 < 6,
      app: pickApp(catalogue, fraction(hash32(seed, 72, number))),
      activity: 0.08 + 0.5 * fraction(hash32(seed, 74, number)) ** 2,
    };
  };
  let plantedDay = ANCHOR_DAY;
  const plantUntil = (number: number): void => {
    while (known.length <= number) {
      const until = countBy(plantedDay);
      while (known.length < until) known.push(plant(known.length, plantedDay));
      plantedDay++;
    }
  };
  return {
    countBy,
    user(number) {
      plantUntil(number);
      return known[number]!;
    },
    isMember: (user, segment) => fraction(hashPair(segment.key, user)) < segment.share,
    isAliveOn: (user, day) => user.signupDay <= day && day < user.endDay,
    isGlobalControl: (user) => fraction(hash32(seed, 75, user)) < GLOBAL_CONTROL_SHARE,
  };
}

function pickApp(catalogue: Catalogue, point: number): number {
  let left = point;
  for (const [index, { share }] of catalogue.apps.entries()) {
    left -= share;
    if (left < 0) return index;
  }
  return 0;
}
