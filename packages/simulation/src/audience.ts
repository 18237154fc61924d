import { type ActivityLog, activityOn } from "./activity.ts";
import type { Calendar } from "./calendar.ts";
import { type Catalogue, plantCatalogue, type Segment } from "./catalogue.ts";
import { type ContactEvent, type ContactList, createContacts } from "./contacts.ts";
import { ANCHOR_DAY } from "./lifecycle.ts";
import { createPopulation, type Population, type User } from "./population.ts";
import { type Profile, profileOf } from "./profile.ts";
import type { ResolvedSettings } from "./settings.ts";

/** The people who use the company's apps, and what the workspace knows about them. */
export interface Audience {
  catalogue: Catalogue;
  population: Population;
  /** All that users do on one local day. The last few months asked for are kept. */
  activity(day: number): ActivityLog;
  /** What is added to a list of addresses on one local day. */
  contacts(list: ContactList, day: number): ContactEvent[];
  profile(user: User): Profile;
  /** The members of a segment (all users when undefined) who have not left by the end of a day, in order. */
  members(segment: Segment | undefined, day: number): Generator<User>;
}

const KEPT_DAYS = 140;

type AudienceSettings = Pick<ResolvedSettings, "seedNumber" | "users" | "segments" | "messageLift">;

export function createAudience(settings: AudienceSettings, calendar: Calendar): Audience {
  const { seedNumber: seed, users, segments, messageLift } = settings;
  const catalogue = plantCatalogue(seed, segments, ANCHOR_DAY);
  const population = createPopulation(seed, users, catalogue);
  const kept = new Map<number, ActivityLog>();
  return {
    catalogue,
    population,
    activity(day) {
      const log = kept.get(day) ?? activityOn(seed, day, calendar, population, catalogue, messageLift);
      kept.delete(day);
      kept.set(day, log);
      if (kept.size > KEPT_DAYS) kept.delete(kept.keys().next().value!);
      return log;
    },
    contacts: createContacts(seed, calendar, population),
    profile: (user) => profileOf(seed, user, catalogue),
    *members(segment, day) {
      const count = population.countBy(day);
      for (let number = 0; number < count; number++) {
        if (segment && !population.isMember(number, segment)) continue;
        const user = population.user(number);
        if (population.isAliveOn(user, day)) yield user;
      }
    },
  };
}
