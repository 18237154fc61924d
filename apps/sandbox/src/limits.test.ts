import { describe, expect, it } from "vitest";
import { createLimiter, parseForeign } from "./limits.ts";

const start = 1_790_000_000_000;

describe("limits", () => {
  it("begins windows at multiples of their length and starts each anew", () => {
    const limiter = createLimiter({ default: { limit: 2, windowMs: 10_000 } });
    const take = (at: number) => limiter.take("default", at).accepted;
    expect([take(start + 1), take(start + 9_998), take(start + 9_999)]).toEqual([true, true, false]);
    expect([take(start + 10_000), take(start + 10_001), take(start + 10_002)]).toEqual([true, true, false]);
    expect(limiter.peek("default", start + 10_003)).toEqual({
      accepted: false,
      limit: 2,
      remaining: 0,
      resetSeconds: start / 1_000 + 20,
      windowStartMs: start + 10_000,
    });
  });

  it("keeps pools apart and the documented sizes", () => {
    const limiter = createLimiter();
    limiter.take("default", start);
    expect(limiter.peek("default", start).remaining).toBe(249_999);
    expect(limiter.peek("campaigns_data_series", start)).toMatchObject({ limit: 50_000, remaining: 50_000 });
    expect(limiter.limits().names_and_products).toEqual({ limit: 1_000, windowMs: 3_600_000 });
  });

  it("lets foreign traffic take its share evenly over the window", () => {
    const limiter = createLimiter({ default: { limit: 100, windowMs: 10_000 } });
    limiter.setForeign(parseForeign("default=0.3"));
    expect(limiter.peek("default", start).remaining).toBe(100);
    expect(limiter.peek("default", start + 5_000).remaining).toBe(85);
    let accepted = 0;
    for (let i = 0; i < 100; i++) if (limiter.take("default", start + 9_999).accepted) accepted++;
    expect(accepted).toBe(71);
  });
});
