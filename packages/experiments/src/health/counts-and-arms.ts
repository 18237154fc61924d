import { armProblem, isImpossible, unitsProblem } from "../arm-value.ts";
import { shareOf, sharesNow } from "../definition.ts";
import { check, type HealthCheck, type HealthInput, nameOf } from "../health-check.ts";
import { stoppedArms } from "./stopped-arms.ts";

const IMPOSSIBLE: Readonly<Record<string, string>> = {
  successes_exceed_trials: "more conversions than people",
  negative: "a negative count",
  non_finite: "a number that is none",
};

export function checkCounts({ all }: HealthInput): HealthCheck {
  const bad = all.find((arm) => isImpossible(armProblem(arm)));
  if (!bad) return check("counts", "pass", null, "All counts can be true.");
  const problem = armProblem(bad)!;
  const words = IMPOSSIBLE[problem] ?? "a count that is no whole number";
  return check("counts", "fail", problem, `${nameOf(bad)} has ${words} (${bad.metric}).`);
}

/** A role, margin or direction that is declared of a metric nobody reports decides nothing. */
export function checkMetrics({ all, definition }: HealthInput): HealthCheck {
  const known = new Set(all.map(({ metric }) => metric));
  const unknown = Object.keys(definition.metrics ?? {}).filter((metric) => !known.has(metric));
  if (unknown.length === 0) return check("metrics", "pass", null, "Every declared metric is reported.", 0);
  return check(
    "metrics",
    "warn",
    "unknown_metric",
    `Nothing is reported of ${unknown.join(", ")}: what is declared of it decides nothing, but that a guardrail is not proven. Reported are ${[...known].join(", ")}.`,
    unknown.length,
  );
}

export function checkArms({ arms, definition }: HealthInput): HealthCheck {
  const uncounted = unitsProblem(arms);
  if (uncounted)
    return check(
      "arms",
      "not_checked",
      uncounted,
      `${arms.length} arms. How many people are in each is not known.`,
    );
  const shares = sharesNow(definition);
  const seen = new Set(arms.flatMap(({ armId, armName }) => [armId, armName ?? armId]));
  const absent = Object.entries(shares ?? {}).filter(([arm, share]) => share > 0 && !seen.has(arm));
  const empty = arms.filter((arm) => (arm.n ?? 0) === 0 && shareOf(shares, arm) !== 0).map(nameOf);
  const missing = [...absent.map(([arm]) => arm), ...empty];
  if (missing.length === 0) return check("arms", "pass", null, `${arms.length} arms, each with units.`);
  const planned =
    absent.length > 0 || arms.some((arm) => (arm.n ?? 0) === 0 && (shareOf(shares, arm) ?? 0) > 0);
  return check(
    "arms",
    planned ? "fail" : "warn",
    planned ? "missing_arm" : "empty_arm",
    `Nobody is in ${missing.join(", ")}.`,
    missing.length,
  );
}

export function checkStopped({ arms, days }: HealthInput): HealthCheck {
  const stopped = stoppedArms(days);
  if (stopped === null)
    return check("arm_stopped", "not_checked", "no_days", "There are no days to follow the arms over.");
  if (stopped.length === 0) return check("arm_stopped", "pass", null, "All arms ran over the same days.");
  const words = stopped.map(
    ({ armId, gap }) => `${nameOf(arms.find((arm) => arm.armId === armId) ?? arms[0]!)} ${gap}`,
  );
  return check(
    "arm_stopped",
    "fail",
    "arm_stopped",
    `Arms did not run over the same days: ${words.join("; ")}. Their people are not of the same time.`,
    stopped.length,
    0,
  );
}
