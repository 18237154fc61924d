import { judgeExperiment, NO_HISTORY, resolveDefinition } from "@lifecycle/experiments";
import { expect, it } from "vitest";
import { checkAgainstExact, type Differences } from "../bench/support/exact-path.ts";
import { makeArms, random } from "../bench/support/portfolio.ts";

// All of a thousand: `npm run bench -- experiments`.
it("every output of the default path equals the methods one by one, for metrics of every kind", () => {
  const next = random(7);
  const shares = Object.fromEntries([0, 1, 2, 3].map((arm) => [`arm-${arm}`, 1]));
  const margin = { kind: "absolute", value: 0.02 } as const;
  const definition = resolveDefinition({
    looks: { kind: "fixed" },
    ended: true,
    planned_shares: shares,
    metrics: { m1: { role: "guardrail", direction: "lower", margin } },
  });
  const worst: Differences = new Map();
  for (let id = 0; id < 25; id++) {
    const arms = makeArms(id, next);
    const history = NO_HISTORY;
    const said = judgeExperiment({ arms, days: [], activity: [], definition, history, experiments: 1 });
    expect(checkAgainstExact(arms, said, worst)).toBe(30);
  }
  expect([...worst.keys()].sort()).toEqual(
    [
      ["adjusted_p", "chance_to_win", "decision_high", "decision_low", "effect", "effect_high", "effect_low"],
      ["effect_se", "expected_loss", "family_p", "lift", "lift_high", "lift_low", "logp", "p_value"],
      ["srm", "srm_sequential", "verdict", "z"],
    ].flat(),
  );
});
