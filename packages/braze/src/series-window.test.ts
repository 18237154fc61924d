import { describe, expect, it } from "vitest";
import { offsetAt, windowParams } from "./series-window.ts";

describe("windowParams", () => {
  it("ends with the last second of the last day, with the zone's offset on that day", () => {
    const window = { from: "2026-01-01", until: "2026-04-11" };
    expect(windowParams(window, "America/New_York")).toEqual({
      length: "100",
      ending_at: "2026-04-10T23:59:59-04:00",
    });
    expect(windowParams(window, "UTC").ending_at).toBe("2026-04-10T23:59:59+00:00");
  });
});

describe("offsetAt", () => {
  it.each([
    ["2026-03-07", "America/New_York", "-05:00"],
    // The clocks change in the morning of this day.
    ["2026-03-08", "America/New_York", "-04:00"],
    ["2026-11-01", "America/New_York", "-05:00"],
    ["2026-06-01", "Asia/Kolkata", "+05:30"],
    ["2026-06-01", "Asia/Kathmandu", "+05:45"],
    ["2026-01-01", "Pacific/Auckland", "+13:00"],
    ["2026-01-01", "America/St_Johns", "-03:30"],
    // The clocks go back at midnight: 23:59:59 comes after it was 24:00 once.
    ["2026-10-24", "Europe/Berlin", "+02:00"],
    ["2026-10-25", "Europe/Berlin", "+01:00"],
  ])("%s in %s is %s", (date, zone, offset) => expect(offsetAt(date, zone)).toBe(offset));
});
