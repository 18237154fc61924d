import type { ExperimentOverride } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import type { ArmActivity } from "./arm-activity.ts";
import { campaignDay as day } from "./arm-day.fixture.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { campaignArm } from "./campaign-arm.fixture.ts";
import { resolveDefinition } from "./definition.ts";
import { type History, NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";

const arm = (armId: string, change: Partial<ArmMetric> = {}) => campaignArm(armId, 5_000, 500, change);

interface More {
  days?: ArmDay[];
  activity?: ArmActivity[];
  srm?: History["srm"];
  today?: string;
}

function judge(
  arms: ArmMetric[],
  own: ExperimentOverride,
  { days = [], activity = [], srm = {}, today }: More = {},
) {
  return judgeExperiment({
    arms,
    days,
    activity,
    definition: resolveDefinition({ repeat_sends: "no", ...own }),
    history: { ...NO_HISTORY, srm },
    experiments: 1,
    today,
  });
}

const checkOf = ({ health }: ReturnType<typeof judge>, name: string) =>
  health.find(({ check_name }) => check_name === name);

describe("the split at every refresh", () => {
  const shares = { planned_shares: { c: 1, t: 1 } };
  const basis = "c=1,t=1 from the beginning";
  /** What the next evaluation reads of this one. */
  const after = (said: ReturnType<typeof judge>): History["srm"] => {
    const { value, observed } = checkOf(said, "srm_sequential")!;
    return { [basis]: { p: value!, observed: JSON.parse(observed!) } };
  };

  it("keeps its smallest p: units that come later do not hide a breach", () => {
    const broken = judge([arm("c", { n: 600 }), arm("t", { n: 400, x: 40 })], shares);
    const first = checkOf(broken, "srm_sequential")!;
    expect(first).toMatchObject({ status: "fail", basis, observed: '{"c":600,"t":400}' });
    // As many more in the other arm: χ² is content again.
    const hidden = [arm("c", { n: 5_010 }), arm("t", { n: 4_990 })];
    const later = judge(hidden, shares, { srm: after(broken) });
    expect(checkOf(later, "srm")?.status).toBe("pass");
    expect(checkOf(later, "srm_sequential")).toMatchObject({
      status: "fail",
      value: first.value,
      detail: expect.stringContaining("at an earlier look"),
    });
    expect(later.verdicts[0]).toMatchObject({ decision: "invalid", reason: "srm" });
    expect(later.verdicts[0]?.problems).toBe("srm_sequential");
    expect(later.results[0]?.notes).toContain("srm_failed");
    const again = judge([arm("c", { n: 6_010 }), arm("t", { n: 5_990 })], shares, { srm: after(later) });
    expect(checkOf(again, "srm_sequential")).toMatchObject({ status: "fail", value: first.value });
  });

  it("forgets it when the shares it was checked against were wrong", () => {
    const wrong = { "c=1,t=3 from the beginning": { p: 1e-9, observed: { c: 10, t: 10 } } };
    const said = judge([arm("c"), arm("t")], shares, { srm: wrong });
    expect(checkOf(said, "srm_sequential")?.status).toBe("pass");
  });

  it("forgets counts that were put right, for good", () => {
    const doubled = judge([arm("c", { n: 4_000 }), arm("t", { n: 2_000 })], shares);
    expect(checkOf(doubled, "srm_sequential")).toMatchObject({ status: "fail" });
    const right = judge([arm("c", { n: 2_000 }), arm("t", { n: 2_000 })], shares, { srm: after(doubled) });
    expect(right.verdicts[0]).toMatchObject({ decision: "keep_running" });
    const grown = judge([arm("c"), arm("t")], shares, { srm: after(right) });
    expect(checkOf(grown, "srm_sequential")).toMatchObject({ status: "pass", value: 1 });
  });

  describe("of a file that replaces the one before it", () => {
    const of = { experimentId: "main__campaign__x", sent: null, delivered: null, opens: null };
    const people = (c: number, t: number): ArmActivity[] =>
      Object.entries({ c, t }).map(([armId, assigned]) => {
        return {
          ...of,
          armId,
          assigned,
          machineOpens: null,
          clicks: null,
          crossedUnits: 0,
          duplicateRows: 0,
        };
      });
    const file = (c: number, t: number, before?: ReturnType<typeof judge>) =>
      judge([arm("c"), arm("t")], shares, { activity: people(c, t), srm: before ? after(before) : {} });

    it("forgets an arm that was cut off", () => {
      const cut = file(5_000, 1_000);
      expect(cut.verdicts[0]).toMatchObject({ decision: "invalid", reason: "srm" });
      const whole = file(5_000, 5_000, cut);
      expect(checkOf(whole, "srm_sequential")).toMatchObject({ status: "pass", value: 1 });
      expect(whole.verdicts[0]).toMatchObject({ decision: "keep_running", problems: null });
      expect(file(9_000, 9_000, whole).verdicts[0]).toMatchObject({ problems: null });
    });

    it("keeps a breach that people who come later hide", () => {
      const hidden = file(50_100, 49_900, file(600, 400));
      expect(checkOf(hidden, "srm")).toMatchObject({ status: "pass" });
      expect(checkOf(hidden, "srm_sequential")).toMatchObject({ status: "fail" });
    });
  });

  it("hands nothing on where the people of one day are compared: the next day's are others", () => {
    const twice = [arm("c", { unitDays: 2 }), arm("t", { unitDays: 2 })];
    const repeat = { ...shares, repeat_sends: "unknown" } as const;
    const first = [day("c", "2026-01-01", 600, 1), day("t", "2026-01-01", 400, 1)];
    const broken = judge(twice, repeat, { days: first });
    expect(checkOf(broken, "srm_sequential")).toMatchObject({ status: "fail", observed: null });
    const days = [...first, day("c", "2026-01-02", 2_000, 1), day("t", "2026-01-02", 2_000, 1)];
    const srm = { [basis]: { p: 1e-9, observed: { c: 600, t: 400 } } };
    expect(checkOf(judge(twice, repeat, { days, srm }), "srm_sequential")).toMatchObject({ status: "pass" });
  });
});

describe("allocation epochs", () => {
  // A season with few conversions and most people in the control, then one with many and most in the treatment: no effect in either.
  const days = [
    day("c", "2026-01-01", 8_000, 400),
    day("t", "2026-01-01", 2_000, 100),
    day("c", "2026-01-10", 2_000, 400),
    day("t", "2026-01-10", 8_000, 1_600),
  ];
  const arms = [arm("c", { n: 10_000, x: 800 }), arm("t", { n: 10_000, x: 1_700 })];
  const epochs = [
    { from: "2026-01-01", planned_shares: { c: 4, t: 1 } },
    { from: "2026-01-10", planned_shares: { c: 1, t: 4 } },
  ];

  it("are pooled, when asked, each against its own control", () => {
    const { results, verdicts } = judge(arms, { epochs, pool_epochs: true, maturity_days: 0 }, { days });
    const treatment = results.find(({ arm_id }) => arm_id === "t");
    expect(treatment).toMatchObject({ n: 10_000, x: 1_700, method: "stratified_z" });
    expect(treatment?.effect).toBeCloseTo(0, 12);
    expect(treatment?.p_value).toBeCloseTo(1, 9);
    // 900 more conversions are those of the season, not of the treatment.
    expect(treatment?.incremental).toBeCloseTo(0, 9);
    expect(treatment?.incremental_high).toBeCloseTo(-treatment!.incremental_low!, 9);
    expect(verdicts[0]?.decision).toBe("keep_running");
    // Unpooled counts would have shipped it.
    expect(judge(arms, { planned_shares: { c: 1, t: 1 } }).verdicts[0]?.decision).toBe("ship");
  });

  it("are each checked against their own shares", () => {
    const pooled = (own: typeof epochs) =>
      checkOf(judge(arms, { epochs: own, pool_epochs: true, maturity_days: 0 }, { days }), "srm");
    expect(pooled(epochs)).toMatchObject({ status: "pass" });
    expect(pooled([epochs[0]!, { ...epochs[1]!, planned_shares: { c: 1, t: 3 } }])).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("c 2000, t 8000"),
    });
  });
});

describe("freshness", () => {
  const arms = [arm("c"), arm("t")];
  const at = (today: string, own: ExperimentOverride = {}) =>
    checkOf(judge(arms, own, { today }), "freshness");

  it("is told against the clock", () => {
    expect(at("2026-01-22")).toMatchObject({ status: "pass", value: 2 });
    expect(at("2026-01-23")).toMatchObject({ status: "warn", code: "stale_data", value: 3 });
  });

  it("is not asked of what is over, or where nobody told the time", () => {
    expect(at("2026-09-01", { ended: true })?.status).toBe("not_checked");
    expect(checkOf(judge(arms, {}), "freshness")?.status).toBe("not_checked");
  });
});

describe("heavy tails", () => {
  const amounts = (values: number[]): Partial<ArmMetric> => {
    const sum = (power: number) => values.reduce((total, value) => total + value ** power, 0);
    const sums = { valueSum: sum(1), valueSumsq: sum(2), valueSumcubes: sum(3) };
    const of = { metric: "spend", kind: "mean", role: "secondary", dataGrade: "user_rows" };
    return { ...of, n: values.length, x: null, ...sums };
  };
  const people = [arm("c"), arm("t")];

  it("are warned of where a few people bring most of it", () => {
    const whale = amounts([...Array.from({ length: 999 }, (_, i) => i % 3), 50_000]);
    const said = judge([...people, arm("c", whale), arm("t", whale)], {});
    expect(checkOf(said, "heavy_tail")).toMatchObject({ status: "warn", code: "heavy_tail" });
    const row = said.results.find(({ metric, arm_id }) => metric === "spend" && arm_id === "t");
    expect(row?.notes).toContain("heavy_tail");
    expect(said.verdicts[0]?.decision).not.toBe("invalid");
  });

  it("are not seen in ordinary amounts", () => {
    const plain = amounts(Array.from({ length: 1_000 }, (_, i) => i % 7));
    const said = judge([...people, arm("c", plain), arm("t", plain)], {});
    expect(checkOf(said, "heavy_tail")?.status).toBe("pass");
  });
});
