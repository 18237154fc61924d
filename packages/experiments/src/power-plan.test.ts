import { describe, expect, it } from "vitest";
import { type PowerRequest, planPower } from "./power-plan.ts";

const rate: PowerRequest = {
  kind: "proportion",
  baseline: 0.05,
  lift: 0.2,
  alpha: 0.05,
  power: 0.8,
  shares: [1, 1],
  looks: "fixed",
};

describe("planPower", () => {
  it("gives R's size for two rates", () => {
    // power.prop.test(p1 = .05, p2 = .06, power = .8): n = 8157.73
    expect(planPower(rate).perArm).toEqual([8158, 8158]);
  });

  it("gives R's size for two means", () => {
    // z version of power.t.test(delta = 1, sd = 10, power = .8): 2 (1.959964 + 0.8416212)² · 100 = 1569.77
    expect(planPower({ ...rate, kind: "mean", baseline: 10, lift: 0.1, sd: 10 }).perArm).toEqual([
      1570, 1570,
    ]);
  });

  it("asks for more units for more arms and for more looks, most for looks without a plan", () => {
    const single = planPower(rate).perArm[0]!;
    expect(planPower({ ...rate, shares: [1, 1, 1] }).perArm[0]).toBeGreaterThan(1.1 * single);
    const planned = planPower({ ...rate, looks: "group_sequential" });
    expect(planned.inflation).toBeGreaterThan(1.01);
    expect(planned.inflation).toBeLessThan(1.1);
    expect(planPower({ ...rate, looks: "confidence_sequence" }).inflation).toBeGreaterThan(1.5);
  });

  it("counts days in whole weeks, and says when an audience is too small", () => {
    expect(planPower({ ...rate, perDay: 2_000, windowDays: 3 })).toMatchObject({
      enrolDays: 9,
      totalDays: 14,
    });
    expect(planPower({ ...rate, perDay: 2_000, audience: 10_000 })).toMatchObject({
      isReachable: false,
      totalDays: null,
    });
  });

  it.each([
    [{ lift: 0 }],
    [{ baseline: 1.2 }],
    [{ baseline: 0.95, lift: 0.1 }],
    [{ alpha: 0 }],
    [{ alpha: 1 }],
    [{ power: 1 }],
    [{ shares: [1] }],
    [{ shares: [1, 0] }],
    [{ kind: "mean" as const, baseline: 10 }],
    [{ baseline: Number.NaN }],
  ])("refuses %j", (change) => {
    expect(() => planPower({ ...rate, ...change })).toThrow(
      expect.objectContaining({ code: "power.bad_input" }),
    );
  });
});
