import { describe, expect, it } from "vitest";
import { arm, brokenNumbers, control, judge, treatment } from "./file-arm.fixture.ts";

describe("the control", () => {
  const arms = [arm({ armId: "a", isControl: null }), arm({ armId: "b", isControl: null, x: 160 })];

  it("is not guessed: without one the arms are only asked whether they differ at all", () => {
    const rows = judge(arms);
    expect(treatment(rows, "a")).toMatchObject({
      status: "not_estimable",
      reason: "no_control",
      n: 1000,
      value: 0.1,
    });
    const all = treatment(rows, "all");
    expect(all).toMatchObject({ method: "omnibus_chi2", status: "estimated", df: 1, verdict: null, n: 2000 });
    expect(all.chi2).toBeCloseTo((2 * 30 ** 2) / (1000 * 0.13 * 0.87), 9);
    expect(brokenNumbers(rows)).toEqual([]);
  });

  it("is the declared one, by id or by name, over what the data say", () => {
    const rows = judge([control(), arm({ armId: "a", armName: "plain" })], { control: "plain" });
    expect(treatment(rows, "a").status).toBe("control");
    expect(treatment(rows, "none")).toMatchObject({ status: "estimated", control_arm_id: "a" });
  });

  it("is missing when the declared one does not exist", () => {
    expect(treatment(judge(arms, { control: "gone" })).reason).toBe("unknown_control");
  });

  it("passes over an empty twin, but does not choose between two in use", () => {
    const twin = control({ armId: "none-push", n: 0, x: 0 });
    expect(treatment(judge([control(), twin, arm({ armId: "a" })])).status).toBe("estimated");
    const used = control({ armId: "none-push" });
    expect(treatment(judge([control(), used, arm({ armId: "a" })])).reason).toBe("several_controls");
  });

  it("alone is no experiment", () => {
    expect(judge([control()])).toMatchObject([{ status: "control", reason: "too_few_arms" }]);
    expect(judge([arm({ armId: "a" })])).toMatchObject([{ reason: "no_control" }]);
  });
});

describe("notes", () => {
  const mails = [control({ n: 1000 }), arm({ armId: "a", n: 1000, x: 160 })];

  it("say that weights are unknown rather than assume them equal", () => {
    expect(treatment(judge(mails)).notes).toBe("weights_unknown");
  });

  it("are empty when shares were planned and fit", () => {
    expect(treatment(judge(mails, { planned_shares: { none: 1, a: 1 } })).notes).toBeNull();
  });

  it("withhold the verdict when the shares seen do not fit", () => {
    const row = treatment(judge(mails, { planned_shares: { none: 1, a: 3 } }));
    expect(row).toMatchObject({ notes: "srm_failed", verdict: "insufficient" });
  });

  it("say what campaign totals cannot know", () => {
    const campaign = {
      source: "campaign",
      dataGrade: "rest_totals",
      controlBasis: "reported",
      unitDays: 3,
      unclosedDays: 2,
    };
    const rows = judge([control(campaign), arm({ armId: "a", ...campaign })], {
      planned_shares: { none: 1, a: 1 },
    });
    expect(treatment(rows)).toMatchObject({
      notes: "control_assigned_others_received,immature,unit_bounded",
      data_state: "settling",
    });
  });

  it("say that a Canvas's control was inferred, unless it was declared", () => {
    const canvas = { source: "canvas", controlBasis: "no_first_step", unitDays: 1, unclosedDays: 0 };
    const arms = [control(canvas), arm({ armId: "a", ...canvas })];
    expect(treatment(judge(arms)).notes).toContain("control_inferred");
    expect(treatment(judge(arms, { control: "none" })).notes).not.toContain("control_inferred");
  });
});
