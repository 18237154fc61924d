import type { ExperimentOverride } from "@lifecycle/contracts";
import { expect, it } from "vitest";
import type { ArmActivity } from "../arm-activity.ts";
import type { ArmMetric } from "../arm-metric.ts";
import { campaignArm } from "../campaign-arm.fixture.ts";
import { resolveDefinition } from "../definition.ts";
import { NO_HISTORY } from "../history.ts";
import { judgeExperiment } from "../judge.ts";

const arm = (armId: string, change: Partial<ArmMetric> = {}) => campaignArm(armId, 5_000, 500, change);
const pair = (change: Partial<ArmMetric>, treatment: Partial<ArmMetric> = {}) => [
  arm("c", change),
  arm("t", { ...change, ...treatment }),
];
const activity = (armId: string, change: Partial<ArmActivity>): ArmActivity => ({
  experimentId: "main__campaign__x",
  armId,
  assigned: null,
  sent: null,
  delivered: null,
  opens: null,
  machineOpens: null,
  clicks: null,
  crossedUnits: null,
  duplicateRows: null,
  ...change,
});

function judge(arms: ArmMetric[], own: ExperimentOverride = {}, acts: ArmActivity[] = []) {
  const definition = resolveDefinition(own);
  return judgeExperiment({ arms, days: [], activity: acts, definition, history: NO_HISTORY, experiments: 1 });
}

const covariate = { kind: "cuped", x: null, valueSum: 9_000, valueSumsq: 40_000, crossSum: 21_000 };
const mean = { kind: "mean", x: null, valueSum: 9_000, valueSumsq: 40_000 };
const many = (armId: string, opens: number, machineOpens: number) => activity(armId, { opens, machineOpens });

it.each<[code: string, check: string, ReturnType<typeof judge>]>([
  ["weights_incomplete", "srm", judge([...pair({}), arm("u")], { planned_shares: { c: 1, t: 1 } })],
  ["not_enough_data", "srm", judge(pair({ n: 7, x: 1 }), { planned_shares: { c: 1, t: 1 } })],
  ["srm", "srm", judge([...pair({}), arm("u", { n: 40 })], { planned_shares: { c: 1, t: 1, u: 0 } })],
  [
    "delivery_skew",
    "delivery",
    judge(pair({}), {}, [
      activity("t", { sent: 5_000, delivered: 4_900 }),
      activity("u", { sent: 5_000, delivered: 4_700 }),
    ]),
  ],
  ["machine_opens", "machine_opens", judge(pair({}), {}, [many("t", 1_000, 310)])],
  [
    "pre_period_imbalance",
    "pre_period",
    judge(
      pair(
        { ...covariate, covariateSum: 10_000, covariateSumsq: 45_000 },
        { covariateSum: 11_000, covariateSumsq: 49_200 },
      ),
    ),
  ],
])("%s is told by the check %s", (code, name, { health }) => {
  expect(health.find(({ check_name }) => check_name === name)).toMatchObject({ code });
});

it.each<[reason: string, ReturnType<typeof judge>]>([
  ["no_covariate", judge(pair({ ...covariate, covariateSum: null }))],
  ["zero_denominator", judge(pair({ ...mean, kind: "ratio", covariateSum: 0 }))],
  ["negative_variance", judge(pair({ ...mean, valueSumsq: 9_000 }))],
  ["n_lt_2", judge(pair({ ...mean, n: 1, valueSum: 2, valueSumsq: 4 }))],
])("a number that cannot be given says why: %s", (reason, { results, verdicts }) => {
  const treatment = results.find(({ arm_id }) => arm_id === "t");
  expect(treatment).toMatchObject({ status: "not_estimable", reason, p_value: null, effect: null });
  expect(verdicts[0]?.decision).not.toMatch(/ship|stop/);
});
