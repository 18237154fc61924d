import { spentAt } from "@lifecycle/stats";
import type { ExperimentVerdictRow } from "./result.ts";

/**
 * The share of the level `alpha` that declared looks left to intervals that hold on any day, declared after them: both together then
 * err no more often than `alpha` (Bonferroni). A `fixed` test spends everything at its look. Looks of a plan count as evenly spent,
 * which is no less than any of the spendings that can be declared; what the plan was need not be known any more.
 */
export function levelLeft(alpha: number, said: readonly ExperimentVerdictRow[]): number {
  const looks = said.filter(({ look }) => look !== null);
  const spent = looks.map((row) =>
    spentAt("pocock", row.alpha, row.looks === "fixed" ? 1 : (row.information ?? 1)),
  );
  return Math.max(0, 1 - Math.max(0, ...spent) / alpha);
}
