import { checkFreshness, checkMaturity } from "./health/age.ts";
import { checkCaps } from "./health/caps.ts";
import { checkControlGroup } from "./health/control-group.ts";
import { checkArms, checkCounts, checkMetrics, checkStopped } from "./health/counts-and-arms.ts";
import { checkGroups } from "./health/groups.ts";
import { checkControlActivity, checkDelivery, checkMachineOpens } from "./health/messages.ts";
import {
  checkContamination,
  checkDuplicates,
  checkExposure,
  checkUnit,
  contaminationOf,
} from "./health/people.ts";
import { checkShares } from "./health/shares.ts";
import { checkPrePeriod, checkTails } from "./health/values.ts";
import type { Health, HealthInput } from "./health-check.ts";

/** Fabijan et al. 2019: rarer than one in a thousand is a broken allocation, not chance; stricter when many are looked at. */
const SRM_THRESHOLD = 0.001;
const SRM_THRESHOLD_MANY = 0.0005;
const MANY = 100;

/** All checks of one experiment, in a fixed order. Pure; never throws. */
export function checkHealth(input: HealthInput): Health {
  const threshold = input.experiments > MANY ? SRM_THRESHOLD_MANY : SRM_THRESHOLD;
  const srm = checkShares(input, threshold);
  const checks = [
    checkCounts(input),
    checkArms(input),
    checkMetrics(input),
    ...srm.checks,
    checkGroups(input, threshold),
    checkContamination(input),
    checkDuplicates(input),
    checkControlActivity(input),
    checkStopped(input),
    checkDelivery(input),
    checkMachineOpens(input),
    checkMaturity(input),
    checkFreshness(input),
    checkUnit(input),
    checkExposure(input),
    checkPrePeriod(input),
    checkTails(input),
    checkCaps(input),
    ...(input.group ? [checkControlGroup(input.group)] : []),
  ];
  const spoken = new Set(["srm", "srm_sequential", "contamination"]);
  const dataErrors = checks.flatMap(({ check_name, status, code }) =>
    status === "fail" && code && !spoken.has(check_name) ? [code] : [],
  );
  return { checks, dataErrors, srm: srm.test, contaminationRate: contaminationOf(input.activity) };
}
