import type { PlannedPart } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { quotePlan } from "./quote.ts";

const part = (name: string, bucket: string, days = 0): PlannedPart => ({
  part: name,
  resource: bucket === "series" ? "campaigns-data-series" : "campaigns-list",
  bucket,
  ...(days > 0
    ? {
        window: {
          from: "2026-01-01",
          until: new Date(Date.UTC(2026, 0, 1 + days)).toISOString().slice(0, 10),
        },
      }
    : {}),
});
const limits = {
  default: { limit: 25_000, windowMs: 3_600_000, share: 0.5 },
  series: { limit: 100, windowMs: 1_000, share: 1 },
};
const quote = (over: Partial<Parameters<typeof quotePlan>[0]> = {}) =>
  quotePlan({ parts: [], landed: new Map(), limits, volume: {}, paged: new Set(), ...over });

describe("quotePlan", () => {
  it("counts calls as taken where planning took them, and one for every other part", () => {
    const parts = [part("list", "default"), part("a", "series", 100), part("b", "series", 14)];
    const found = quote({ parts, landed: new Map([["list", { calls: 3, rows: 210, bytes: 9_000 }]]) });
    expect(found).toMatchObject({ calls: 5, days: 114 });
    expect(found.buckets.map(({ bucket, calls }) => [bucket, calls])).toEqual([
      ["default", 3],
      ["series", 2],
    ]);
    expect(found.rows).toBeGreaterThan(210);
  });

  it("takes as long as the bucket that is slowest at its share", () => {
    const parts = Array.from({ length: 970 }, (_, i) => part(`p${i}`, "series", 1));
    expect(quote({ parts }).seconds).toBeCloseTo(10, 5);
    const shared = Array.from({ length: 970 }, (_, i) => part(`d${i}`, "default"));
    expect(quote({ parts: [...parts, ...shared] }).seconds).toBeCloseTo(
      (970 / (25_000 * 0.5 * 0.97)) * 3_600,
      5,
    );
  });

  it("expects of a resource what it brought before, by day", () => {
    const volume = { "campaigns-data-series": { calls: 10, days: 1_000, rows: 5_000, bytes: 80_000 } };
    expect(quote({ parts: [part("a", "series", 100)], volume })).toMatchObject({ rows: 500, bytes: 8_000 });
  });

  it("guesses the pages of what gives as many as there are, and says so", () => {
    const paged = new Set(["campaigns-data-series"]);
    const parts = [part("a", "series", 30), part("list", "default")];
    expect(quote({ parts, paged })).toMatchObject({
      calls: 2,
      guessed: { calls: 1, resources: ["campaigns-data-series"] },
    });
    const volume = { "campaigns-data-series": { calls: 40, days: 60, rows: 20_000, bytes: 80_000 } };
    expect(quote({ parts, paged, volume })).toMatchObject({ calls: 21, guessed: { calls: 20 } });
    const landed = new Map([["a", { calls: 7, rows: 3_000, bytes: 1 }]]);
    expect(quote({ parts, paged, volume, landed })).toMatchObject({ calls: 8, guessed: { calls: 0 } });
  });

  it("of nothing is nothing", () => {
    expect(quote()).toEqual({
      calls: 0,
      guessed: { calls: 0, resources: [] },
      buckets: [],
      seconds: 0,
      days: 0,
      rows: 0,
      bytes: 0,
    });
  });
});
