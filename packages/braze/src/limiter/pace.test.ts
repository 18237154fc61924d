import { describe, expect, it } from "vitest";
import { adaptedPace, basePace, type WindowView } from "./pace.ts";

const view = (over: Partial<WindowView> = {}): WindowView => ({
  limit: 400,
  resetAt: 10_000,
  windowMs: 10_000,
  free: 392,
  foreign: 0,
  ...over,
});

describe("basePace", () => {
  it("stays between 95 and 98 percent of the limit", () => {
    for (const [limit, windowMs] of [
      [50, 2_000],
      [200, 2_000],
      [50_000, 60_000],
      [250_000, 3_600_000],
    ] as const) {
      const { minTimeMs, starts } = basePace(limit, windowMs, 1);
      const perWindow = (windowMs / minTimeMs) * starts;
      expect(perWindow / limit).toBeGreaterThanOrEqual(0.95);
      expect(perWindow / limit).toBeLessThanOrEqual(0.98);
    }
  });

  it("takes its share only, and does not dawdle where a few requests make a window", () => {
    expect(basePace(400, 10_000, 0.5).minTimeMs).toBeCloseTo(2 * basePace(400, 10_000, 1).minTimeMs);
    expect(basePace(1_000, 3_600_000, 1).minTimeMs).toBe(100);
  });
});

describe("adaptedPace", () => {
  const base = basePace(400, 10_000, 1).minTimeMs;

  it("is about the even pace when nobody else asks", () => {
    for (const at of [0, 2_000, 5_000, 8_000]) {
      const free = 392 - Math.floor(at / base);
      expect(adaptedPace(view({ free }), 1, at).minTimeMs / base).toBeGreaterThan(0.9);
      expect(adaptedPace(view({ free }), 1, at).minTimeMs / base).toBeLessThan(1.1);
    }
  });

  it("slows down when others have used the window, but gives no start out beyond its end", () => {
    const slow = adaptedPace(view({ free: 80 }), 1, 2_000);
    expect(slow.minTimeMs).toBe(100);
    const slowest = adaptedPace(view({ free: 0 }), 1, 2_000);
    expect(slowest.minTimeMs * slowest.maxConcurrent).toBeLessThanOrEqual(8_000);
  });

  it("catches up at most at twice the even pace", () => {
    expect(adaptedPace(view(), 1, 8_000).minTimeMs).toBeCloseTo(base / 2);
  });

  it("ends a window with the pace that begins the next", () => {
    expect(adaptedPace(view({ free: 300 }), 1, 9_000).minTimeMs).toBeCloseTo(base);
    expect(adaptedPace(view({ free: 1 }), 1, 9_000).minTimeMs).toBeCloseTo(base);
  });

  it("follows the limit that the server names", () => {
    const { minTimeMs, starts } = adaptedPace(view({ limit: 4_000, free: 3_920 }), 1, 0);
    expect(minTimeMs / starts).toBeCloseTo(base / 10, 0);
  });
});
