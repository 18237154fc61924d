import type { User } from "@lifecycle/simulation";
import type { Context } from "../endpoint.ts";

/** The user with an external id, if one has signed up by now. */
export function userByExternalId(id: string, context: Context): User | undefined {
  const { population } = context.world.audience;
  const number = Number(/^user-(\d{6,})$/.exec(id)?.[1] ?? Number.NaN);
  const known = population.countBy(context.world.calendar.dayOf(context.nowMs));
  return number < known ? population.user(number) : undefined;
}
