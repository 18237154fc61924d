import { z } from "zod";
import { Slug } from "./ids.ts";
import { CalendarDate } from "./window.ts";

/** How much worse, or how small, an effect may be: in the metric's own unit, or as a share of the control's value. */
const Size = z.strictObject({ kind: z.enum(["absolute", "relative"]), value: z.number().positive() });
export type EffectSize = z.infer<typeof Size>;

export const MetricRole = z.enum(["primary", "secondary", "guardrail"]);
export type MetricRole = z.infer<typeof MetricRole>;
const MetricDirection = z.enum(["higher", "lower"]);

const MetricJudgement = {
  role: MetricRole.optional(),
  /** Which way is good. */
  direction: MetricDirection.optional(),
  /** Guardrails: worse by less than this is tolerated. */
  margin: Size.optional(),
  /** The smallest effect worth having: at the end, an interval inside ± this means "no effect". */
  mde: Size.optional(),
};

/** Looks of a plan that names a size and no looks: after each fifth of it. */
export const FIFTHS: readonly number[] = [0.2, 0.4, 0.6, 0.8, 1];

/** Units near which a sequence is tightest when nobody says. */
export const DEFAULT_EXPECTED_UNITS = 5_000;

/**
 * When numbers are looked at. `fixed`: once, at the planned end. `group_sequential`: at the shares of `planned_units` in `at`, or on
 * `dates`, spending the level by what has been seen. `confidence_sequence`: at any time without a plan; tightest near
 * `expected_units`. Units of all arms together.
 */
const Looks = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fixed") }),
  z
    .strictObject({
      kind: z.literal("group_sequential"),
      spending: z.enum(["obf", "pocock", "power", "hsd"]).default("obf"),
      at: z.array(z.number().gt(0).lte(1)).min(1).max(100).optional(),
      dates: z.array(CalendarDate).min(1).max(100).optional(),
    })
    .superRefine((looks, context) => {
      for (const message of scheduleProblems(looks)) context.addIssue({ code: "custom", message });
    }),
  z.strictObject({
    kind: z.literal("confidence_sequence"),
    expected_units: z.int().min(2).max(1e12).default(DEFAULT_EXPECTED_UNITS),
  }),
]);
export type Looks = z.infer<typeof Looks>;

/** Planned allocation by arm: fractions of 1, percentages, or small whole-number ratios. 0 for an arm that is switched off. */
const PlannedShares = z.record(z.string(), z.number().nonnegative()).superRefine((shares, context) => {
  const problem = sharesProblem(Object.values(shares));
  if (problem) context.addIssue({ code: "custom", message: problem });
});

const Level = z.number().gt(0, "a level lies between 0 and 1").lt(1, "a level lies between 0 and 1");

/** How an experiment is run and judged; every field may be left out. */
const design = {
  /** Two-sided level. */
  alpha: Level.optional(),
  looks: Looks.optional(),
  /** Units of all arms together at which the test ends. */
  planned_units: z.int().min(2).max(1e12).optional(),
  /** Days after the first unit at which it ends. */
  planned_days: z.int().min(1).max(3650).optional(),
  /** It is over: the numbers are looked at for the last time. */
  ended: z.boolean().optional(),
  /** No claim before so many days and so many units in every arm. */
  min_days: z.int().min(0).max(365).optional(),
  min_units: z.int().min(1).optional(),
  /** Days a unit has to convert; younger units do not count yet. Default: what the source says. */
  maturity_days: z.int().min(0).max(365).optional(),
  /** Which moment makes somebody count. Anything after the assignment is shown with a warning: arms differ in who gets there. */
  exposure: z.enum(["assigned", "sent", "delivered", "opened"]).optional(),
  /**
   * Whether the same person may be counted on several days. `yes`: counts carry no p-value unless `repeats` says how they cluster.
   * Unknown: errors allow for the worst case, the same people on every day.
   */
  repeat_sends: z.enum(["yes", "no", "unknown"]).optional(),
  /** How often a person is counted (mean, coefficient of variation) and how alike a person's outcomes are (0 to 1), from history. */
  repeats: z
    .strictObject({
      mean: z.number().min(1),
      cv: z.number().min(0).default(0),
      icc: z.number().min(0).max(1),
    })
    .optional(),
  /** Share of units seen in more than one arm above which nothing is judged. */
  contamination_max: z.number().min(0).max(1).optional(),
  /** Groups, named beforehand, for which the primary metrics are shown too. */
  segments: z.array(z.string().min(1)).optional(),
};

type Design = { [key in keyof typeof design]?: z.infer<(typeof design)[key]> | undefined };

/** A metric over the units of a file: `proportion` reads a 0/1 column, `mean`, `cuped` and `quantile` a number, `ratio` two. */
const FileMetric = z
  .strictObject({
    ...MetricJudgement,
    name: z.string().regex(/^[a-z][a-z0-9_]*$/),
    kind: z.enum(["proportion", "mean", "ratio", "cuped", "quantile"]),
    column: z.string(),
    /** `ratio`: what the column is divided by. */
    denominator: z.string().optional(),
    /** `cuped`: a column measured before the first exposure. */
    covariate: z.string().optional(),
    /** `quantile`: which one, 0.5 for the median. */
    quantile: z.number().gt(0).lt(1).optional(),
    role: MetricRole.default("secondary"),
    direction: MetricDirection.default("higher"),
  })
  .superRefine(({ kind, quantile, covariate }, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message });
    if (kind === "quantile" && quantile === undefined)
      refuse("quantile", "a `quantile` metric says which: `quantile: 0.5` is the median");
    if (kind !== "quantile" && quantile !== undefined)
      refuse("quantile", "only metrics of kind `quantile` have one");
    if (kind === "quantile" && covariate !== undefined)
      refuse("covariate", "a quantile is not adjusted by a covariate: use a mean of kind `cuped`");
  });

/** An experiment whose units are the rows of a file. What its SQL model emits is judged by this definition. */
export const FileExperiment = z
  .strictObject({
    ...design,
    id: Slug,
    name: z.string().min(1),
    /** What was randomised, in words: `customer`. */
    unit: z.string().min(1),
    arm_column: z.string(),
    /** The arm every other one is compared against, as it stands in `arm_column`. */
    control: z.string().min(1),
    /** Absent means unknown, never equal. */
    planned_shares: PlannedShares.optional(),
    metrics: z.array(FileMetric).min(1),
  })
  .superRefine((experiment, context) => {
    const names = experiment.metrics.map((metric) => metric.name);
    if (new Set(names).size < names.length)
      context.addIssue({ code: "custom", message: "two metrics share a name" });
    for (const problem of designProblems(experiment)) context.addIssue({ code: "custom", ...problem });
  });
export type FileExperiment = z.infer<typeof FileExperiment>;

/** Planned shares from a day on, for a test whose allocation was changed while it ran. */
const Epoch = z.strictObject({ from: CalendarDate, planned_shares: PlannedShares });

/** What a reviewer adds to an experiment that was found: every field overrides what the data say. */
export const ExperimentOverride = z
  .strictObject({
    ...design,
    name: z.string().min(1).optional(),
    unit: z.string().min(1).optional(),
    /** The arm id every other arm is compared against. */
    control: z.string().min(1).optional(),
    planned_shares: PlannedShares.optional(),
    /** Oldest first; the newest is the one that is judged. */
    epochs: z.array(Epoch).min(1).optional(),
    /** Judge all epochs, each against its own shares, instead of the newest: only where nobody was in two of them. */
    pool_epochs: z.boolean().optional(),
    metrics: z.record(z.string(), z.strictObject(MetricJudgement)).optional(),
  })
  .superRefine((override, context) => {
    for (const problem of designProblems(override)) context.addIssue({ code: "custom", ...problem });
    if (override.pool_epochs && (override.epochs ?? []).length < 2)
      context.addIssue({
        code: "custom",
        path: ["pool_epochs"],
        message: "`pool_epochs` needs two `epochs` or more",
      });
    const days = (override.epochs ?? []).map(({ from }) => from);
    if (days.some((day, i) => i > 0 && day <= days[i - 1]!))
      context.addIssue({
        code: "custom",
        path: ["epochs"],
        message: "epochs must begin one after the other",
      });
  });
export type ExperimentOverride = z.infer<typeof ExperimentOverride>;

/** `config/experiments.yaml`: what holds for all, and overrides by experiment id (`main__canvas__<canvas id>`). */
export const ExperimentsConfig = z.strictObject({
  alpha: Level.default(0.05),
  /** Looks of an experiment that declares none. */
  looks: Looks.default({ kind: "confidence_sequence", expected_units: DEFAULT_EXPECTED_UNITS }),
  /** The smallest effect worth having where a metric names none. */
  mde: Size.default({ kind: "relative", value: 0.1 }),
  /** What a guardrail tolerates where it names no margin. */
  margin: Size.default({ kind: "relative", value: 0.1 }),
  min_days: z.int().min(0).max(365).default(7),
  min_units: z.int().min(1).default(500),
  contamination_max: z.number().min(0).max(1).default(0.01),
  /** Whether campaigns and Canvases count the same person on several days, where an experiment does not say. */
  repeat_sends: z.enum(["yes", "no", "unknown"]).optional(),
  experiments: z.record(z.string(), ExperimentOverride).default({}),
});
export type ExperimentsConfig = z.infer<typeof ExperimentsConfig>;

function scheduleProblems({
  at,
  dates,
}: {
  at?: number[] | undefined;
  dates?: string[] | undefined;
}): string[] {
  if (at && dates) return ["looks are declared by `at` or by `dates`, not by both"];
  const rises = (list: readonly (number | string)[]) => list.every((one, i) => i === 0 || one > list[i - 1]!);
  if (!rises(at ?? []) || !rises(dates ?? [])) return ["looks come one after the other"];
  return at && at.at(-1) !== 1 ? ["the last look is at 1, the planned end"] : [];
}

/** Ratios such as 2:1:1 stay small; larger whole numbers are percentages. */
const LARGEST_RATIO = 20;

function sharesProblem(shares: readonly number[]): string | undefined {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.filter((share) => share > 0).length < 2) return "planned shares name fewer than two arms";
  if (Math.abs(sum - 1) < 1e-3 || Math.abs(sum - 100) < 0.1) return undefined;
  if (shares.every(Number.isInteger) && Math.max(...shares) <= LARGEST_RATIO) return undefined;
  return `planned shares sum to ${Number(sum.toFixed(4))}: expected 1, 100, or small whole-number ratios such as 2:1:1`;
}

function designProblems(of: Design): { path: string[]; message: string }[] {
  const kind = of.looks?.kind;
  if (kind === "group_sequential" && of.planned_units === undefined)
    return [{ path: ["planned_units"], message: "looks by `group_sequential` need `planned_units`" }];
  const hasEnd = of.planned_units !== undefined || of.planned_days !== undefined || of.ended !== undefined;
  if (of.repeats && of.repeat_sends === "no")
    return [
      { path: ["repeats"], message: "`repeats` is of people who count several times: `repeat_sends: no`" },
    ];
  if (kind === "fixed" && !hasEnd)
    return [{ path: ["looks"], message: "a `fixed` look needs `planned_units`, `planned_days` or `ended`" }];
  return [];
}
