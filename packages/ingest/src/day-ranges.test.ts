import { addDays, daysBetween, splitWindow } from "@lifecycle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countDays, type DayRanges, fewestWindows, unionOf, without } from "./day-ranges.ts";

// The same cases every time: a rare one that fails becomes a test of its own.
fc.configureGlobal({ seed: 20260101 });

const START = "2026-02-20";
const day = (n: number) => addDays(START, n);
const daysOf = (ranges: DayRanges) =>
  ranges.flatMap(([from, until]) =>
    Array.from({ length: daysBetween(from, until) }, (_, i) => daysBetween(START, from) + i),
  );
const ranges = (span: number) =>
  fc
    .array(fc.tuple(fc.nat(span), fc.integer({ min: 1, max: 6 })), { maxLength: 6 })
    .map((drawn) => drawn.map(([from, length]): [string, string] => [day(from), day(from + length)]));

/** The fewest calls, and the fewest days among those, by trying every way to cut. */
function bruteForce(wanted: readonly number[], maxDays: number): { calls: number; days: number } {
  if (wanted.length === 0) return { calls: 0, days: 0 };
  let best = { calls: Number.POSITIVE_INFINITY, days: 0 };
  for (let length = 1; length <= maxDays; length++) {
    const rest = bruteForce(
      wanted.filter((each) => each >= wanted[0]! + length),
      maxDays,
    );
    const found = { calls: rest.calls + 1, days: rest.days + length };
    if (found.calls < best.calls || (found.calls === best.calls && found.days < best.days)) best = found;
  }
  return best;
}

describe("sets of days", () => {
  it("agree with sets of numbers", () => {
    fc.assert(
      fc.property(ranges(40), ranges(40), (a, b) => {
        const [left, right] = [new Set(daysOf(a)), new Set(daysOf(b))];
        const sorted = (days: Set<number>) => [...days].toSorted((x, y) => x - y);
        expect(daysOf(unionOf(a, b))).toEqual(sorted(left.union(right)));
        expect(daysOf(without(a, b))).toEqual(sorted(left.difference(right)));
        expect(countDays(unionOf(a, b))).toBe(left.union(right).size);
        for (const [i, [from]] of unionOf(a, b).entries())
          if (i > 0) expect(from > unionOf(a, b)[i - 1]![1]).toBe(true);
      }),
    );
  });
});

describe("fewestWindows", () => {
  it("holds every wanted day, in no more calls and no more days than the best of all ways", () => {
    fc.assert(
      fc.property(ranges(16), fc.integer({ min: 1, max: 7 }), (wanted, maxDays) => {
        const windows = fewestWindows(wanted, maxDays);
        const asked = windows.map(({ from, until }): [string, string] => [from, until]);
        expect(without(wanted, asked)).toEqual([]);
        for (const [from, until] of asked) expect(daysBetween(from, until)).toBeLessThanOrEqual(maxDays);
        expect({ calls: windows.length, days: countDays(asked) }).toEqual(
          bruteForce(daysOf(unionOf(wanted, [])), maxDays),
        );
      }),
    );
  });

  it("cuts what is wanted whole as splitWindow does: one call of 100 days, not 100", () => {
    const window = { from: "2024-07-01", until: "2026-07-01" };
    expect(fewestWindows([[window.from, window.until]], 100)).toEqual(splitWindow(window, 100));
    expect(fewestWindows([[START, day(100)]], 100)).toHaveLength(1);
  });

  it("bridges a gap only where that saves a call", () => {
    expect(
      fewestWindows(
        [
          [day(0), day(3)],
          [day(50), day(60)],
        ],
        100,
      ),
    ).toEqual([{ from: day(0), until: day(60) }]);
    expect(
      fewestWindows(
        [
          [day(0), day(3)],
          [day(50), day(60)],
          [day(80), day(149)],
        ],
        100,
      ),
    ).toEqual([
      { from: day(0), until: day(3) },
      { from: day(50), until: day(149) },
    ]);
  });

  it("plans two years of an object in a few milliseconds", () => {
    // The processor's time: another process beside it is no fault of the plan.
    const before = process.threadCpuUsage();
    fewestWindows([[START, day(730)]], 100);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(250);
  });
});
