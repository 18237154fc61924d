import { addDays } from "@lifecycle/contracts";

export interface Assigned {
  experiment: string;
  user: string;
  arm: string;
  on: string;
}

/** What somebody did on a day, of one type. */
export interface ActiveDay {
  user: string;
  date: string;
  type: string;
  events: number;
  miles: number | null;
}

interface Value {
  value: number;
  covariate: number | null;
}

const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0);
const events = (of: readonly ActiveDay[]) => sum(of.map((one) => one.events));

/** Metrics besides those that are shipped. */
export const MORE_METRICS = [
  { name: "liked_3d", kind: "proportion", event_type: "like", days: 3 },
  { name: "miles_7d", kind: "mean", value: "miles_amount", days: 7, role: "guardrail" },
  {
    name: "likes_of_all",
    kind: "ratio",
    value: "events",
    event_type: "like",
    denominator: "events",
    days: 5,
    from_day: 2,
  },
];

type Did = (from: number, until: number) => ActiveDay[];
const likes = (of: readonly ActiveDay[]) => of.filter(({ type }) => type === "like");
const daysOf = (of: readonly ActiveDay[]) => new Set(of.map(({ date }) => date)).size;
const any = (of: readonly ActiveDay[]) => Number(of.length > 0);

/** Kind, role, last day of the window, and a user's value (and covariate) from what they did on days `from` to `until`. */
const METRICS: Record<
  string,
  {
    kind: string;
    role?: string;
    until: number;
    value: (did: Did) => number;
    covariate?: (did: Did) => number;
  }
> = {
  active_7d: { kind: "proportion", role: "primary", until: 7, value: (did) => any(did(1, 7)) },
  retention_day_1: { kind: "proportion", until: 1, value: (did) => any(did(1, 1)) },
  retention_day_7: { kind: "proportion", until: 7, value: (did) => any(did(7, 7)) },
  events_7d: { kind: "mean", until: 6, value: (did) => events(did(0, 6)) },
  events_7d_cuped: {
    kind: "cuped",
    until: 6,
    value: (did) => events(did(0, 6)),
    covariate: (did) => events(did(-7, -1)),
  },
  events_per_active_day_7d: {
    kind: "ratio",
    until: 6,
    value: (did) => events(did(0, 6)),
    covariate: (did) => daysOf(did(0, 6)),
  },
  events_7d_p90: { kind: "quantile", until: 6, value: (did) => events(did(0, 6)) },
  liked_3d: { kind: "proportion", until: 2, value: (did) => any(likes(did(0, 2))) },
  miles_7d: {
    kind: "mean",
    role: "guardrail",
    until: 6,
    value: (did) => sum(did(0, 6).map(({ miles }) => miles ?? 0)),
  },
  likes_of_all: {
    kind: "ratio",
    until: 6,
    value: (did) => events(likes(did(2, 6))),
    covariate: (did) => events(did(2, 6)),
  },
};

/** Rows of `int_experiment_arm_metric` as they must be, counted user by user. */
export function expectedArms(assigned: readonly Assigned[], active: readonly ActiveDay[]): unknown[] {
  const newest = active.map(({ date }) => date).reduce((a, b) => (a > b ? a : b));
  const byUser = Map.groupBy(active, ({ user }) => user);
  const rows = [...Map.groupBy(assigned, ({ experiment }) => experiment)].flatMap(([experiment, all]) => {
    const firsts = [...Map.groupBy(all, ({ user }) => user).values()].map(
      (of) => of.toSorted((a, b) => (a.on < b.on ? -1 : 1))[0]!,
    );
    return Object.entries(METRICS).flatMap(
      ([metric, { kind, role = "secondary", until, value, covariate }]) =>
        [...new Set(all.map(({ arm }) => arm))].map((arm) => {
          const own = firsts.filter((one) => one.arm === arm && addDays(one.on, until) < newest);
          const values = own.map(({ user, on }) => {
            const days = byUser.get(user) ?? [];
            const did: Did = (a, b) =>
              days.filter(({ date }) => date >= addDays(on, a) && date <= addDays(on, b));
            return { value: value(did), covariate: covariate?.(did) ?? null };
          });
          const row = { experiment_id: `main__${experiment}`, metric, arm_id: arm, metric_kind: kind, role };
          return { ...row, source: "event", as_of_date: newest, ...summed(kind, values) };
        }),
    );
  });
  const key = (row: { experiment_id: string; metric: string; arm_id: string }) =>
    [row.experiment_id, row.metric, row.arm_id].join("\t");
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)).map(rounded);
}

function summed(kind: string, values: readonly Value[]): Record<string, number | null> {
  const total = sum(values.map(({ value }) => value));
  const n = values.length;
  const hasSum = kind !== "proportion" && (kind !== "quantile" || n === 0);
  return {
    n,
    x: kind === "proportion" ? total : null,
    value_sum: hasSum ? total : null,
    value_sumsq: hasSum ? sum(values.map(({ value }) => value * value)) : null,
    covariate_sum:
      n > 0 && (kind === "ratio" || kind === "cuped")
        ? sum(values.map(({ covariate }) => covariate ?? 0))
        : null,
    quantile_value: kind === "quantile" && n > 0 ? quantile90(values.map(({ value }) => value)) : null,
  };
}

function quantile90(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) * 0.9;
  const [low, high] = [sorted[Math.floor(middle)]!, sorted[Math.ceil(middle)]!];
  return low + (middle - Math.floor(middle)) * (high - low);
}

/** Numbers however they are written, nothing where there is nothing. */
export function rounded(row: Record<string, unknown>): Record<string, unknown> {
  const text = new Set(["experiment_id", "metric", "arm_id", "metric_kind", "role", "source", "as_of_date"]);
  const entries = Object.entries(row).map(([name, value]): [string, unknown] => [
    name,
    text.has(name) || value == null ? (value ?? null) : Math.round(Number(value) * 1e6) / 1e6,
  ]);
  return Object.fromEntries(entries);
}
