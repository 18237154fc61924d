import type { Looks } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { campaignArm } from "../campaign-arm.fixture.ts";
import { type Definition, resolveDefinition } from "../definition.ts";
import { looksOf, NO_HISTORY } from "../history.ts";
import { judgeExperiment } from "../judge.ts";
import type { RecordedVerdict } from "../published.ts";
import { lookPlaces } from "./look-places.ts";

const PLANNED = 20_000;
const planOf = (looks?: Looks, more: object = {}) =>
  resolveDefinition({ repeat_sends: "no", planned_units: PLANNED, ...(looks ? { looks } : {}), ...more });

/** What is said of one treatment when so many people per arm have come, day after day. */
function said(definition: Definition, sizes: readonly number[], lift = 1.05): RecordedVerdict[] {
  const history: RecordedVerdict[] = [];
  for (const [i, n] of sizes.entries()) {
    const looks = looksOf(history.map((row) => [row]));
    const { verdicts } = judgeExperiment({
      arms: [campaignArm("c", n, Math.round(0.1 * n)), campaignArm("t", n, Math.round(0.1 * lift * n))],
      days: [],
      activity: [],
      definition,
      history: { ...NO_HISTORY, looks, newest: history.slice(-1) },
      experiments: 1,
    });
    const day = String(i + 1).padStart(2, "0");
    history.push({
      ...verdicts[0]!,
      is_newest: true,
      evaluated_at: `2026-02-${day}T06:00:00Z`,
      run_id: `r${i}`,
    });
  }
  return history;
}

describe("places for looks", () => {
  it("hold what was said at each look, and leave those to come empty with their share of the plan", () => {
    const definition = planOf();
    const own = said(definition, [2_100, 4_050, 5_000]);
    const places = lookPlaces(own, definition, null);
    expect(places.map(({ state }) => state)).toEqual(["taken", "taken", "to_come", "to_come", "to_come"]);
    expect(places.map(({ information }) => information)).toEqual([0.21, 0.405, 0.6, 0.8, 1]);
    expect(places.map(({ date }) => date)).toEqual(["2026-02-01", "2026-02-02", null, null, null]);
    expect(places[1]!.said).toMatchObject({ look: 2, effect: own[1]!.effect });
  });

  it("tell a look that was passed over, and days where the plan gives days", () => {
    const dates = ["2026-01-05", "2026-01-18", "2026-03-01"];
    const definition = planOf({ kind: "group_sequential", spending: "obf", dates });
    const places = lookPlaces(said(definition, [3_000]), definition, null);
    expect(places.map(({ number, state }) => [number, state])).toEqual([
      [1, "passed"],
      [2, "taken"],
      [3, "to_come"],
    ]);
    expect(places[0]!.date).toBe("2026-01-05");
    expect(places[2]).toMatchObject({ date: "2026-03-01", information: null, boundary: null });
  });

  it("keep looks under earlier rules first, and count a corrected look once", () => {
    const [before, after] = [planOf(), planOf(undefined, { alpha: 0.01 })];
    const own = [...said(before, [2_100]), ...said(after, [4_050])];
    expect(lookPlaces(own, after, null).map(({ number, isEarlierPlan }) => [number, isEarlierPlan])).toEqual([
      [1, true],
      [1, false],
      [2, false],
      [3, false],
      [4, false],
      [5, false],
    ]);
  });

  it("are none to come after the last look", () => {
    const definition = planOf();
    const places = lookPlaces(said(definition, [10_000]), definition, null);
    expect(places.map(({ state }) => state)).toEqual(["passed", "passed", "passed", "passed", "taken"]);
  });

  it("are all evaluations that said something, where any day may be looked at", () => {
    const definition = resolveDefinition({ repeat_sends: "no" });
    const places = lookPlaces(said(definition, [0, 900, 1_800]), definition, null);
    expect(places.map(({ number, date }) => [number, date])).toEqual([
      [null, "2026-02-02"],
      [null, "2026-02-03"],
    ]);
  });
});

describe("boundaries of looks", () => {
  it.each([["group_sequential"], ["confidence_sequence"], ["fixed"]] as const)(
    "are passed exactly when the deciding interval leaves zero: %s",
    (kind) => {
      const looks: Looks =
        kind === "group_sequential"
          ? { kind, spending: "obf" }
          : kind === "fixed"
            ? { kind }
            : { kind, expected_units: 5_000 };
      const definition = planOf(looks);
      const outcomes = new Set<boolean>();
      for (let lift = 1; lift < 1.5; lift += 0.01) {
        const [row] = said(definition, [kind === "fixed" ? 10_000 : 4_000], lift);
        const isBeyond = Math.abs(row!.effect!) > row!.decision_boundary!;
        expect(isBeyond, `${lift}`).toBe(row!.decision_low! > 0);
        outcomes.add(isBeyond);
      }
      expect(outcomes.size).toBe(2);
    },
  );

  it("to come are what they turn out to be when as many people come, and narrow from look to look", () => {
    const definition = planOf();
    const own = said(definition, [2_000]);
    const se = own[0]!.decision_boundary! / 4.8769;
    const outlook = { units: 4_000, se, alpha: definition.alpha, comparisons: 1 };
    const expected = lookPlaces(own, definition, outlook).map(({ boundary }) => boundary!);
    expect(expected).toEqual(expected.toSorted((a, b) => b - a));
    const turnedOut = said(definition, [2_000, 4_000, 6_000, 8_000, 10_000]);
    for (const [i, row] of turnedOut.entries())
      expect(expected[i]! / row.decision_boundary!).toBeCloseTo(1, 2);
  });
});
