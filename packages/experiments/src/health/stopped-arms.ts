import type { ArmDay } from "../arm-day.ts";

/** An arm that got nobody while, by its share before or after, it should have had at least so many. */
const EXPECTED_UNITS = 20;

/**
 * Arms that ended before, or began after, the others, in words; null without days. Days on which nobody was sent anything say
 * nothing, and an arm too small to be expected on the days it lacks is left in peace.
 */
export function stoppedArms(days: readonly ArmDay[]): { armId: string; gap: string }[] | null {
  const used = days.filter(({ n }) => n > 0);
  if (used.length === 0) return null;
  const byArm = Map.groupBy(used, ({ armId }) => armId);
  if (byArm.size < 2) return null;
  return [...byArm].flatMap(([armId, own]) => {
    const dates = own.map(({ date }) => date).toSorted();
    const [first, last] = [dates[0]!, dates.at(-1)!];
    const after = expected(used, armId, (date) => date > last);
    if (after >= EXPECTED_UNITS) return [{ armId, gap: `got nobody after ${last}` }];
    const before = expected(used, armId, (date) => date < first);
    return before >= EXPECTED_UNITS ? [{ armId, gap: `got nobody before ${first}` }] : [];
  });
}

/** Units that the arm should have had on the days of `lacks`, by its share of the other days. */
function expected(days: readonly ArmDay[], armId: string, lacks: (date: string) => boolean): number {
  let [own, others, missed] = [0, 0, 0];
  for (const day of days) {
    if (lacks(day.date)) missed += day.armId === armId ? 0 : day.n;
    else if (day.armId === armId) own += day.n;
    else others += day.n;
  }
  return others > 0 ? missed * (own / others) : 0;
}
