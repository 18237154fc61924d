import { describe, expect, it } from "vitest";
import { ExperimentsConfig, FileExperiment } from "./experiment.ts";

function problems(override: object, top: object = {}): string[] {
  const result = ExperimentsConfig.safeParse({ ...top, experiments: { main__canvas__x: override } });
  return result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.slice(2).join(".")}: ${issue.message}`);
}

describe("ExperimentsConfig", () => {
  it("says what holds where nobody decided", () => {
    expect(ExperimentsConfig.parse({})).toMatchObject({
      alpha: 0.05,
      looks: { kind: "confidence_sequence", expected_units: 5_000 },
      min_days: 7,
      experiments: {},
    });
  });

  it.each([
    [{ alpha: 0 }, "alpha: a level lies between 0 and 1"],
    [{ alpha: 1 }, "alpha: a level lies between 0 and 1"],
    [{ planned_shares: { a: 50, b: 45 } }, "planned_shares: planned shares sum to 95"],
    [{ planned_shares: { a: 0.5, b: 0.4 } }, "planned_shares: planned shares sum to 0.9"],
    [{ planned_shares: { a: 1 } }, "planned_shares: planned shares name fewer than two arms"],
    [{ planned_shares: { a: -1, b: 2 } }, "planned_shares.a: "],
    [
      { looks: { kind: "group_sequential" } },
      "planned_units: looks by `group_sequential` need `planned_units`",
    ],
    [
      { planned_units: 9, looks: { kind: "group_sequential", at: [0.5, 0.4, 1] } },
      "looks: looks come one after the other",
    ],
    [{ planned_units: 9, looks: { kind: "group_sequential", at: [0.5] } }, "looks: the last look is at 1"],
    [
      { planned_units: 9, looks: { kind: "group_sequential", at: [1], dates: ["2026-01-01"] } },
      "looks: looks are declared by `at` or by `dates`",
    ],
    [{ looks: { kind: "fixed" } }, "looks: a `fixed` look needs"],
    [{ repeat_sends: "no", repeats: { mean: 3, icc: 0.1 } }, "repeats: `repeats` is of people who count"],
    [{ pool_epochs: true }, "pool_epochs: `pool_epochs` needs two `epochs`"],
    [{ looks: { kind: "whenever" } }, "looks.kind: "],
    [{ metrics: { spend: { role: "main" } } }, "metrics.spend.role: "],
    [{ metrics: { spend: { margin: { kind: "relative", value: 0 } } } }, "metrics.spend.margin.value: "],
    [
      {
        epochs: [
          { from: "2026-02-01", planned_shares: { a: 1, b: 1 } },
          { from: "2026-01-01", planned_shares: { a: 1, b: 2 } },
        ],
      },
      "epochs: epochs must begin one after the other",
    ],
  ])("refuses %j", (override, problem) => {
    expect(problems(override).some((found) => found.startsWith(problem))).toBe(true);
  });

  it.each([
    [{ a: 1, b: 1, c: 1 }],
    [{ a: 0.5, b: 0.5 }],
    [{ a: 33.3, b: 33.3, c: 33.4 }],
    [{ a: 80, b: 20, c: 0 }],
  ])("takes shares %j", (planned_shares) => {
    expect(problems({ planned_shares })).toEqual([]);
  });
});

describe("a metric of a file", () => {
  const parse = (metric: object) =>
    FileExperiment.safeParse({
      id: "mail",
      name: "Mail",
      unit: "customer",
      arm_column: "segment",
      control: "none",
      metrics: [{ name: "spend_p90", column: "spend", ...metric }],
    });
  const said = (metric: object) => parse(metric).error?.issues.map(({ message }) => message) ?? [];

  it("of kind quantile says which, and takes no covariate", () => {
    expect(said({ kind: "quantile", quantile: 0.9 })).toEqual([]);
    expect(said({ kind: "quantile" })).toEqual([
      "a `quantile` metric says which: `quantile: 0.5` is the median",
    ]);
    expect(said({ kind: "quantile", quantile: 1 })).toHaveLength(1);
    expect(said({ kind: "mean", quantile: 0.9 })).toEqual(["only metrics of kind `quantile` have one"]);
    expect(said({ kind: "quantile", quantile: 0.9, covariate: "history" })).toEqual([
      "a quantile is not adjusted by a covariate: use a mean of kind `cuped`",
    ]);
  });
});
