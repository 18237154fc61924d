import { beforeAll, describe, expect, it } from "vitest";
import { binomialBounds } from "../integration/experiments-support/binomial.ts";
import { inputOf, judgePlanted, plantedCampaigns } from "../integration/experiments-support/planted.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const CAMPAIGNS = 300;
const ALPHA = 0.05;
const LOOKS = ["fixed", "confidence_sequence"] as const;

interface Tally {
  nulls: number;
  falseShips: number;
  gains: number;
  ships: number;
  promised: number;
  spread: number;
  invalid: number;
  judged: number;
}

const nothing = (): Tally => ({
  nulls: 0,
  falseShips: 0,
  gains: 0,
  ships: 0,
  promised: 0,
  spread: 0,
  invalid: 0,
  judged: 0,
});

const tallies = { fixed: nothing(), confidence_sequence: nothing() };

/** Worlds of 300 campaigns, half without an effect, half with a known one, counted user by user and judged as they would be. */
describe("planted effects, pooled over seeds 1 to 10", () => {
  beforeAll(() => {
    for (const seed of SEEDS) {
      for (const planted of plantedCampaigns(seed, CAMPAIGNS)) {
        for (const looks of LOOKS) count(tallies[looks], planted, looks);
      }
    }
    process.stdout.write(`${JSON.stringify(tallies)}\n`);
  }, 3_600_000);

  it.each(LOOKS)("ships no more of nothing than promised (%s)", (looks) => {
    const { nulls, falseShips } = tallies[looks];
    expect(nulls).toBeGreaterThan(700);
    // Two-sided level over all arms of a test: half of it lies on the good side.
    expect(falseShips).toBeLessThanOrEqual(binomialBounds(nulls, ALPHA / 2).most);
  });

  it.each(LOOKS)("finds gains as often as the plan promises for these sizes (%s)", (looks) => {
    const { gains, ships, promised, spread } = tallies[looks];
    expect(gains).toBeGreaterThan(600);
    expect(Math.abs(ships - promised)).toBeLessThanOrEqual(3.29 * Math.sqrt(spread) + 1);
  });

  it("calls no sound split broken more often than one in a thousand, within its bound", () => {
    const { invalid, judged } = tallies.fixed;
    expect(invalid).toBeLessThanOrEqual(binomialBounds(judged, 0.001).most);
  });
});

function count(
  tally: Tally,
  planted: ReturnType<typeof plantedCampaigns>[number],
  looks: (typeof LOOKS)[number],
): void {
  const said = judgePlanted(inputOf(planted, looks)).filter(({ lift }) => lift !== null);
  if (said.length === 0) return;
  tally.judged++;
  if (said.some(({ verdict }) => verdict.decision === "invalid")) tally.invalid++;
  if (planted.campaign.planted === "null") {
    tally.nulls++;
    if (said.some(({ verdict }) => verdict.decision === "ship")) tally.falseShips++;
    return;
  }
  const gain = said.find(({ lift }) => lift! > 0.01);
  // Arms too small to be judged at all are promised nothing; that depends on the plan, not on what they did.
  if (!gain || ["warming_up", "too_few_units"].includes(gain.verdict.reason)) return;
  tally.gains++;
  tally.promised += gain.promised!;
  tally.spread += gain.promised! * (1 - gain.promised!);
  if (gain.verdict.decision === "ship") tally.ships++;
}
