import { proportionChi2 } from "@lifecycle/stats";
import type { ArmMetric } from "./arm-metric.ts";
import { armProblem, unitsProblem } from "./arm-value.ts";
import type { ExperimentResultRow } from "./result.ts";
import { notEstimable } from "./result-row.ts";

/** Without a control: do the arms differ at all? Says nothing about which is better than sending nothing. */
export function omnibusRows(
  arms: readonly ArmMetric[],
  describe: (arm: ArmMetric) => ExperimentResultRow,
  spread: number | null,
): ExperimentResultRow[] {
  const [first] = arms;
  if (!first || arms.length < 2 || first.kind !== "proportion") return [];
  const sum = (field: "n" | "x") => arms.reduce((total, arm) => total + (arm[field] ?? 0), 0);
  const row: ExperimentResultRow = {
    ...describe(first),
    arm_id: "all",
    arm_name: null,
    is_control: false,
    method: "omnibus_chi2",
    n: unitsProblem(arms) ? null : sum("n"),
    x: sum("x"),
    value: null,
  };
  const refused = (reason: string) => [notEstimable(row, reason)];
  const problem = arms.map(armProblem).find((reason) => reason !== null);
  if (problem) return refused(problem);
  if (spread === null) return refused("unit_mismatch");
  // People who may count on several days: as many fewer of them (Rao & Scott 1981).
  const test = proportionChi2({ groups: arms.map(({ x, n }) => [x! / spread, n! / spread]) });
  if (test.chi2 === null) return refused(test.status);
  const { chi2, df, p, logp } = test;
  return [{ ...row, status: "estimated", reason: null, chi2, df, p_value: p, logp, verdict: null }];
}
