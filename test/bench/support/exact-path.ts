import { strict as assert } from "node:assert";
import type { ArmMetric, Evaluation, ExperimentResultRow } from "@lifecycle/experiments";
import { normIsfLog, runMethod } from "@lifecycle/stats";

type Numbers = Record<string, number | null>;

const ALPHA = 0.05;
/** Outputs that are compared, and the largest difference found in each, relative to the value or to 1. */
export type Differences = Map<string, number>;

const call = (method: string, inputs: object) => runMethod(method, inputs) as Numbers;
const level = (z: number) => 2 * call("dist.normal.sf", { z }).p!;

/** One comparison by the methods whose ids the golden values are kept under, at the single and at the family's level. */
function exactPair(c: ArmMetric, t: ArmMetric, critical: number): Numbers {
  const family = level(critical);
  if (c.kind === "proportion") {
    const counts = { xc: c.x, nc: c.n, xt: t.x, nt: t.n };
    const test = call("prop.ztest", counts);
    const own = call("prop.ci.diff", { ...counts, method: "miettinen-nurminen", alpha: ALPHA });
    const all = call("prop.ci.diff", { ...counts, method: "miettinen-nurminen", alpha: family });
    const lift = call("prop.ci.lift", { ...counts, method: "miettinen-nurminen", alpha: family });
    const se = Math.sqrt((test.pc! * (1 - test.pc!)) / c.n! + (test.pt! * (1 - test.pt!)) / t.n!);
    return named({ ...test, se }, test.z!, own, all, lift);
  }
  if (c.kind === "mean") {
    const arms = { c: moments(c), t: moments(t) };
    const test = call("mean.welch", { ...arms, alpha: ALPHA });
    const lift = call("mean.lift", { ...arms, method: "fieller", alpha: family });
    return named(test, test.t!, test, call("mean.welch", { ...arms, alpha: family }), lift);
  }
  const arms = { c: pair(c), t: pair(t) };
  const method = c.kind === "ratio" ? "ratio.delta" : "cuped.mean";
  const test = call(method, { ...arms, alpha: ALPHA });
  const lift =
    c.kind === "ratio"
      ? call("ratio.lift", { ...arms, method: "fieller", alpha: family })
      : call("mean.lift", { ...adjusted(c, t, test.theta!), method: "fieller", alpha: family });
  return named(test, test.z!, test, call(method, { ...arms, alpha: family }), lift);
}

const named = (test: Numbers, z: number, own: Numbers, all: Numbers, lift: Numbers): Numbers => ({
  effect: test.diff ?? null,
  effect_se: test.se ?? null,
  z,
  p_value: test.p ?? null,
  logp: test.logp ?? null,
  effect_low: own.lower ?? null,
  effect_high: own.upper ?? null,
  decision_low: all.lower ?? null,
  decision_high: all.upper ?? null,
  lift: lift.lift ?? null,
  lift_low: lift.lower ?? null,
  lift_high: lift.upper ?? null,
});

const moments = ({ n, valueSum: sum, valueSumsq: sumsq }: ArmMetric) => ({ n, sum, sumsq });
const pair = (arm: ArmMetric) => ({
  n: arm.n,
  sumY: arm.valueSum,
  sumYY: arm.valueSumsq,
  sumX: arm.covariateSum,
  sumXX: arm.covariateSumsq,
  sumXY: arm.crossSum,
});

/** Arms of a mean whose treatment stands at the control's mean plus the adjusted difference. */
function adjusted(c: ArmMetric, t: ArmMetric, theta: number) {
  const of = (arm: ArmMetric) => {
    const n = arm.n!;
    const [y, x] = [arm.valueSum! / n, arm.covariateSum! / n];
    const variance = (sumsq: number, a: number, b: number) => (sumsq - n * a * b) / (n - 1);
    const yy = variance(arm.valueSumsq!, y, y);
    const xx = variance(arm.covariateSumsq!, x, x);
    const xy = variance(arm.crossSum!, x, y);
    return { n, mean: y, x, variance: yy + theta ** 2 * xx - 2 * theta * xy };
  };
  const [a, b] = [of(c), of(t)];
  return { c: a, t: { ...b, mean: b.mean - theta * (b.x - a.x) } };
}

/** Variances that make the family: of the arms' values, equal under the hypothesis for rates. */
function familyVariances(arms: readonly ArmMetric[]): number[] {
  const [control, ...treatments] = arms;
  if (control!.kind === "proportion") return arms.map(({ n }) => 1 / n!);
  if (control!.kind === "mean")
    return arms.map((arm) => call("moments.fromSums", moments(arm)).variance! / arm.n!);
  if (control!.kind === "ratio") {
    const each = treatments.map((t) => call("ratio.delta", { c: pair(control!), t: pair(t) }));
    return [each[0]!.varC!, ...each.map(({ varT }) => varT!)];
  }
  // Every pair has a θ of its own: the family is told apart pair by pair, with the same control on average.
  return [];
}

/** Every output of the default path for one experiment beside the exact one; throws where they differ by more than 1e-6. */
export function checkAgainstExact(arms: readonly ArmMetric[], said: Evaluation, worst: Differences): number {
  const weights = familyOf(arms, arms[0]!.metric).map(() => 1);
  const observed = familyOf(arms, arms[0]!.metric).map(({ n }) => n!);
  const checks = new Map(said.health.map((row) => [row.check_name, row]));
  same(worst, "srm", checks.get("srm")!.value, call("srm.chi2", { observed, weights }).p!);
  same(
    worst,
    "srm_sequential",
    checks.get("srm_sequential")!.value,
    call("srm.sequential", { observed, weights }).p!,
  );
  const metrics = [...new Set(arms.map(({ metric }) => metric))];
  let compared = 0;
  for (const metric of metrics) compared += checkMetric(familyOf(arms, metric), said.results, worst);
  checkFamilies(said.results, worst);
  for (const verdict of said.verdicts) checkVerdict(verdict, said, worst);
  return compared;
}

const familyOf = (arms: readonly ArmMetric[], metric: string) => arms.filter((arm) => arm.metric === metric);

function checkMetric(
  family: readonly ArmMetric[],
  results: readonly ExperimentResultRow[],
  worst: Differences,
): number {
  const [control, ...treatments] = family;
  const row = (arm: ArmMetric) =>
    results.find((one) => one.metric === arm.metric && one.arm_id === arm.armId)!;
  const variances = familyVariances(family);
  // CUPED: λ of each pair by its own θ, as variances on the control's scale.
  const [vc, ...vt] =
    variances.length > 0
      ? variances
      : [1, ...treatments.map((t) => pairVariances(control!, t)).map(([c, own]) => own / c)];
  // A t test enters the family by the z that has its p.
  const at = treatments.map((arm) => {
    const { z, logp } = exactPair(control!, arm, 2);
    return control!.kind === "mean" ? normIsfLog(logp! - Math.LN2) : Math.abs(z!);
  });
  const dunnett = runMethod("multi.dunnett", {
    vc,
    vt,
    diffs: at.map((value, i) => value * Math.sqrt(vc! + vt[i]!)),
  }) as unknown as { critical: number; adjustedLogP: number[] };
  treatments.forEach((arm, i) => {
    const got = row(arm) as unknown as Numbers;
    const want: Numbers = exactPair(control!, arm, dunnett.critical);
    const posterior = call("bayes.gaussian", { estimate: want.effect, se: want.effect_se });
    const lower = row(arm).direction === "lower";
    want.chance_to_win = lower ? posterior.chanceToLose! : posterior.chanceToWin!;
    want.expected_loss = lower ? posterior.lossControl! : posterior.lossTreatment!;
    want.adjusted_p = Math.exp(Math.max(want.logp!, dunnett.adjustedLogP[i]!));
    for (const [name, value] of Object.entries(want)) same(worst, name, got[name]!, value!);
  });
  return treatments.length;
}

function pairVariances(c: ArmMetric, t: ArmMetric): [number, number] {
  const { theta } = call("cuped.mean", { c: pair(c), t: pair(t) });
  const arms = adjusted(c, t, theta!);
  return [arms.c.variance / arms.c.n, arms.t.variance / arms.t.n];
}

function checkFamilies(results: readonly ExperimentResultRow[], worst: Differences): void {
  const estimated = results.filter(({ status, role }) => status === "estimated" && role !== "guardrail");
  for (const family of Map.groupBy(estimated, ({ role, arm_id }) => `${role} ${arm_id}`).values()) {
    const method = family[0]!.role === "primary" ? "holm" : "bh";
    const { adjusted: want } = runMethod("multi.adjust", {
      p: family.map(({ adjusted_p }) => adjusted_p),
      method,
    });
    for (const [i, row] of family.entries()) same(worst, "family_p", row.family_p, (want as number[])[i]!);
  }
}

function checkVerdict(verdict: Evaluation["verdicts"][number], said: Evaluation, worst: Differences): void {
  const own = said.results.filter(({ arm_id }) => arm_id === verdict.arm_id);
  const primary = own.find(({ role }) => role === "primary")!;
  const guardrails = own.filter(({ role }) => role === "guardrail");
  const srm = said.health.find(({ check_name }) => check_name === "srm")!;
  const decision = runMethod("decision.evaluate", {
    srm: { p: srm.value, threshold: srm.threshold },
    horizonReached: true,
    primary: {
      lower: primary.decision_low,
      upper: primary.decision_high,
      mde: Math.abs(primary.control_value!) * 0.1,
    },
    guardrails: guardrails.map((row) => ({
      lower: -row.effect_high!,
      upper: -row.effect_low!,
      margin: row.margin!,
    })),
  });
  assert.equal(
    `${verdict.decision} ${verdict.reason}`,
    `${decision.decision} ${decision.reason}`,
    verdict.arm_id,
  );
  same(worst, "verdict", 0, 0);
}

function same(worst: Differences, name: string, got: number | null, want: number): void {
  assert(got !== null && Number.isFinite(got), `${name} is missing, ${want} was wanted`);
  const off = Math.abs(got - want) / Math.max(1, Math.abs(want));
  assert(off <= 1e-6, `${name}: ${got} is not ${want}`);
  worst.set(name, Math.max(worst.get(name) ?? 0, off));
}
