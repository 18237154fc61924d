import { adjustPValues, shrinkEffects } from "@lifecycle/stats";
import type { RecordedVerdict } from "./published.ts";
import type { ExperimentResultRow } from "./result.ts";

/** One treatment of one experiment among all of them. */
export interface PortfolioRow {
  readonly row: ExperimentResultRow;
  readonly verdict: RecordedVerdict | undefined;
  /** p over all treatments of all experiments (Benjamini–Hochberg): false discoveries among those below 5 % stay below 5 %. */
  readonly discoveryP: number | null;
  /** Lift pulled towards what is usual, by how noisy it is; what to expect when it is shipped. */
  readonly expectedLift: number | null;
  readonly expectedLiftSd: number | null;
}

export interface Portfolio {
  readonly rows: readonly PortfolioRow[];
  /** What is usual: mean and spread of the true lifts; null below five experiments. */
  readonly usualLift: number | null;
  readonly usualSpread: number | null;
}

/** All treatments by their first primary metric, over everybody. Broken experiments take no part in what is usual. */
export function portfolioOf(
  results: readonly ExperimentResultRow[],
  verdicts: readonly RecordedVerdict[],
): Portfolio {
  const newest = new Map(
    verdicts.filter(({ is_newest }) => is_newest).map((verdict) => [keyOf(verdict), verdict]),
  );
  const treatments = results.filter(
    (row) =>
      row.segment === "all" && row.role === "primary" && row.status === "estimated" && row.arm_id !== "all",
  );
  const main = treatments.filter((row) => (newest.get(keyOf(row))?.metric ?? row.metric) === row.metric);
  const isSound = (row: ExperimentResultRow) => newest.get(keyOf(row))?.decision !== "invalid";
  const p = main.map((row) => (isSound(row) ? row.adjusted_p : null));
  const { adjusted } = adjustPValues({ p, method: "bh" });
  const shrunk = shrinkEffects(main.map((row) => (isSound(row) ? liftEstimate(row) : null)));
  const rows = main.map(
    (row, i): PortfolioRow => ({
      row,
      verdict: newest.get(keyOf(row)),
      discoveryP: adjusted[i] ?? null,
      expectedLift: shrunk.effects[i]?.mean ?? null,
      expectedLiftSd: shrunk.effects[i]?.sd ?? null,
    }),
  );
  return { rows, usualLift: shrunk.priorMean, usualSpread: shrunk.priorSd };
}

const keyOf = ({ experiment_id, arm_id }: { experiment_id: string; arm_id: string }) =>
  `${experiment_id}\n${arm_id}`;

function liftEstimate({ effect, effect_se, control_value }: ExperimentResultRow) {
  if (effect === null || effect_se === null || !control_value) return null;
  return { estimate: effect / Math.abs(control_value), se: effect_se / Math.abs(control_value) };
}
