import { describe, expect, it } from "vitest";
import { adClicks } from "./ad-clicks.ts";

describe("ad clicks", () => {
  it("holds the planted rates and an even split", () => {
    const seen = { control: { users: 0, clicks: 0 }, treatment: { users: 0, clicks: 0 } };
    const ids = new Set<string>();
    for (const row of adClicks({ users: 40_000 })) {
      seen[row.experiment_group].users++;
      seen[row.experiment_group].clicks += row.clicked;
      ids.add(row.user_id);
      expect(row.clicked === 1).toBe(row.clicked_at > row.shown_at);
    }
    expect(ids.size).toBe(40_000);
    expect(Math.abs(seen.control.users - 20_000)).toBeLessThan(400);
    // Three standard errors of a share of 20,000.
    expect(Math.abs(seen.control.clicks / seen.control.users - 0.15)).toBeLessThan(0.0076);
    expect(Math.abs(seen.treatment.clicks / seen.treatment.users - 0.18)).toBeLessThan(0.0082);
  });

  it("is a prefix of a longer stream, and another with another seed", () => {
    const short = [...adClicks({ users: 50, seed: 3 })];
    expect([...adClicks({ users: 80, seed: 3 })].slice(0, 50)).toEqual(short);
    expect([...adClicks({ users: 50, seed: 4 })]).not.toEqual(short);
  });
});
