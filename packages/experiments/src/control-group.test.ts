import type { ExperimentOverride } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import type { ArmMetric } from "./arm-metric.ts";
import { campaignArm } from "./campaign-arm.fixture.ts";
import type { ControlGroup } from "./control-group.ts";
import { NO_DEFINITIONS, resolveDefinition } from "./definition.ts";
import { NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";
import { nothingKnown } from "./missing.ts";

const ID = "main__global_control_group";
const side = (armId: string, n: number | null, x: number | null, change: Partial<ArmMetric> = {}) =>
  campaignArm(armId, 0, 0, {
    experimentId: ID,
    source: "global_control_group",
    dataGrade: "user_rows",
    unit: "user",
    armName: armId.replaceAll("_", " "),
    isControl: armId === "global_control_group",
    n,
    x,
    windowDays: null,
    ...change,
  });
const sides = (x: number, controlX: number) => [
  side("everybody_else", 90_000, x),
  side("global_control_group", 10_000, controlX),
];
const group: ControlGroup = {
  experimentId: ID,
  exports: 12,
  firstSeenOn: "2026-01-01",
  newestSeenOn: "2026-01-20",
  isAnotherGroup: false,
  people: 100_500,
  withoutId: 500,
};
/** As many assigned as are counted and `more`; of them `crossed` on both sides. */
const activity = (arms: readonly ArmMetric[], more = 0, crossed = 0) =>
  arms.map(({ armId, n }) => ({
    experimentId: ID,
    armId,
    assigned: (n ?? 0) + more,
    sent: null,
    delivered: null,
    opens: null,
    machineOpens: null,
    clicks: null,
    crossedUnits: crossed,
    duplicateRows: 0,
  }));

function judge(arms: ArmMetric[], own: ExperimentOverride = {}, known = activity(arms), of = group) {
  return judgeExperiment({
    arms,
    days: [],
    activity: known,
    group: of,
    definition: resolveDefinition({ ...own }, NO_DEFINITIONS.defaults),
    history: NO_HISTORY,
    experiments: 1,
  });
}

describe("the global control group", () => {
  it.each([
    [10_500, 1_000, {}, "ship", "All messages together bring more than none."],
    [7_500, 1_000, {}, "stop_harm", "All messages together do harm: find out which, and stop them."],
    [
      9_000,
      1_000,
      { ended: true, metrics: { conversion: { mde: { kind: "relative", value: 0.5 } } } },
      "stop_no_effect",
      "An effect worth having of all messages together is ruled out.",
    ],
  ] as const)(
    "is told in words about messages: %i and %i of 90,000 and 10,000",
    (x, controlX, own, decision, words) => {
      const { verdicts } = judge(sides(x, controlX), own as ExperimentOverride);
      expect(verdicts).toMatchObject([{ arm_id: "everybody_else", decision }]);
      expect(verdicts[0]!.explanation).toContain(words);
    },
  );

  it("counts what messages brought in all over those who were sent them", () => {
    const { results } = judge(sides(10_500, 1_000));
    const row = results.find(({ arm_id }) => arm_id === "everybody_else")!;
    expect(row.incremental).toBeCloseTo(1_500, 6);
    expect(row.incremental_low!).toBeLessThan(1_500);
    expect(row.incremental_high!).toBeGreaterThan(1_500);
  });

  it("waits for no one who was seen on both sides", () => {
    const arms = sides(9_000, 1_000);
    const { results, health } = judge(arms, {}, activity(arms, 30, 10));
    expect(results.map(({ units_maturing }) => units_maturing)).toEqual([20, 20]);
    expect(health.find(({ check_name }) => check_name === "contamination")).toMatchObject({ status: "pass" });
    const many = judge(arms, {}, activity(arms, 3_000, 3_000));
    expect(many.verdicts).toMatchObject([{ decision: "invalid", reason: "contamination" }]);
  });

  it("says since when it is known, who is left out, and that it was another one", () => {
    const of = (one: ControlGroup) =>
      judge(sides(9_000, 1_000), {}, [], one).health.find(
        ({ check_name }) => check_name === "control_group",
      )!;
    expect(of(group)).toMatchObject({ status: "pass", code: null, value: 12 });
    expect(of(group).detail).toContain("12 exports, from 2026-01-01 to 2026-01-20. 500 of 100,500 people");
    expect(of({ ...group, isAnotherGroup: true })).toMatchObject({ status: "warn", code: "another_group" });
  });

  it("has rows and one verdict that say why nobody can be counted", () => {
    const uncounted = { uncounted: "several_populations", kind: "mean" } as const;
    const arms = ["everybody_else", "global_control_group"].map((armId) =>
      side(armId, null, null, uncounted),
    );
    const { results, verdicts } = judge(arms, {}, []);
    expect(results.map(({ n, reason }) => [n, reason])).toEqual([
      [null, "several_populations"],
      [null, "several_populations"],
    ]);
    expect(verdicts).toMatchObject([{ arm_id: "all", decision: "invalid", reason: "several_populations" }]);
    expect(verdicts[0]!.explanation).toContain("global_control_population");
    expect(nothingKnown(ID, [])).toContain("has anybody in it");
  });
});
