import { addDays } from "@lifecycle/contracts";
import type { ArmActivity } from "./arm-activity.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import type { Definition } from "./definition.ts";

export interface Matured {
  readonly arms: ArmMetric[];
  readonly days: ArmDay[];
  /** Units left out because they can still convert. */
  readonly maturing: ReadonlyMap<string, number>;
}

/** Key of an arm's metric, over everybody or a group, among those of one experiment. */
export const armKey = ({ metric, segment, armId }: Pick<ArmMetric, "metric" | "segment" | "armId">) =>
  [metric, segment, armId].join("\n");

/** The epochs that are judged: the newest, or all where they are pooled. */
export function judgedEpochs({ epochs = [], pool_epochs }: Definition) {
  return pool_epochs ? epochs : epochs.slice(-1);
}

/** First and last day of those whose units count, both included. */
export function countedDays(
  arms: readonly ArmMetric[],
  definition: Definition,
): { readonly from: string; readonly until: string } {
  const from = judgedEpochs(definition)[0]?.from ?? "0000-00-00";
  const window = definition.maturity_days ?? Math.max(0, ...arms.map(({ windowDays }) => windowDays ?? 0));
  const asOf = arms.map((arm) => arm.asOf).find((day) => day !== null);
  return { from, until: asOf && window > 0 ? addDays(asOf, -window) : "9999-99-99" };
}

/**
 * Leaves the units that have had their whole time to convert, and those of the allocation epochs that are judged: days from the first to the
 * newest day told of, less the conversion window, in every metric and every group alike. What has no days (single users without a day,
 * totals of revenue) stays as it is; a quantile cannot be put together from days, so that nothing is said of it while anybody is left out.
 */
export function onlyMatured(
  arms: readonly ArmMetric[],
  days: readonly ArmDay[],
  definition: Definition,
): Matured {
  const epochs = judgedEpochs(definition);
  const { from, until } = countedDays(arms, definition);
  const counts = ({ date }: ArmDay) => date >= from && date <= until;
  if (days.every(counts) && epochs.length < 2)
    return { arms: [...arms], days: [...days], maturing: new Map() };
  const byArm = Map.groupBy(days, armKey);
  const maturing = new Map<string, number>();
  const cut = arms.map((arm) => {
    const own = byArm.get(armKey(arm));
    if (!own) return arm;
    const young = own.filter(({ date }) => date > until).reduce((sum, { n }) => sum + n, 0);
    maturing.set(armKey(arm), young);
    const kept = own.filter(counts);
    const isPooled = epochs.length > 1 && arm.kind === "proportion" && arm.segment === "all";
    const strata = isPooled ? { strata: byEpoch(kept, epochs) } : {};
    return { ...cutArm(arm, kept), ...strata, ...(kept.length < own.length ? withoutQuantile(arm) : {}) };
  });
  return { arms: cut, days: days.filter(counts), maturing };
}

/**
 * Adds those whose window is not over, where the models leave them out themselves (experiments over events, the global control group): who
 * was assigned to the arm and is not counted by the metric. Of the group, whoever was seen on both sides never will be.
 */
export function withWaiting(matured: Matured, activity: readonly ArmActivity[]): Matured {
  const waiting = matured.arms.flatMap((arm): [string, number][] => {
    const isGroup = arm.source === "global_control_group";
    if ((arm.source !== "event" && !isGroup) || arm.segment !== "all" || arm.n === null) return [];
    const own = activity.find(({ armId }) => armId === arm.armId);
    const never = isGroup ? (own?.crossedUnits ?? 0) : 0;
    return [[armKey(arm), Math.max(0, (own?.assigned ?? 0) - never - arm.n)]];
  });
  return waiting.length === 0
    ? matured
    : { ...matured, maturing: new Map([...matured.maturing, ...waiting]) };
}

function byEpoch(days: readonly ArmDay[], epochs: readonly { from: string }[]) {
  return epochs.map(({ from }, i) => {
    const own = days.filter(({ date }) => date >= from && date < (epochs[i + 1]?.from ?? "9999-99-99"));
    return own.reduce((sum, day) => ({ n: sum.n + day.n, x: sum.x + (day.x ?? 0) }), { n: 0, x: 0 });
  });
}

/** The values at a rank are of everybody: of those alone who are left nobody knows them. */
function withoutQuantile({ quantile }: ArmMetric): Pick<ArmMetric, "quantile"> {
  if (!quantile) return {};
  return { quantile: { level: quantile.level, value: null, below: null, above: null, isOfMore: true } };
}

const SUMS = [
  "x",
  "valueSum",
  "valueSumsq",
  "valueSumcubes",
  "covariateSum",
  "covariateSumsq",
  "crossSum",
  "cappedUnits",
] as const;

/** The same arm with the units of these days alone. */
export function cutArm(arm: ArmMetric, days: readonly ArmDay[]): ArmMetric {
  const sum = (name: (typeof SUMS)[number]) =>
    arm[name] === null || days.some((day) => day[name] === null)
      ? null
      : days.reduce((total, day) => total + day[name]!, 0);
  const used = days.filter(({ n }) => n > 0).map(({ date }) => date);
  return {
    ...arm,
    ...Object.fromEntries(SUMS.map((name) => [name, sum(name)])),
    n: days.reduce((total, { n }) => total + n, 0),
    unitDays: used.length,
    firstDate: used[0] ?? null,
    lastDate: used.at(-1) ?? null,
  };
}
