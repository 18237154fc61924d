import { expect, it } from "vitest";
import { createClock, frozenClock, realClock } from "./clock.ts";

it("a frozen clock gives the same instant, and no caller can move it", () => {
  const clock = createClock({ now: "2026-04-11T08:00:00Z" });
  clock.now().setFullYear(1999);
  expect(clock.now().toISOString()).toBe("2026-04-11T08:00:00.000Z");
  expect(() => frozenClock("later")).toThrow(RangeError);
});

it("without an instant the clock is the machine's", () => {
  expect(createClock({ now: undefined })).toBe(realClock);
  const before = Date.now();
  const now = realClock.now().getTime();
  expect([before <= now, now <= Date.now()]).toEqual([true, true]);
});
