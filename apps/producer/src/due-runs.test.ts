import type { ScheduleSettings } from "@lifecycle/runtime";
import { describe, expect, it } from "vitest";
import { isDue } from "./due-runs.ts";

const schedule = (when: ScheduleSettings["when"]): ScheduleSettings => ({
  name: "s",
  workspace: "main",
  pipeline: "braze",
  when,
  written: "",
});
const at = (text: string) => new Date(`2026-03-01T${text}Z`);
const idle = (lastAskedAt?: Date) => ({ lastAskedAt, isRunning: false });

describe("isDue", () => {
  const every5 = schedule({ kind: "every", seconds: 5 });
  it("asks at once the first time, then every n seconds", () => {
    expect(isDue(every5, idle(), at("10:00:00"), at("10:00:00"))).toBe(true);
    expect(isDue(every5, idle(at("10:00:00")), at("10:00:04"), at("09:00:00"))).toBe(false);
    expect(isDue(every5, idle(at("10:00:00")), at("10:00:05"), at("09:00:00"))).toBe(true);
  });

  it("never overlaps with its own run, however late it is", () => {
    expect(
      isDue(every5, { lastAskedAt: at("10:00:00"), isRunning: true }, at("11:00:00"), at("09:00:00")),
    ).toBe(false);
  });

  it("keeps to the clock of its zone, and makes up for one missed moment", () => {
    const daily = schedule({ kind: "cron", pattern: "30 4 * * *", time_zone: "Europe/Berlin" });
    const asked = idle(new Date("2026-02-28T03:30:10Z"));
    expect(isDue(daily, asked, at("03:29:59"), at("00:00:00"))).toBe(false);
    expect(isDue(daily, asked, at("03:30:00"), at("00:00:00"))).toBe(true);
    expect(isDue(daily, asked, new Date("2026-03-04T12:00:00Z"), at("00:00:00"))).toBe(true);
  });

  it("does not ask for what lay before the producer's first start", () => {
    const hourly = schedule({ kind: "cron", pattern: "0 * * * *", time_zone: "UTC" });
    expect(isDue(hourly, idle(), at("10:30:00"), at("10:01:00"))).toBe(false);
    expect(isDue(hourly, idle(), at("11:00:00"), at("10:01:00"))).toBe(true);
  });
});
