import type { ArmDay } from "@lifecycle/experiments";
import { describe, expect, it } from "vitest";
import { binomialBounds } from "./experiments-support/binomial.ts";
import { type Broken, inputOf, judgePlanted, plantedCampaigns } from "./experiments-support/planted.ts";

// A short version of test/long/experiments-sandbox.test.ts.
const planted = plantedCampaigns(1, 60);
const withControl = planted.filter(({ campaign }) => campaign.arms.some(({ isControl }) => isControl));

const activity = (change: { crossedUnits?: number; opens?: number }): Broken => ({
  activity: (arms, control) =>
    arms.map(({ armId, n }) => ({
      experimentId: "x",
      armId,
      assigned: n,
      sent: null,
      delivered: null,
      opens: armId === control ? (change.opens ?? null) : null,
      machineOpens: null,
      clicks: null,
      crossedUnits: change.crossedUnits === undefined ? null : Math.ceil(n! * change.crossedUnits),
      duplicateRows: null,
    })),
});

/** Less of the last arm from a share of its days on. */
const less = (keep: number, after = 0) => ({
  days: (day: ArmDay, { arms }: { arms: readonly unknown[] }) => {
    const isLast = day.armId === String(arms.length - 1);
    if (!isLast || day.date < `2026-0${4 + after}-20`) return day;
    return { ...day, n: Math.floor(day.n * keep), x: Math.floor(day.x! * keep) };
  },
});

describe("planted campaigns", () => {
  it("are judged as planted", () => {
    const said = planted.map((one) => ({ one, arms: judgePlanted(inputOf(one, "fixed")) }));
    const nulls = said.filter(({ one }) => one.campaign.planted === "null");
    const falseShips = nulls.filter(({ arms }) => arms.some(({ verdict }) => verdict.decision === "ship"));
    expect(nulls.length).toBeGreaterThan(10);
    expect(falseShips.length).toBeLessThanOrEqual(binomialBounds(nulls.length, 0.025).most);
    const gains = said.flatMap(({ arms }) => arms.filter(({ lift }) => (lift ?? 0) > 0.01).slice(0, 1));
    const promised = gains.reduce((sum, gain) => sum + gain.promised!, 0);
    const spread = gains.reduce((sum, gain) => sum + gain.promised! * (1 - gain.promised!), 0);
    const ships = gains.filter(({ verdict }) => verdict.decision === "ship").length;
    expect(Math.abs(ships - promised)).toBeLessThanOrEqual(3.29 * Math.sqrt(spread) + 1);
    expect(said.flatMap(({ arms }) => arms).every(({ verdict }) => verdict.problems !== "missing_arm")).toBe(
      true,
    );
  });

  it.each([
    ["a split that is not as planned", "srm", "srm", less(0.7)],
    ["crossing users", "contamination", "contamination", activity({ crossedUnits: 0.03 })],
    ["a control that opens", "data_error", "control_received_messages", activity({ opens: 9 })],
    ["an arm whose sends stopped", "data_error", "arm_stopped", less(0, 1)],
  ])("are invalid with %s, for the right reason", (_, reason, code, broken) => {
    const sizeable = withControl.filter(({ days }) => days.reduce((sum, { n }) => sum + n, 0) > 4_000);
    expect(sizeable.length).toBeGreaterThan(8);
    for (const one of sizeable) {
      const [said] = judgePlanted(inputOf(one, "fixed", broken));
      expect(said?.verdict, one.campaign.name).toMatchObject({ decision: "invalid", reason });
      expect(said?.verdict.problems?.split(",")).toContain(code);
      expect(said?.verdict.verdict).toBe("insufficient");
    }
  });
});
