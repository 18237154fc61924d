import { describe, expect, it } from "vitest";
import type { ArmMetric } from "./arm-metric.ts";
import { campaignArm } from "./campaign-arm.fixture.ts";
import { type FrozenCap, newlyFrozen } from "./cap.ts";
import { resolveDefinition } from "./definition.ts";
import { NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";

const RULE = "quantile 0.999 of spend other than 0";
const frozen = (change: Partial<FrozenCap> = {}): FrozenCap => ({
  ...{ metric: "spend", rule: RULE, value: 80.5, since: "2026-02-01" },
  ...change,
});

/** Two arms of 2,000 people, of whom `nonzeroUnits` each spent something, cut at `cap`. */
function spending(nonzeroUnits: number, cap: number | null = 80.5, rule = RULE): ArmMetric[] {
  const amounts = { dataGrade: "user_rows", metric: "spend", kind: "mean", x: null, valueSumsq: 90_000 };
  const spent = (id: string, valueSum: number) =>
    campaignArm(id, 2_000, 0, { ...amounts, valueSum, cap, cappedUnits: 2, capping: { rule, nonzeroUnits } });
  return [spent("c", 8_000), spent("t", 8_100)];
}

function judged(arms: readonly ArmMetric[], caps: readonly FrozenCap[] = [], ended = false) {
  const definition = resolveDefinition({ ended });
  const history = { ...NO_HISTORY, caps };
  const said = judgeExperiment({ arms, days: [], activity: [], definition, history, experiments: 1 });
  const check = said.health.find(({ check_name }) => check_name === "cap")!;
  return { ...said, check, newCaps: newlyFrozen(arms, caps, said) };
}

describe("a cap", () => {
  it("is frozen by the first evaluation with 1,000 people of all arms who have a value", () => {
    const early = judged(spending(499));
    expect(early.newCaps).toEqual([]);
    expect(early.check).toMatchObject({ status: "warn", code: "cap_provisional", value: 998 });
    const enough = judged(spending(500));
    expect(enough.newCaps).toEqual([
      {
        ...{ workspace: "main", experiment_id: "main__campaign__x", metric: "spend", data_state: "closed" },
        ...{ cap_rule: RULE, cap_value: 80.5, nonzero_units: 1_000 },
      },
    ]);
    expect(enough.check).toMatchObject({ status: "pass", code: null });
  });

  it("is frozen once, and says since when", () => {
    const later = judged(spending(900), [frozen()]);
    expect(later.newCaps).toEqual([]);
    expect(later.check).toMatchObject({ status: "pass", code: null });
    expect(later.check.detail).toBe(`spend is cut at 80.50 (${RULE}), as it has been since 2026-02-01.`);
  });

  it("is found anew under another rule, and that is said; the rule is part of the definition", () => {
    const other = "quantile 0.99 of spend other than 0";
    const changed = judged(spending(900, 60, other), [frozen()]);
    expect(changed.newCaps).toMatchObject([{ cap_rule: other, cap_value: 60 }]);
    expect(changed.check).toMatchObject({ status: "warn", code: "cap_changed" });
    expect(changed.check.detail).toContain(`The rule was another before (${RULE}: 80.50, from 2026-02-01)`);
    const hash = ({ verdicts }: typeof changed) => verdicts[0]!.definition_hash;
    expect(hash(changed)).not.toBe(hash(judged(spending(900))));
    // Nobody has spent anything yet: the rule is the same.
    expect(hash(judged(spending(0, null)))).toBe(hash(judged(spending(900))));
  });

  it("whose model does not cut where it was frozen is told", () => {
    const moved = judged(spending(900, 95), [frozen()]);
    expect(moved.check).toMatchObject({ status: "warn", code: "cap_moved" });
    expect(moved.check.detail).toContain("frozen at 80.50 on 2026-02-01");
  });

  it("is not frozen by numbers that are not to be believed", () => {
    const impossible = campaignArm("t", 100, 101, { role: "secondary" });
    expect(judged([...spending(900), campaignArm("c", 100, 5), impossible]).newCaps).toEqual([]);
  });

  it("of a test that is over may stay where it is without being frozen", () => {
    expect(judged(spending(10), [], true).check).toMatchObject({ status: "pass", code: null });
  });

  it("is nothing to check where nothing is cut by a rule", () => {
    const { check, newCaps } = judged([campaignArm("c", 900, 90), campaignArm("t", 900, 95)]);
    expect(check).toMatchObject({ status: "not_checked", code: "not_applicable" });
    expect(newCaps).toEqual([]);
  });
});
