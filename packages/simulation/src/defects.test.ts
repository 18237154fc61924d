import { describe, expect, it } from "vitest";
import { campaignAssignments } from "./assignments.ts";
import type { Campaign } from "./campaign.ts";
import { DEFECTS, type Defect } from "./defects.ts";
import { campaignTruth } from "./truth-campaign.ts";
import { createWorld } from "./world.ts";

const nowMs = Date.UTC(2026, 5, 30, 12);
const settings = { seed: 3, campaigns: 80, canvases: 0, days: 20, users: 60_000, timeZone: "UTC", nowMs };
const sound = createWorld(settings);
const broken = createWorld({ ...settings, defects: DEFECTS });
const truth = (world: typeof sound, campaign: Campaign) =>
  campaignTruth(world, campaign, nowMs, world.firstDay, world.calendar.dayOf(nowMs));
const having = (defect: Defect | null) => broken.campaigns(nowMs).filter((one) => one.defect === defect);
const recipients = (world: typeof sound, campaign: Campaign, arm: number) =>
  truth(world, campaign).map(
    ({ variants }) => variants.find((_, at) => campaign.messages[at]!.arm === arm)!.unique_recipients!,
  );
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("defects", () => {
  it("are planted in every second test with a control, and change nothing else", () => {
    expect(sound.campaigns(nowMs).every(({ defect }) => defect === null)).toBe(true);
    for (const defect of DEFECTS) expect(having(defect).length).toBe(4);
    for (const campaign of having(null))
      expect(truth(broken, campaign)).toEqual(truth(sound, sound.campaignById(campaign.id, nowMs)!));
  });

  it("lose people of the first arm, or all of them from the middle on", () => {
    const split = having("split");
    const of = (world: typeof sound, arm: number) =>
      sum(split.map(({ id }) => sum(recipients(world, world.campaignById(id, nowMs)!, arm))));
    expect(of(broken, 0) / of(sound, 0)).toBeCloseTo(0.7, 1);
    expect(of(broken, 1) / of(sound, 1)).toBeCloseTo(1, 1);
    for (const campaign of having("stopped_sends")) {
      const days = recipients(broken, campaign, 0);
      expect([sum(days.slice(0, 10)) > 0, sum(days.slice(10))]).toEqual([true, 0]);
    }
  });

  it("let some of a control have the message", () => {
    for (const campaign of having("control_opens")) {
      const at = campaign.messages.findIndex(({ isControl }) => isControl);
      const days = truth(broken, campaign).map(({ variants }) => variants[at]!);
      expect(sum(days.map(({ sent, opens }) => (sent ?? 0) + (opens ?? 0)))).toBeGreaterThan(0);
    }
  });

  it("give some people a second arm in the list of assignments", () => {
    const crossed = (campaign: Campaign) => {
      const rows = [...campaignAssignments(broken, campaign, nowMs)];
      const units = new Set(rows.map(({ unit_id }) => unit_id));
      return units.size === 0 ? 0 : (rows.length - units.size) / units.size;
    };
    for (const campaign of having("crossing")) {
      expect(crossed(campaign)).toBeGreaterThan(0.02);
      expect(crossed(campaign)).toBeLessThan(0.09);
    }
    for (const campaign of having(null)
      .filter(({ isMultivariate }) => isMultivariate)
      .slice(0, 5))
      expect(crossed(campaign)).toBe(0);
  });
});
