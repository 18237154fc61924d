import type { ExperimentOverride, Looks } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { campaignDay as day } from "./arm-day.fixture.ts";
import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { campaignArm as arm } from "./campaign-arm.fixture.ts";
import { NO_DEFINITIONS, resolveDefinition } from "./definition.ts";
import { type History, NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";
import { sayOf } from "./words.ts";

function judge(
  arms: ArmMetric[],
  own: ExperimentOverride,
  more: { days?: ArmDay[]; history?: History } = {},
) {
  return judgeExperiment({
    arms,
    days: more.days ?? [],
    activity: [],
    definition: resolveDefinition(own),
    history: more.history ?? NO_HISTORY,
    experiments: 1,
  });
}

const verdict = (...args: Parameters<typeof judge>) => judge(...args).verdicts[0]!;

describe("looks", () => {
  const usual = (looks: Looks, own: ExperimentOverride) =>
    resolveDefinition(own, { ...NO_DEFINITIONS.defaults, looks }).looks;

  it("of an experiment that declares none are the usual ones, as far as its plan allows them", () => {
    const pocock: Looks = { kind: "group_sequential", spending: "pocock" };
    expect(usual(pocock, { planned_units: 9_000 })).toBe(pocock);
    expect(usual({ kind: "fixed" }, { planned_units: 9_000 })).toEqual({ kind: "fixed" });
    // Shares of a size that nobody planned are no looks.
    expect(usual(pocock, { planned_days: 9 }).kind).toBe("confidence_sequence");
    const sequence: Looks = { kind: "confidence_sequence", expected_units: 9 };
    expect(usual(sequence, {})).toBe(sequence);
    expect(usual(sequence, { planned_units: 9_000 })).toEqual({ kind: "group_sequential", spending: "obf" });
  });

  it("at numbers that cannot be compared say so, and not that they may be chance", () => {
    expect(verdict([arm("c", 5_000, 0), arm("t", 5_000, 0)], {}).explanation).toMatch(
      /^t cannot be compared with c on conversion yet\./,
    );
  });

  const arms = [arm("c", 5_000, 500), arm("t", 5_000, 570)]; // z = 2.27

  it("a fixed test says nothing before its end, and then what it finds", () => {
    const before = judge(arms, { looks: { kind: "fixed" }, planned_units: 20_000 });
    expect(before.verdicts[0]).toMatchObject({
      decision: "keep_running",
      reason: "fixed_horizon_not_reached",
    });
    expect(before.results.find(({ arm_id }) => arm_id === "t")?.verdict).toBe("insufficient");
    expect(before.verdicts[0]?.units_needed).toBe(5_000);
    expect(verdict(arms, { looks: { kind: "fixed" }, planned_units: 10_000 })).toMatchObject({
      decision: "ship",
    });
  });

  it("an early group-sequential look needs more than 1.96", () => {
    expect(verdict(arms, { planned_units: 20_000 })).toMatchObject({
      looks: "group_sequential",
      look: 2,
      looks_planned: 5,
      decision: "keep_running",
      reason: "collecting",
      information: 0.5,
    });
  });

  it("a confidence sequence is wider still, and holds without a plan", () => {
    const said = verdict(arms, {});
    expect(said).toMatchObject({
      looks: "confidence_sequence",
      decision: "keep_running",
      reason: "collecting",
    });
    expect(said.decision_low).toBeLessThan(0);
    expect(said.next_look_date).toBe("2026-01-27");
    expect(said.explanation).toContain("Look again on 2026-01-27");
    expect(verdict([arm("c", 5_000, 500), arm("t", 5_000, 700)], {})).toMatchObject({ decision: "ship" });
  });

  it("nothing is claimed in the first days, or of few people", () => {
    const young = { firstDate: "2026-01-18" };
    const strong = [arm("c", 5_000, 500, young), arm("t", 5_000, 700, young)];
    expect(verdict(strong, {})).toMatchObject({ reason: "warming_up", next_look_date: "2026-01-25" });
    expect(verdict([arm("c", 400, 20), arm("t", 400, 80)], {})).toMatchObject({ reason: "warming_up" });
    expect(verdict([arm("c", 400, 80), arm("t", 400, 20)], {})).toMatchObject({ reason: "warming_up" });
  });
});

describe("the end", () => {
  const over: ExperimentOverride = { looks: { kind: "fixed" }, ended: true };

  it("a test that is over with too few people waits for nobody", () => {
    const over = verdict([arm("c", 400, 20), arm("t", 400, 80)], { ended: true });
    expect(over).toMatchObject({
      decision: "inconclusive",
      reason: "too_few_units",
      verdict: "insufficient",
      next_look_date: null,
    });
    expect(over.explanation).toBe(
      "The test is over with too few people to say anything about t: 400, and every arm needs 500.",
    );
    const idle = { lastDate: "2026-01-02", asOf: "2026-02-20" };
    const [c, t] = [arm("c", 400, 20, idle), arm("t", 400, 80, idle)];
    expect(verdict([c, t], {}).reason).toBe("too_few_units");
  });

  it("rules an effect out, finds harm, or proves nothing", () => {
    const mde = { metrics: { conversion: { mde: { kind: "relative", value: 0.1 } } } } as const;
    expect(
      verdict([arm("c", 100_000, 20_000), arm("t", 100_000, 20_010)], { ...over, ...mde }),
    ).toMatchObject({
      decision: "stop_no_effect",
      reason: "within_mde",
    });
    expect(verdict([arm("c", 5_000, 700), arm("t", 5_000, 500)], over)).toMatchObject({
      decision: "stop_harm",
    });
    expect(verdict([arm("c", 500, 50), arm("t", 500, 51)], over)).toMatchObject({ decision: "inconclusive" });
  });

  it("comes by itself when nobody was added for long", () => {
    const idle = { asOf: "2026-03-01" };
    expect(verdict([arm("c", 5_000, 500, idle), arm("t", 5_000, 510, idle)], {})).toMatchObject({
      decision: "inconclusive",
      reason: "not_significant",
    });
  });

  it("chooses the best of several that may be shipped, or calls a tie", () => {
    const three = (b: number) =>
      judge([arm("c", 9_000, 900), arm("a", 9_000, 1_300), arm("b", 9_000, b)], over).verdicts;
    expect(three(1_310).map(({ is_winner, tied_with }) => [is_winner, tied_with])).toEqual([
      [false, null],
      [true, "a"],
    ]);
    expect(three(1_600)[1]).toMatchObject({ is_winner: true, tied_with: null });
  });
});

describe("guardrails", () => {
  const optOut = (armId: string, x: number) =>
    arm(armId, 20_000, x, { metric: "opt_out", role: "guardrail" });
  const gain = [arm("c", 20_000, 2_000), arm("t", 20_000, 2_400)];
  const own = (value: number): ExperimentOverride => ({
    looks: { kind: "fixed" },
    ended: true,
    metrics: { opt_out: { role: "guardrail", direction: "lower", margin: { kind: "absolute", value } } },
  });

  it("must be shown to hold: not significant is not passed", () => {
    expect(verdict([...gain, optOut("c", 200), optOut("t", 205)], own(0.004))).toMatchObject({
      decision: "ship",
    });
    const unsure = judge([...gain, optOut("c", 200), optOut("t", 205)], own(0.001));
    expect(unsure.verdicts[0]).toMatchObject({ decision: "inconclusive", reason: "guardrail_unresolved" });
    expect(unsure.results.find((row) => row.metric === "opt_out" && row.arm_id === "t")?.guardrail).toBe(
      "unresolved",
    );
  });

  it("allow for the noise of the control that a relative margin is a share of", () => {
    const relative = (repeats?: ExperimentOverride["repeats"]): ExperimentOverride => ({
      looks: { kind: "fixed" },
      ended: true,
      ...(repeats ? { repeat_sends: "yes", repeats } : {}),
      metrics: {
        opt_out: { role: "guardrail", direction: "lower", margin: { kind: "relative", value: 0.5 } },
      },
    });
    const stateOf = (x: number, own: ExperimentOverride) =>
      judge([...gain, optOut("c", 200), optOut("t", x)], own).results.find(
        (row) => row.metric === "opt_out" && row.arm_id === "t",
      )?.guardrail;
    // pc + 0.5·pc − pt against 1.96·√(vt + 1.5²·vc): 249 opt-outs are too many …
    expect([stateOf(245, relative()), stateOf(252, relative())]).toEqual(["pass", "unresolved"]);
    // … and 201 where the variance of both arms is four times as large.
    const four = { mean: 4, cv: 0, icc: 1 };
    expect([stateOf(196, relative(four)), stateOf(205, relative(four))]).toEqual(["pass", "unresolved"]);
  });

  it("hold a test back when they are declared and nobody reports them", () => {
    const held = verdict(gain, own(0.004));
    expect(held).toMatchObject({ decision: "inconclusive", reason: "guardrail_unresolved" });
    expect(held.explanation).toContain("not yet sure that opt_out (not reported) got no worse");
    expect(verdict([arm("c", 20_000, 2_400), arm("t", 20_000, 2_000)], own(0.004)).decision).toBe(
      "stop_harm",
    );
  });

  it("stop a test that wins otherwise", () => {
    expect(verdict([...gain, optOut("c", 200), optOut("t", 400)], own(0.002))).toMatchObject({
      decision: "stop_harm",
      reason: "guardrail",
    });
  });
});

describe("time to convert", () => {
  const days = ["2026-01-01", "2026-01-10", "2026-01-19"].flatMap((date) => [
    day("c", date, 1_000, 100),
    day("t", date, 1_000, date === "2026-01-19" ? 10 : 130),
  ]);
  const window = { windowDays: 7, unitDays: 3 };
  const arms = [arm("c", 3_000, 300, window), arm("t", 3_000, 270, window)];

  it("leaves out who can still convert, and says how many", () => {
    const { results, health } = judge(arms, {}, { days });
    expect(results.find(({ arm_id }) => arm_id === "t")).toMatchObject({
      n: 2_000,
      x: 260,
      units_maturing: 1_000,
    });
    expect(health.find(({ check_name }) => check_name === "maturity")).toMatchObject({
      code: "maturing",
      value: 2_000,
    });
  });

  it("waits when nobody has had it", () => {
    const said = verdict(arms, { maturity_days: 60, planned_shares: { c: 1, t: 1 } }, { days });
    expect(said).toMatchObject({ decision: "keep_running", problems: null });
  });

  it("is waited for where a test was declared over", () => {
    const over: ExperimentOverride = { looks: { kind: "fixed" }, ended: true, repeat_sends: "no" };
    const early = verdict(arms, over, { days });
    expect(early).toMatchObject({ reason: "fixed_horizon_not_reached", look: null });
    expect(early.explanation).toBe(
      "The test is over, but people can still convert: it is looked at when all have had their time.",
    );
    const later = arms.map((one) => ({ ...one, asOf: "2026-01-26" }));
    expect(verdict(later, over, { days })).toMatchObject({ look: 1, units: 6_000, is_final_look: true });
  });

  it("begins anew with the newest allocation", () => {
    const epochs = [
      { from: "2026-01-01", planned_shares: { c: 1, t: 3 } },
      { from: "2026-01-10", planned_shares: { c: 1, t: 1 } },
    ];
    const { results } = judge(arms, { epochs, maturity_days: 0, repeat_sends: "no" }, { days });
    expect(results.find(({ arm_id }) => arm_id === "t")).toMatchObject({ n: 2_000, x: 140 });
  });
});

describe("paths of an experiment step", () => {
  const of = (armId: string, change: Partial<ArmMetric> = {}) =>
    arm(armId, 0, 40, {
      source: "canvas_step",
      uncounted: "path_entries_not_exposed",
      unit: "path_entry",
      n: null,
      unitDays: null,
      isControl: null,
      ...change,
    });
  const arms = [
    of("c"),
    of("t", { x: 90 }),
    of("c", { metric: "revenue", kind: "mean", role: "secondary", x: null, valueSum: 30 }),
    of("t", { metric: "revenue", kind: "mean", role: "secondary", x: null, valueSum: 90 }),
  ];
  const code = "path_entries_not_exposed";

  it.each<[string, ExperimentOverride]>([
    ["as found", {}],
    ["with a control and shares declared", { control: "c", planned_shares: { c: 1, t: 1 } }],
    ["with looks declared", { control: "c", planned_units: 1_000 }],
  ])("cannot be compared, since nobody counts who took them: %s", (_, own) => {
    const { results, verdicts, health } = judge(arms, own);
    expect(results.map(({ status, reason }) => [status, reason])).toEqual(
      results.map(() => ["not_estimable", code]),
    );
    expect(results.map(({ arm_id, metric, n, x }) => [arm_id, metric, n, x])).toEqual([
      ["c", "conversion", null, 40],
      ["t", "conversion", null, 90],
      ["all", "conversion", null, 130],
      ["c", "revenue", null, null],
      ["t", "revenue", null, null],
    ]);
    expect(verdicts).toMatchObject([
      {
        arm_id: "all",
        decision: "invalid",
        reason: code,
        verdict: "insufficient",
        problems: code,
        units: null,
      },
    ]);
    expect(verdicts[0]!.explanation).toContain("how many people took each path");
    const codes = new Map(health.map((check) => [check.check_name, `${check.status} ${check.code}`]));
    expect([codes.get("arms"), codes.get("unit"), codes.get("srm")]).toEqual([
      `not_checked ${code}`,
      `not_checked ${code}`,
      own.planned_shares ? `not_checked ${code}` : "not_checked weights_unknown",
    ]);
    expect(health.filter(({ status }) => status === "fail")).toEqual([]);
  });

  it("are not called untrustworthy", () => {
    expect(sayOf(verdict(arms, {}))).toBe("Cannot be judged");
  });
});

describe("bad input", () => {
  it.each([
    ["conversions above recipients", [arm("c", 100, 10), arm("t", 100, 101)], "successes_exceed_trials"],
    ["a negative count", [arm("c", 100, 10), arm("t", 100, -1)], "negative"],
    ["an arm that was planned and is empty", [arm("c", 1_000, 10), arm("t", 0, 0)], "missing_arm"],
    ["no control", [arm("a", 100, 10), arm("b", 100, 10)], "no_control"],
  ])("is invalid, with its reason: %s", (_, arms, code) => {
    const planned_shares = Object.fromEntries(arms.map(({ armId }) => [armId, 1]));
    const said = verdict(arms, { planned_shares });
    const reason = code === "no_control" ? code : "data_error";
    expect(said).toMatchObject({ decision: "invalid", reason, verdict: "insufficient" });
    expect(said.problems?.split(",")).toContain(code);
  });

  it("allows for the same people on every day, unless somebody says otherwise", () => {
    const over = (own: ExperimentOverride) => {
      const arms = [arm("c", 9_000, 900, { unitDays: 9 }), arm("t", 9_000, 1_080, { unitDays: 9 })];
      return judge(arms, own).results.find(({ arm_id }) => arm_id === "t")!;
    };
    const [once, worst] = [over({ repeat_sends: "no" }), over({})];
    expect(worst.z).toBeCloseTo(once.z! / 3, 12);
    expect(worst.effect).toBe(once.effect);
    expect(worst.effect_se).toBeCloseTo(once.effect_se! * 3, 12);
    expect(worst.p_value).toBeGreaterThan(0.05);
    expect(worst.effect_low).toBeLessThan(0);
    expect(worst.incremental_low).toBeCloseTo(9_000 * worst.effect_low!, 9);
    expect(worst.notes).toContain("unit_bounded");
    const variants = ["a", "b"].map((id, i) => arm(id, 9_000, 900 + 180 * i, { unitDays: 9 }));
    const omnibus = (own: ExperimentOverride) =>
      judge(variants, own).results.find(({ chi2 }) => chi2 !== null);
    expect(omnibus({})!.chi2).toBeCloseTo(omnibus({ repeat_sends: "no" })!.chi2! / 9, 9);
    expect(omnibus({ repeat_sends: "yes" })).toBeUndefined();
    const known = over({ repeat_sends: "yes", repeats: { mean: 9, cv: 0, icc: 0.125 } });
    expect(known.z).toBeCloseTo(once.z! / Math.sqrt(2), 12);
  });

  it("gives counts of people who were counted several times no p", () => {
    const { results } = judge([arm("c", 5_000, 500), arm("t", 5_000, 700)], { repeat_sends: "yes" });
    expect(results.find(({ arm_id }) => arm_id === "t")).toMatchObject({
      reason: "unit_mismatch",
      p_value: null,
    });
  });
});
