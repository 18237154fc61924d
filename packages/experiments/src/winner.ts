import { chooseWinner, normCritical } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import { errorShares } from "./arm-value.ts";
import type { Definition } from "./definition.ts";
import { directionOf } from "./result-row.ts";
import type { Judged } from "./verdict.ts";

export type Winner = NonNullable<ReturnType<typeof chooseWinner>>;

/** Of the treatments that may be shipped, the best; they share a control, which their difference does not depend on. */
export function winnerOf(
  ships: readonly { arm: ArmMetric; primaries: readonly Judged[]; result: { metric: string | null } }[],
  definition: Definition,
): Winner | null {
  const candidates = ships.flatMap(({ arm, primaries, result }) => {
    const leading = primaries.find(({ metric }) => metric === result.metric);
    if (leading?.compared.kind !== "estimated") return [];
    const sign = directionOf(definition, leading.metric) === "lower" ? -1 : 1;
    const { diff, se } = leading.compared.comparison;
    const variance = errorShares(leading.control, leading.arm, se!)?.treatment ?? se! ** 2;
    return [{ id: arm.armId, estimate: sign * diff!, se: se!, variance }];
  });
  const varianceOf = (id: string) => candidates.find((candidate) => candidate.id === id)?.variance ?? 0;
  return chooseWinner(
    candidates,
    (a, b) => Math.sqrt(varianceOf(a.id) + varianceOf(b.id)),
    normCritical(definition.alpha),
  );
}
