import { betaBinomial } from "@lifecycle/stats";
import type { ExperimentResultRow } from "../result.ts";

export interface Posterior {
  readonly row: ExperimentResultRow;
  readonly better: number;
  readonly worse: number;
  /** Expected loss if the arm is shipped, in the rate's own unit. */
  readonly loss: number;
  /** Where each rate lies with 95 % probability. */
  readonly own: readonly [number, number];
  readonly control: readonly [number, number];
}

/** Beta–binomial posterior of a compared rate from the counts of its row; undefined where the row is no rate that was compared. */
export function exactPosterior(row: ExperimentResultRow): Posterior | undefined {
  const { control_x, control_n, x, n } = row;
  if (row.status !== "estimated" || row.metric_kind !== "proportion" || row.method === "stratified_z")
    return undefined;
  if (control_x === null || control_n === null || x === null || n === null) return undefined;
  const spread = spreadOf(row);
  const [xc, nc, xt, nt] = [control_x, control_n, x, n].map((count) => Number(count) / spread);
  const found = betaBinomial({ xc: xc!, nc: nc!, xt: xt!, nt: nt! });
  const { chanceToWin, chanceToLose, lossTreatment, lossControl, ciC, ciT } = found;
  if (chanceToWin === null || chanceToLose === null || lossTreatment === null || lossControl === null)
    return undefined;
  if (!ciC || !ciT) return undefined;
  const isLower = row.direction === "lower";
  return {
    row,
    better: isLower ? chanceToLose : chanceToWin,
    worse: isLower ? chanceToWin : chanceToLose,
    loss: isLower ? lossControl : lossTreatment,
    own: ciT,
    control: ciC,
  };
}

/** By how much the row's error allows for people who were counted several times; 1 where each counts once. */
function spreadOf({ effect_se, value, control_value, n, control_n }: ExperimentResultRow): number {
  if (effect_se === null || value === null || control_value === null) return 1;
  const once = (value * (1 - value)) / Number(n) + (control_value * (1 - control_value)) / Number(control_n);
  return once > 0 ? Math.max(1, effect_se ** 2 / once) : 1;
}
