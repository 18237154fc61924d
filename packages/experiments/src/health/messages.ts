import { proportionChi2 } from "@lifecycle/stats";
import { check, type HealthCheck, type HealthInput } from "../health-check.ts";

/** A group that is sent nothing cannot open or click. */
export function checkControlActivity({ control, activity }: HealthInput): HealthCheck {
  if (control?.source !== "campaign" || control.isControl !== true)
    return check(
      "control_activity",
      "not_checked",
      "not_applicable",
      "The control is no group without messages.",
    );
  const own = activity.find(({ armId }) => armId === control.armId);
  const acts = (own?.sent ?? 0) + (own?.opens ?? 0) + (own?.clicks ?? 0);
  return acts > 0
    ? check(
        "control_activity",
        "fail",
        "control_received_messages",
        `The control, which is sent nothing, has ${acts} sends, opens or clicks.`,
        acts,
        0,
      )
    : check("control_activity", "pass", null, "The control received nothing.", 0, 0);
}

/** A difference in delivery smaller than this is no concern however certain it is. */
const DELIVERY_SKEW = 0.01;

export function checkDelivery({ activity }: HealthInput): HealthCheck {
  const sent = activity.filter((arm) => (arm.sent ?? 0) > 0 && arm.delivered !== null);
  if (sent.length < 2 || sent.some((arm) => arm.delivered! > arm.sent!))
    return check(
      "delivery",
      "not_checked",
      "not_applicable",
      "Fewer than two arms report what was delivered.",
    );
  const rates = sent.map((arm) => arm.delivered! / arm.sent!);
  const gap = Math.max(...rates) - Math.min(...rates);
  const { p } = proportionChi2({ groups: sent.map((arm) => [arm.delivered!, arm.sent!]) });
  const skewed = gap > DELIVERY_SKEW && p !== null && p < 0.001;
  const detail = `Delivery differs by ${(100 * gap).toFixed(1)} points between the arms.`;
  return check(
    "delivery",
    skewed ? "warn" : "pass",
    skewed ? "delivery_skew" : null,
    detail,
    gap,
    DELIVERY_SKEW,
  );
}

const MACHINE_OPENS = 0.3;

export function checkMachineOpens({ activity }: HealthInput): HealthCheck {
  const opens = activity.reduce((sum, arm) => sum + (arm.opens ?? 0), 0);
  const machine = activity.reduce((sum, arm) => sum + (arm.machineOpens ?? 0), 0);
  if (opens === 0) return check("machine_opens", "not_checked", "not_applicable", "No opens are reported.");
  const share = machine / opens;
  const many = share > MACHINE_OPENS;
  const advice = many ? ": trust clicks and conversions." : ".";
  const detail = `${(100 * share).toFixed(0)} machine opens for every 100 opens${advice}`;
  return check(
    "machine_opens",
    many ? "warn" : "pass",
    many ? "machine_opens" : null,
    detail,
    share,
    MACHINE_OPENS,
  );
}
