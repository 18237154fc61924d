import type { ExperimentOverride } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import type { ArmMetric } from "../arm-metric.ts";
import { campaignArm } from "../campaign-arm.fixture.ts";
import { resolveDefinition } from "../definition.ts";
import { NO_HISTORY } from "../history.ts";
import { judgeExperiment } from "../judge.ts";

const arm = (armId: string, n: number, segment = "all", change: Partial<ArmMetric> = {}) =>
  campaignArm(armId, n, n / 10, { dataGrade: "user_rows", source: "file", segment, ...change });
const everybody = [arm("c", 4_000), arm("t", 4_000)];
const channels = [
  arm("c", 3_000, "channel=web"),
  arm("t", 3_000, "channel=web"),
  arm("c", 1_000, "channel=phone"),
  arm("t", 1_000, "channel=phone"),
];
const ages = [arm("c", 4_000, "age=old"), arm("t", 4_000, "age=old")];
const messages = [arm("c", 4_000, "message=1"), arm("t", 400, "message=2"), arm("c", 900, "message=2")];

function judge(arms: ArmMetric[], own: ExperimentOverride) {
  const definition = resolveDefinition({ ended: true, looks: { kind: "fixed" }, ...own });
  const input = { arms, days: [], activity: [], definition, history: NO_HISTORY, experiments: 1 };
  const { results, health, verdicts } = judgeExperiment(input);
  const groups = health.find(({ check_name }) => check_name === "groups");
  return { segments: new Set(results.map(({ segment }) => segment)), groups, results, verdicts };
}

describe("groups", () => {
  it("are those that are declared, and messages, which are numbered by themselves", () => {
    const arms = [...everybody, ...channels, ...ages, ...messages];
    expect(judge(arms, { segments: ["channel"] }).segments).toEqual(
      new Set(["all", "channel=web", "channel=phone", "message=1", "message=2"]),
    );
    expect(judge(arms, {}).segments).toContain("age=old");
    expect(judge(arms, { segments: [] }).segments).toEqual(new Set(["all", "message=1", "message=2"]));
  });

  it("leave what is said of everybody alone, whichever are declared", () => {
    const arms = [...everybody, ...channels, ...ages];
    const [few, many] = [judge(arms, { segments: ["age"] }), judge(arms, {})];
    expect(few.verdicts).toEqual(many.verdicts);
  });

  it("that nobody knows of are told", () => {
    const { groups } = judge([...everybody, ...channels], { segments: ["chanel"] });
    expect(groups).toMatchObject({ status: "warn", code: "unknown_group" });
    expect(groups?.detail).toBe(
      "No groups by chanel are known: they come from single people, as the metrics' model names them.",
    );
  });

  it("are each split as planned, or it is told of which one is not", () => {
    const planned_shares = { c: 1, t: 1 };
    const own = { segments: ["channel"], planned_shares };
    expect(judge([...everybody, ...channels], own).groups).toMatchObject({ status: "pass", value: 1 });
    // Over everybody the split fits; phones went to one arm more often, the web to the other.
    const skewed = [
      arm("c", 3_150, "channel=web"),
      arm("t", 2_850, "channel=web"),
      arm("c", 850, "channel=phone"),
      arm("t", 1_150, "channel=phone"),
    ];
    const said = judge([...everybody, ...skewed], own);
    // χ² = 300²/2000 = 45 in the smaller group.
    expect(said.groups).toMatchObject({ status: "warn", code: "group_srm" });
    expect(said.groups?.value).toBeCloseTo(2 * 1.970344471e-11, 18);
    expect(said.groups?.detail).toContain("channel=phone");
    expect(said.results[0]?.notes).toContain("group_srm");
    expect(said.verdicts[0]?.decision).not.toBe("invalid");
  });

  it("are not asked for where shares or groups are not known", () => {
    expect(judge([...everybody, ...channels], {}).groups?.code).toBe("weights_unknown");
    expect(judge(everybody, { planned_shares: { c: 1, t: 1 } }).groups?.code).toBe("not_applicable");
  });
});

describe("a metric that is declared", () => {
  const metricsOf = (metrics: ExperimentOverride["metrics"]) => {
    const definition = resolveDefinition({ metrics });
    const input = {
      arms: everybody,
      days: [],
      activity: [],
      definition,
      history: NO_HISTORY,
      experiments: 1,
    };
    return judgeExperiment(input).health.find(({ check_name }) => check_name === "metrics");
  };

  it("and that nobody reports is told, with those that are", () => {
    expect(metricsOf({ conversion: { role: "primary" } })?.status).toBe("pass");
    const misspelt = metricsOf({ conversoin: { role: "primary" } });
    expect(misspelt).toMatchObject({ status: "warn", code: "unknown_metric" });
    expect(misspelt?.detail).toMatch(/of conversoin: .* Reported are conversion\.$/);
  });
});

describe("a moment of exposure", () => {
  const told = (dataGrade: string) => {
    const definition = resolveDefinition({ exposure: "opened" });
    const arms = everybody.map((one) => ({ ...one, dataGrade }));
    const { health } = judgeExperiment({
      arms,
      days: [],
      activity: [],
      definition,
      history: NO_HISTORY,
      experiments: 1,
    });
    return health.find(({ check_name }) => check_name === "exposure");
  };

  it("after the assignment is warned of, and that totals do not know it", () => {
    expect(told("user_rows")).toMatchObject({ status: "warn", code: "post_assignment_exposure" });
    expect(told("rest_totals")).toMatchObject({ status: "warn", code: "exposure_not_exposed" });
  });
});
