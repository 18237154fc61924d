import { describe, expect, it } from "vitest";
import { createQuotaReader } from "./quota.ts";

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0, 300);
const reset = (secondsAhead: number) => String(Math.floor(NOW / 1000) + secondsAhead);
const reader = () => createQuotaReader(() => NOW);

describe("createQuotaReader", () => {
  it("finds the headers in any spelling", () => {
    const headers = {
      "X-RateLimit-Limit": "50",
      "x-ratelimit-remaining": "7",
      "X-RATELIMIT-RESET": reset(30),
    };
    expect(reader()(headers, 200)).toEqual({
      limit: 50,
      remaining: 7,
      resetAt: new Date(NOW - 300 + 30_000),
    });
  });

  it("says nothing about an answer without them", () => {
    expect(reader()({}, 200)).toBeUndefined();
    expect(reader()({ "x-ratelimit-limit": "many" }, 200)).toBeUndefined();
  });

  it("waits until the reset, and a little longer, when the pool is used up", () => {
    const headers = {
      "x-ratelimit-limit": "50",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": reset(30),
    };
    const quota = reader()(headers, 429);
    expect(quota?.holdUntil).toEqual(new Date(NOW - 300 + 30_000));
    expect(quota?.retryAfterMs).toBeGreaterThanOrEqual(29_700);
    expect(quota?.retryAfterMs).toBeLessThanOrEqual(30_700);
  });

  it("asks nobody else to wait when a 429 leaves requests in the pool", () => {
    const headers = {
      "x-ratelimit-limit": "50",
      "x-ratelimit-remaining": "9",
      "x-ratelimit-reset": reset(3000),
    };
    const quota = reader()(headers, 429);
    expect(quota?.holdUntil).toBeUndefined();
    expect(quota?.retryAfterMs).toBeLessThan(2_000);
  });

  it("waits a moment for a 429 without headers, and never for days", () => {
    expect(reader()({}, 429)?.retryAfterMs).toBeLessThan(2_000);
    const absurd = {
      "x-ratelimit-limit": "5",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "99999999999",
    };
    expect(reader()(absurd, 429)?.retryAfterMs).toBeLessThan(2_000);
  });

  it("moves a reset into our time when the server's clock differs, and keeps it steady", () => {
    const read = reader();
    const ahead = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString();
    const headers = {
      "x-ratelimit-limit": "5",
      "x-ratelimit-remaining": "1",
      "x-ratelimit-reset": reset(630),
    };
    const first = read({ ...headers, date: ahead(600) }, 200)?.resetAt?.getTime() ?? 0;
    expect(Math.abs(first - (NOW + 30_000))).toBeLessThan(1_500);
    expect(read({ ...headers, date: ahead(601) }, 200)?.resetAt?.getTime()).toBe(first);
    const agreed = read({ ...headers, "x-ratelimit-reset": reset(30), date: ahead(0) }, 200)?.resetAt;
    expect(agreed).toEqual(new Date(NOW - 300 + 30_000));
  });
});
