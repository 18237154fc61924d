import { srmChi2, srmSequential } from "@lifecycle/stats";
import type { ArmDay } from "../arm-day.ts";
import { comesInFiles } from "../arm-metric.ts";
import { unitsProblem } from "../arm-value.ts";
import { shareOf } from "../definition.ts";
import { check, type Health, type HealthCheck, type HealthInput, nameOf } from "../health-check.ts";
import { judgedEpochs } from "../matured.ts";

/** Shares that were planned from a day on, and the units that came under them. */
interface Epoch {
  readonly shares: Readonly<Record<string, number>>;
  readonly basis: string;
  readonly observed: readonly number[];
  /**
   * What the counts of another day are to these. `running`: the same people, and more. `delivered`: a file that replaces the one before
   * it, which may have been wrong. `apart`: the people of one day, other ones each time.
   */
  readonly counted: "running" | "delivered" | "apart";
}

/** Do the arms' sizes fit the shares planned? Once as of now, and once so that it may be asked at every refresh. Each epoch by itself. */
export function checkShares(
  input: HealthInput,
  threshold: number,
): { checks: HealthCheck[]; test: Health["srm"] } {
  const unchecked = (code: string, detail: string) => ({
    checks: [check("srm", "not_checked", code, detail, null, threshold)],
    test: null,
  });
  const uncounted = unitsProblem(input.arms);
  const epochs = epochsOf(input);
  if (uncounted && epochs.length > 0)
    return unchecked(uncounted, "How many people are in each arm is not known.");
  if (epochs.length === 0)
    return unchecked("weights_unknown", "The planned shares are not known, so the split cannot be checked.");
  if (epochs.some(({ shares }) => input.arms.some((arm) => shareOf(shares, arm) === undefined)))
    return unchecked(
      "weights_incomplete",
      "Some arms have no planned share, so the split cannot be checked.",
    );
  const tests = epochs.map((epoch) => testOf(epoch, input, threshold));
  // Several epochs are several chances to be wrong.
  const [worst] = tests.filter(({ p }) => p !== null).toSorted((a, b) => a.p! - b.p!);
  if (!worst) return unchecked(tests[0]!.status, "There are too few units to check the split.");
  const p = Math.min(1, worst.p! * tests.length);
  const smallest = tests.toSorted((a, b) => a.smallest - b.smallest)[0]!;
  const ever = Math.min(1, smallest.smallest * tests.length);
  const everFailed = ever < threshold;
  return {
    checks: [checkNow(worst, p, threshold), checkEver(smallest, everFailed, threshold)],
    test: { p: everFailed ? Math.min(p, ever) : p, threshold },
  };
}

/** As of now, by the epoch that fits worst. */
function checkNow({ seen }: EpochTest, p: number, threshold: number): HealthCheck {
  return p < threshold
    ? check(
        "srm",
        "fail",
        "srm",
        `The split does not fit the plan (${seen}): the arms are not comparable.`,
        p,
        threshold,
      )
    : check("srm", "pass", null, `The split fits the plan (${seen}).`, p, threshold);
}

/** At any number of looks, by the epoch whose smallest p is the least. */
function checkEver({ smallest, now, basis, observed }: EpochTest, failed: boolean, threshold: number) {
  const told = !failed
    ? "The same at any number of looks."
    : smallest < (now ?? 1)
      ? "The split did not fit the plan at an earlier look; that later people hide it does not mend it."
      : "The split does not fit the plan, at any number of looks.";
  const status = failed ? "fail" : "pass";
  const code = failed ? "srm_sequential" : null;
  return check("srm_sequential", status, code, told, smallest, threshold, basis, observed);
}

type EpochTest = ReturnType<typeof testOf>;

function testOf(epoch: Epoch, { arms, history }: HealthInput, threshold: number) {
  const { shares, basis, observed, counted } = epoch;
  const weights = arms.map((arm) => shareOf(shares, arm)!);
  const { p, status } = srmChi2({ observed, weights });
  const sequential = p === null ? null : srmSequential({ observed, weights }).p;
  const seen = arms.map((arm, i) => `${nameOf(arm)} ${observed[i]}`).join(", ");
  const before = history.srm[basis];
  const added = arms.map(({ armId }, i) => observed[i]! - (before?.observed[armId] ?? 0));
  const isGrown = counted !== "apart" && isGrowth(added, counted === "running" ? null : weights, threshold);
  const smallest = Math.min(sequential ?? 1, isGrown ? (before?.p ?? 1) : 1);
  const kept =
    counted === "apart" ? null : Object.fromEntries(arms.map(({ armId }, i) => [armId, observed[i]!]));
  return { p, status, seen, basis, now: sequential, smallest, observed: kept };
}

/**
 * Whether these people came to those counted before, so that what was found then is still in the counts. Counts that fell were put
 * right. Of a file that was sent anew, growth is what fits the shares planned: an arm that was cut off and then came whole does not.
 */
function isGrowth(added: readonly number[], weights: readonly number[] | null, threshold: number): boolean {
  if (added.some((n) => n < 0)) return false;
  const p = weights === null ? null : srmChi2({ observed: added, weights }).p;
  return p === null || p >= threshold;
}

function epochsOf(input: HealthInput): Epoch[] {
  const { definition } = input;
  const epochs = judgedEpochs(definition);
  const named = (shares: Readonly<Record<string, number>>, from: string) =>
    `${Object.entries(shares)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([arm, share]) => `${arm}=${share}`)
      .join(",")} from ${from}`;
  if (epochs.length < 2) {
    const shares = epochs[0]?.planned_shares ?? definition.planned_shares;
    if (!shares) return [];
    const basis = named(shares, epochs[0]?.from ?? "the beginning");
    return [{ shares, basis, ...unitsOf(input, undefined) }];
  }
  return epochs.map(({ from, planned_shares: shares }, i) => {
    const until = epochs[i + 1]?.from ?? "9999-99-99";
    const days = input.days.filter(({ date }) => date >= from && date < until);
    return { shares, basis: named(shares, from), ...unitsOf(input, days) };
  });
}

/**
 * Units to compare with the plan, all of them or those of `only` some days. Where Braze counts the same person anew each day, only the
 * units of the largest single day are independent.
 */
function unitsOf(
  { arms, activity, days, definition }: HealthInput,
  only: readonly ArmDay[] | undefined,
): Pick<Epoch, "observed" | "counted"> {
  const isFile = comesInFiles(arms[0]);
  const repeated = arms.some(({ unitDays }) => (unitDays ?? 0) > 1) && definition.repeat_sends !== "no";
  if (!repeated && !only) {
    const own = arms.map((arm) => activity.find(({ armId }) => armId === arm.armId));
    const observed = arms.map((arm, i) => own[i]?.assigned ?? arm.n ?? 0);
    // Single people are known from files alone.
    const isDelivered = isFile || own.some((one) => one !== undefined && one.crossedUnits !== null);
    return { observed, counted: isDelivered ? "delivered" : "running" };
  }
  const total = (rows: readonly ArmDay[]) => rows.reduce((sum, { n }) => sum + n, 0);
  const byDay = [...Map.groupBy(only ?? days, ({ date }) => date).values()];
  const counted = repeated
    ? byDay.reduce((best, rows) => (total(rows) > total(best) ? rows : best), [])
    : byDay.flat();
  const observed = arms.map((arm) => total(counted.filter(({ armId }) => armId === arm.armId)));
  return { observed, counted: repeated ? "apart" : isFile ? "delivered" : "running" };
}
