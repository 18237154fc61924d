import { describe, expect, it } from "vitest";
import { dayNumber } from "./calendar.ts";
import { blankEvent, type EventLog } from "./event-log.ts";
import { type CampaignDayTruth, campaignTruth } from "./truth-campaign.ts";
import { canvasTruth } from "./truth-canvas.ts";
import { createWorld, type World } from "./world.ts";

const nowMs = Date.parse("2026-03-20T12:00:00Z");
const later = Date.parse("2026-06-01T00:00:00Z");

function eventsOf(log: EventLog): object[] {
  return Array.from({ length: log.length }, (_, index) => ({ ...log.read(index, blankEvent()) }));
}

function truthOf(world: World, at: number, from: string, until: string): CampaignDayTruth[][] {
  return world
    .campaigns(at)
    .map((campaign) => campaignTruth(world, campaign, at, dayNumber(from), dayNumber(until)));
}

describe("world", () => {
  it("is the same for the same seed and another for another", () => {
    const names = (seed: number) => createWorld({ seed, nowMs, campaigns: 25 }).campaigns(nowMs);
    expect(names(3)).toEqual(names(3));
    expect(names(3).map(({ id }) => id)).not.toEqual(names(4).map(({ id }) => id));
  });

  it("has exactly the asked number of objects at every moment, with distinct ids", () => {
    const world = createWorld({ nowMs, campaigns: 60, canvases: 12 });
    for (let at = nowMs; at < later; at += 86_400_000 * 3) {
      const objects = [...world.campaigns(at), ...world.canvases(at)];
      expect(objects.length).toBe(72);
      expect(new Set(objects.map(({ id }) => id)).size).toBe(72);
    }
  });

  it("holds every channel, archived, stopped, draft, API and multichannel campaigns", () => {
    const world = createWorld({ nowMs });
    const campaigns = world.campaigns(nowMs);
    expect(new Set(campaigns.flatMap(({ channels }) => channels)).size).toBe(8);
    const states = campaigns.map((campaign) => world.stateOf(campaign, nowMs));
    expect(states.some(({ archived }) => archived)).toBe(true);
    expect(states.some(({ draft }) => draft)).toBe(true);
    expect(states.some(({ enabled, archived, draft }) => !enabled && !archived && !draft)).toBe(true);
    expect(campaigns.some(({ isApi }) => isApi)).toBe(true);
    expect(campaigns.some(({ channels }) => channels.length > 1)).toBe(true);
    const planted = campaigns.map(({ planted }) => planted).filter((kind) => kind !== "none");
    const effects = planted.filter((kind) => kind === "effect").length;
    expect(Math.abs(effects - planted.length / 2)).toBeLessThanOrEqual(2);
  });

  it("creates, edits, archives and deletes as time passes", () => {
    const world = createWorld({ nowMs });
    const before = new Map(world.campaigns(nowMs).map((campaign) => [campaign.id, campaign]));
    const after = new Map(world.campaigns(later).map((campaign) => [campaign.id, campaign]));
    expect([...before.keys()].some((id) => !after.has(id))).toBe(true);
    expect([...after.keys()].some((id) => !before.has(id))).toBe(true);
    const kept = [...before.values()].filter(({ id }) => after.has(id));
    const states = kept.map((campaign) => [world.stateOf(campaign, nowMs), world.stateOf(campaign, later)]);
    expect(states.some(([a, b]) => a!.lastEditedMs < b!.lastEditedMs)).toBe(true);
    expect(states.some(([a, b]) => !a!.archived && b!.archived)).toBe(true);
    const withDeleted = world.campaigns(later, true).filter((campaign) => !world.existsAt(campaign, later));
    expect(withDeleted.map(({ id }) => id)).toEqual(
      expect.arrayContaining([...before.keys()].filter((id) => !after.has(id))),
    );
  });

  it("makes the same events however far `now` lies ahead and however long the history is", () => {
    const near = createWorld({ nowMs, days: 30 });
    const far = createWorld({ nowMs: later, days: 400 });
    const campaign = near.campaigns(nowMs)[0]!;
    const canvas = near.canvases(nowMs)[0]!;
    for (const date of ["2026-03-01", "2026-03-08", "2026-03-19"]) {
      const day = dayNumber(date);
      expect(eventsOf(near.sends(campaign, day))).toEqual(eventsOf(far.sends(campaign, day)));
      expect(eventsOf(near.entries(canvas, day))).toEqual(eventsOf(far.entries(canvas, day)));
    }
  });

  it("never chooses a user twice for a campaign within 100 days", () => {
    const world = createWorld({ nowMs });
    const campaign = world.campaigns(nowMs).find(({ channels }) => channels.includes("webhook"))!;
    const days = new Map<number, number>();
    for (let day = world.firstDay; day < world.firstDay + 100; day++) {
      for (const event of eventsOf(world.sends(campaign, day)) as { user: number }[]) {
        expect(days.get(event.user) ?? day).toBe(day);
        days.set(event.user, day);
      }
    }
    expect(days.size).toBeGreaterThan(1_000);
  });

  it("splits people by an experiment step only where it is asked to, and changes no other Canvas", () => {
    const plain = createWorld({ nowMs });
    const split = createWorld({ nowMs, experimentPaths: 2 });
    const day = dayNumber("2026-03-10");
    const types = (world: World) =>
      world.canvases(nowMs).flatMap(({ steps }) => steps.map(({ type }) => type));
    expect(types(plain)).not.toContain("experiment_path");
    expect(types(split)).toContain("experiment_path");
    for (const [index, canvas] of split.canvases(nowMs).entries()) {
      const before = plain.canvases(nowMs)[index]!;
      const step = canvas.steps.find(({ type }) => type === "experiment_path");
      if (!step) {
        expect(canvas).toEqual(before);
        expect(eventsOf(split.entries(canvas, day))).toEqual(eventsOf(plain.entries(before, day)));
        continue;
      }
      const taken = new Map<number, Set<number>>(step.next.map((place) => [place, new Set()]));
      for (let at = day; at < day + 20; at++) {
        for (const event of eventsOf(split.entries(canvas, at)) as { user: number; message: number }[])
          taken.get(event.message)?.add(event.user);
      }
      const [a, b] = [...taken.values()] as [Set<number>, Set<number>];
      expect(a.size + b.size).toBeGreaterThan(500);
      expect(a.isDisjointFrom(b)).toBe(true);
      // Five standard errors of a fair split.
      expect(Math.abs(a.size - b.size)).toBeLessThan(5 * Math.sqrt(a.size + b.size));
    }
  });

  it("refuses settings out of range by name", () => {
    expect(() => createWorld({ nowMs, experimentPaths: 1 })).toThrow("experimentPaths");
    expect(() => createWorld({ nowMs, messageLift: 401 })).toThrow("messageLift");
    expect(() => createWorld({ nowMs, campaigns: -1 })).toThrow("campaigns");
    expect(() => createWorld({ nowMs, users: 3 })).toThrow("users");
    expect(() => createWorld({ nowMs: 0 })).toThrow("nowMs");
  });
});

describe("truth", () => {
  it("never changes for settled days and only grows for others", () => {
    const world = createWorld({ nowMs, campaigns: 20 });
    const next = nowMs + 86_400_000 * 3;
    const settled = truthOf(world, nowMs, "2026-01-25", "2026-02-14");
    expect(truthOf(world, next, "2026-01-25", "2026-02-14")).toEqual(settled);
    const young = truthOf(world, nowMs, "2026-03-10", "2026-03-19").flat();
    const older = truthOf(world, next, "2026-03-10", "2026-03-19").flat();
    const restated = young.filter((day, index) => {
      const after = older[index]!;
      expect(after.conversions_by_send_time).toBeGreaterThanOrEqual(day.conversions_by_send_time);
      expect(after.conversions).toBe(day.conversions);
      expect(after.unique_recipients).toBe(day.unique_recipients);
      return after.conversions_by_send_time > day.conversions_by_send_time;
    });
    expect(restated.length).toBeGreaterThan(10);
  });

  it("shows a running day only as far as it has come", () => {
    const world = createWorld({ nowMs, campaigns: 20 });
    const sent = (at: number) =>
      truthOf(world, at, "2026-03-20", "2026-03-20")
        .flat()
        .reduce((sum, day) => sum + day.unique_recipients, 0);
    const hours = [4, 12, 18, 27].map((hour) => sent(Date.UTC(2026, 2, 20, hour)));
    expect(hours).toEqual([...hours].sort((a, b) => a - b));
    expect(hours[0]).toBeLessThan(hours[1]!);
    expect(hours[2]).toBeLessThan(hours[3]!);
  });

  it("adds up: variants to their row, canvas variants to theirs", () => {
    const world = createWorld({ nowMs });
    for (const campaign of world.campaigns(nowMs).filter(({ isMultivariate }) => isMultivariate)) {
      const [day] = campaignTruth(world, campaign, nowMs, world.firstDay + 70, world.firstDay + 70);
      const minor = day!.variants.reduce((sum, variant) => sum + variant.revenue_minor!, 0);
      const users = day!.variants.reduce((sum, variant) => sum + variant.unique_recipients!, 0);
      expect([minor, users]).toEqual([day!.revenue_minor, day!.unique_recipients]);
    }
    for (const canvas of world.canvases(nowMs)) {
      const [day] = canvasTruth(world, canvas, nowMs, world.firstDay + 70, world.firstDay + 70);
      expect(day!.variants.reduce((sum, { entries }) => sum + entries, 0)).toBe(day!.entries);
    }
  });

  it("lets planted effects be found again, and nothing where nothing was planted", () => {
    const world = createWorld({ nowMs, seed: 11 });
    const until = world.calendar.dayOf(nowMs) - 32;
    const scores = { null: [] as number[], effect: [] as number[] };
    for (const campaign of world.campaigns(nowMs)) {
      if (campaign.planted === "none" || campaign.life.ageing !== "permanent") continue;
      const days = campaignTruth(world, campaign, nowMs, until - 120, until);
      const totals = campaign.arms.map((_, arm) => {
        const own = days.map((day) => day.variants[arm]!);
        const sum = (pick: (row: (typeof own)[0]) => number) => own.reduce((all, row) => all + pick(row), 0);
        return {
          users: sum((row) => row.unique_recipients!),
          hits: sum((row) => row.conversions_by_send_time!),
        };
      });
      const reference = totals[campaign.arms.findIndex(({ isControl }) => isControl)] ?? totals[0]!;
      campaign.arms.forEach((arm, index) => {
        if (totals[index] === reference) return;
        const z = zScore(totals[index]!, reference);
        scores[arm.lift === 0 ? "null" : "effect"].push(arm.lift < 0 ? -z : z);
      });
    }
    expect(scores.effect.length).toBeGreaterThan(10);
    expect(scores.null.length).toBeGreaterThan(10);
    expect(scores.effect.filter((z) => z > 1.96).length / scores.effect.length).toBeGreaterThan(0.9);
    expect(scores.null.filter((z) => Math.abs(z) > 3.3)).toEqual([]);
  });
});

function zScore(a: { users: number; hits: number }, b: { users: number; hits: number }): number {
  const pooled = (a.hits + b.hits) / (a.users + b.users);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / a.users + 1 / b.users));
  return (a.hits / a.users - b.hits / b.users) / error;
}
