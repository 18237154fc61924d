import { describe, expect, it } from "vitest";
import { campaignDay as rate } from "./arm-day.fixture.ts";
import { trendOf } from "./trend.ts";

const dates = Array.from({ length: 9 }, (_, i) => `2026-01-0${i + 1}`);

describe("the effect from day to day", () => {
  // 10 % in the control; the treatment's 16 % fades to 10 %.
  const fading = [160, 155, 150, 140, 130, 120, 110, 105, 100].flatMap((x, i) => [
    rate("c", dates[i]!, 1_000, 100),
    rate("t", dates[i]!, 1_000, x),
  ]);

  it("is a weighted line through the days' effects", () => {
    const trend = trendOf(fading, "c", "t");
    // numpy.polyfit(range(9), effect, 1, w = 1 / se), scipy.stats.norm for p.
    expect(trend.trend_slope).toBeCloseTo(-0.00816267121858489, 9);
    expect(trend.trend_p).toBeCloseTo(8.470780421899573e-6, 14);
    expect(trend.novelty).toBe(true);
  });

  it("is followed for means too, and is the same whatever order the days come in", () => {
    // As many people with 1 as converted: the sums are those of the rates.
    const means = fading.map((day) => ({ ...day, x: null, valueSum: day.x, valueSumsq: day.x }));
    const [trend, ofRates] = [trendOf(means.toReversed(), "c", "t"), trendOf(fading, "c", "t")];
    expect(trend.trend_slope).toBeCloseTo(ofRates.trend_slope!, 9);
    expect(trend.novelty).toBe(true);
  });

  it("needs a week of enough people in both arms, and their spread", () => {
    const none = { trend_slope: null, trend_p: null, novelty: null };
    expect(trendOf(fading.slice(0, 12), "c", "t")).toEqual(none);
    expect(
      trendOf(
        fading.map((day) => ({ ...day, n: 99, x: 9 })),
        "c",
        "t",
      ),
    ).toEqual(none);
    expect(
      trendOf(
        fading.map((day) => ({ ...day, x: null, valueSum: day.x })),
        "c",
        "t",
      ),
    ).toEqual(none);
    expect(
      trendOf(
        fading.map((day) => ({ ...day, x: 0 })),
        "c",
        "t",
      ),
    ).toEqual(none);
    expect(trendOf(fading, "c", "u")).toEqual(none);
  });
});
