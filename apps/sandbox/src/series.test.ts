import { campaignTruth, canvasTruth, createWorld, Stream } from "@lifecycle/simulation";
import { describe, expect, it } from "vitest";
import { createSeries } from "./views/series.ts";

interface CampaignRow {
  time: string;
  messages: Record<string, Record<string, number | string>[]>;
  [counter: string]: unknown;
}

const OUTCOMES = ["", "1", "2", "3"].flatMap((n) => [`conversions${n}`, `conversions${n}_by_send_time`]);

describe.each([
  ["America/New_York", "2026-03-20T12:00:00Z"],
  ["Asia/Kolkata", "2026-01-02T17:31:00Z"],
  ["UTC", "2026-06-30T23:59:00Z"],
])("series in %s at %s", (timeZone, now) => {
  const nowMs = Date.parse(now);
  const world = createWorld({ nowMs, timeZone, seed: `${timeZone}`, users: 60_000, experimentPaths: 3 });
  const series = createSeries(world);
  const today = world.calendar.dayOf(nowMs);
  const draw = new Stream(7);
  const windows = Array.from({ length: 60 }, () => {
    const from = world.firstDay + draw.below(88);
    return { from, until: Math.min(today, from + draw.below(30)) };
  });

  it("says of campaigns what was counted user by user", () => {
    let compared = 0;
    for (const range of windows) {
      const campaign = draw.pick(world.campaigns(nowMs));
      const rows = series.campaign.rows(campaign, range, nowMs) as CampaignRow[];
      const truth = campaignTruth(world, campaign, nowMs, range.from, range.until);
      expect(rows.map(({ time }) => time)).toEqual(truth.map(({ date }) => date));
      for (const [index, row] of rows.entries()) {
        const day = truth[index]!;
        for (const name of [...OUTCOMES, "unique_recipients", "revenue"]) {
          expect(row[name]).toBe(day[name as "conversions"]);
        }
        const entries = Object.values(row.messages).flat();
        for (const entry of entries) {
          const variant = day.variants.find(({ variation_id }) => variation_id === entry.variation_api_id)!;
          expect(entry).toMatchObject(variant.is_control ? { enrolled: variant.enrolled } : variant.stats!);
          expect("enrolled" in entry).toBe(variant.is_control);
          if (campaign.isMultivariate) {
            expect(entry.variation_name).toBe(variant.variation_name);
            for (const name of [...OUTCOMES, "unique_recipients", "revenue"]) {
              expect(entry[name]).toBe(variant[name as "conversions"]);
            }
          } else expect(Object.keys(entry)).not.toContain("conversions");
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(500);
  });

  it("says of Canvases what was counted user by user", () => {
    const all = { variants: true, steps: true, deletedSteps: true };
    for (const range of windows.slice(0, 40)) {
      const canvas = draw.pick(world.canvases(nowMs));
      const rows = series.canvas(canvas, range, nowMs, all);
      const truth = canvasTruth(world, canvas, nowMs, range.from, range.until);
      for (const [index, row] of rows.entries()) {
        const { variants, steps, date, revenue_minor: _, ...total } = truth[index]!;
        expect(row.time).toBe(date);
        expect(row.total_stats).toEqual(total);
        for (const variant of variants) {
          const { entries, conversions, conversions_by_entry_time, revenue } = variant;
          const name = variant.variation_name;
          expect(row.variant_stats![variant.variation_id]).toEqual({
            name,
            entries,
            conversions,
            conversions_by_entry_time,
            revenue,
          });
        }
        for (const step of steps) {
          const shown = row.step_stats![step.step_id]!;
          expect(shown).toMatchObject({ conversions: step.conversions, revenue: step.revenue });
          expect(shown.messages).toEqual(step.channel ? { [step.channel]: [step.stats] } : {});
        }
      }
    }
  });

  it("gives the same rows for a window in one piece and in parts, with a warm and a cold cache", () => {
    for (const campaign of world.campaigns(nowMs).slice(0, 12)) {
      const from = today - 40;
      const cold = createSeries(world).campaign.rows(campaign, { from, until: today }, nowMs);
      const parts = [0, 7, 8, 25].map((start, index, starts) =>
        series.campaign.rows(
          campaign,
          { from: from + start, until: from + (starts[index + 1] ?? 41) - 1 },
          nowMs,
        ),
      );
      expect(parts.flat()).toEqual(cold);
    }
  });

  it("forgets unsettled days when time has passed", () => {
    const campaign = world.campaigns(nowMs).find(({ planted }) => planted === "effect")!;
    const range = { from: today - 20, until: today };
    const next = nowMs + 86_400_000;
    series.campaign.rows(campaign, range, nowMs);
    expect(series.campaign.rows(campaign, range, next)).toEqual(
      createSeries(world).campaign.rows(campaign, range, next),
    );
  });
});
