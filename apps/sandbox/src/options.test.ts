import { describe, expect, it } from "vitest";
import { readOptions } from "./options.ts";
import { parseInstant } from "./params.ts";

const realMs = Date.parse("2026-11-20T06:00:00Z");

describe("options", () => {
  it("stands at noon UTC of today unless told otherwise", () => {
    expect(new Date(readOptions([], {}, realMs).nowMs).toISOString()).toBe("2026-11-20T12:00:00.000Z");
    expect(readOptions(["--clock", "real"], {}, realMs).nowMs).toBe(realMs);
  });

  it("reads limits, faults and broken objects; flags win over the environment", () => {
    const options = readOptions(
      [
        "--limits",
        "campaigns_data_series=500/10s,default=200/m",
        "--fault",
        "429=0.1,slow=0.2:50",
        "--broken",
        "7",
      ],
      { SANDBOX_SEED: "9", SANDBOX_LIMITS: "default=1/h", SANDBOX_TIME_ZONE: "UTC" },
      realMs,
    );
    expect(options.limits).toEqual({
      campaigns_data_series: { limit: 500, windowMs: 10_000 },
      default: { limit: 200, windowMs: 60_000 },
    });
    expect(options.faults).toMatchObject({
      rates: { "429": 0.1 },
      slow: { rate: 0.2, delayMs: 50 },
      broken: ["campaign:7"],
    });
    expect([options.seed, options.timeZone]).toEqual(["9", "UTC"]);
  });

  it.each([
    [["--defects", "split,spilt"], "spilt"],
    [["--limits", "defaults=5/s"], "defaults"],
    [["--limits", "default=five/s"], "five"],
    [["--fault", "500=2"], "500=2"],
    [["--fault", "boom=0.1"], "boom"],
    [["--now", "today"], "--now"],
    [["--campaigns", "many"], "--campaigns"],
    [["--clock", "fast"], "--clock"],
  ])("names what it cannot read in %j", (args, named) => {
    expect(() => readOptions(args, {}, realMs)).toThrow(named);
  });
});

describe("instants", () => {
  it.each([
    ["2026-03-10T23:59:59-05:00", "2026-03-11T04:59:59.000Z"],
    ["2026-03-10T23:59:59-5:00", "2026-03-11T04:59:59.000Z"],
    ["2026-03-10T23:59:59 02:00", "2026-03-10T21:59:59.000Z"],
    ["2026-03-10T23:59", "2026-03-10T23:59:00.000Z"],
    ["2026-03-10T23:59:59.123Z", "2026-03-10T23:59:59.000Z"],
    ["2026-03-10", "2026-03-10T00:00:00.000Z"],
  ])("reads %s", (text, expected) => {
    expect(new Date(parseInstant(text)).toISOString()).toBe(expected);
  });

  it("reads nothing else", () => {
    for (const text of ["", "now", "10.3.2026", "2026-13-40", "2026-03-10T25:00Z"]) {
      expect(parseInstant(text)).toBeNaN();
    }
  });
});
