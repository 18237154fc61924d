import { describe, expect, it } from "vitest";
import { createCalendar, dateText, dayNumber } from "./calendar.ts";

describe("company calendar", () => {
  it("begins a day at local midnight, also when clocks change", () => {
    const calendar = createCalendar("America/New_York");
    const spring = dayNumber("2026-03-08");
    expect(new Date(calendar.startOf(spring)).toISOString()).toBe("2026-03-08T05:00:00.000Z");
    expect(new Date(calendar.startOf(spring + 1)).toISOString()).toBe("2026-03-09T04:00:00.000Z");
    expect([calendar.minutesIn(spring), calendar.minutesIn(dayNumber("2026-11-01"))]).toEqual([1380, 1500]);
  });

  it.each(["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "UTC"])(
    "knows the day of every hour of a year in %s",
    (timeZone) => {
      const calendar = createCalendar(timeZone);
      const format = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
      for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 3_600_000 * 5) {
        expect(dateText(calendar.dayOf(ms))).toBe(format.format(ms));
      }
    },
  );

  it("counts days after a day over a lost hour", () => {
    const calendar = createCalendar("America/New_York");
    const spring = dayNumber("2026-03-08");
    expect([1379, 1380, 1380 + 1439, 1380 + 1440].map((at) => calendar.daysLater(spring, at))).toEqual([
      0, 1, 1, 2,
    ]);
  });

  it("refuses what is no date", () => {
    expect(dayNumber("2026-3-8")).toBeNaN();
    expect(() => createCalendar("Mars/Olympus")).toThrow(RangeError);
  });
});
