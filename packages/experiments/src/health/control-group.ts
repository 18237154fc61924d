import type { ControlGroup } from "../control-group.ts";
import { formatCount } from "../format.ts";
import { check, type HealthCheck } from "../health-check.ts";

/** Since when the global control group is known, and who of it and of the others is left out. Braze keeps no history of who was in it. */
export function checkControlGroup(group: ControlGroup): HealthCheck {
  const { exports, firstSeenOn, newestSeenOn, isAnotherGroup, people, withoutId } = group;
  const seen = `The group was seen in ${exports} export${exports === 1 ? "" : "s"}, from ${firstSeenOn} to ${newestSeenOn}.`;
  const left =
    withoutId > 0
      ? ` ${formatCount(withoutId)} of ${formatCount(people)} people have no id and are left out.`
      : "";
  return isAnotherGroup
    ? check(
        "control_group",
        "warn",
        "another_group",
        `${seen} Before, it was another one: only what came after counts, and what people had been sent until then works on.${left}`,
        exports,
      )
    : check("control_group", "pass", null, `${seen}${left}`, exports);
}
