import { compareMetric, isPrePeriodImbalanced } from "@lifecycle/stats";
import type { ArmMetric } from "../arm-metric.ts";
import { isHeavy } from "../arm-value.ts";
import { check, type HealthCheck, type HealthInput } from "../health-check.ts";

/** Does the covariate itself differ between the arms? Then the adjustment would hide a broken split. */
export function checkPrePeriod({ all, control }: HealthInput): HealthCheck {
  const family = all.filter(
    (arm) => arm.kind === "cuped" && arm.segment === "all" && arm.covariateSumsq !== null,
  );
  const base = family.find((arm) => arm.armId === control?.armId);
  const others = family.filter((arm) => arm.metric === base?.metric && arm !== base);
  if (!base || others.length === 0)
    return check("pre_period", "not_checked", "no_covariate", "Nothing is known from before the test.");
  const arm = ({ n, covariateSum, covariateSumsq }: ArmMetric) => ({
    n: n!,
    sum: covariateSum!,
    sumsq: covariateSumsq!,
  });
  const { comparisons } = compareMetric({ kind: "mean", control: arm(base), treatments: others.map(arm) });
  const p = Math.min(1, ...comparisons.map((comparison) => comparison.adjustedP ?? 1));
  return isPrePeriodImbalanced(p)
    ? check(
        "pre_period",
        "warn",
        "pre_period_imbalance",
        "The arms differed before the test began.",
        p,
        0.001,
      )
    : check("pre_period", "pass", null, "The arms were alike before the test began.", p, 0.001);
}

/** Is a mean of so skewed values, over so few people, near enough to normal for its interval? */
export function checkTails({ all }: HealthInput): HealthCheck {
  const known = all.filter(
    (arm) => arm.segment === "all" && arm.kind === "mean" && arm.valueSumcubes !== null,
  );
  if (known.length === 0)
    return check("heavy_tail", "not_checked", "not_applicable", "No amounts of single people are judged.");
  const heavy = [...new Set(known.filter(isHeavy).map(({ metric }) => metric))];
  return heavy.length === 0
    ? check("heavy_tail", "pass", null, "No amount is too skewed for so many people.", 0)
    : check(
        "heavy_tail",
        "warn",
        "heavy_tail",
        `A few people bring most of ${heavy.join(", ")}: its interval is rougher than it says. Judge a capped form of it.`,
        heavy.length,
      );
}
