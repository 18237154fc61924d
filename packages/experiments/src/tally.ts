import type { Decision } from "@lifecycle/stats";
import type { QueryTarget } from "@lifecycle/warehouse";
import { asObjects, MAX_ROWS } from "./rows.ts";
import { sayOf } from "./words.ts";

/** What is said now of one arm against its control, or once (`arm_id` = `all`) of an experiment without a control. */
export interface Said {
  readonly workspace: string;
  readonly experiment_id: string;
  readonly arm_id: string;
  readonly decision: Decision;
  readonly problems: string | null;
}

/** One thing that is said, and of how many. */
export interface Tally {
  readonly decision: Decision;
  /** The decision in a few words; `invalid` has two: broken numbers, and nothing to compare with. */
  readonly say: string;
  readonly arms: number;
  readonly experiments: number;
}

/** By how much a decision asks of its reader. */
export const DECISION_ORDER: readonly Decision[] = [
  "stop_harm",
  "ship",
  "invalid",
  "keep_running",
  "stop_no_effect",
  "inconclusive",
];

/** Newest verdicts counted by what they say; pure. The one count that the terminal, the pages and the files show. */
export function tallyVerdicts(newest: readonly Said[]): Tally[] {
  const groups = [...Map.groupBy(newest, sayOf)].map(([say, of]): Tally => {
    const ids = new Set(of.map(({ workspace, experiment_id }) => `${workspace}\n${experiment_id}`));
    return { decision: of[0]!.decision, say, arms: of.length, experiments: ids.size };
  });
  return groups.toSorted(
    (a, b) =>
      DECISION_ORDER.indexOf(a.decision) - DECISION_ORDER.indexOf(b.decision) || a.say.localeCompare(b.say),
  );
}

const COLUMNS = ["workspace", "experiment_id", "arm_id", "decision", "problems"] as const;

/** Everything that is said now, as a query over published tables that both engines take as it is. */
export const saidQuery = (published: string) =>
  `SELECT ${COLUMNS.join(", ")} FROM ${published}.exp_verdict_history WHERE is_newest ORDER BY workspace, experiment_id, arm_id`;

/** What is said now of everything that is published. Throws `experiments.too_many_rows`. */
export async function readTally(
  warehouse: Pick<QueryTarget, "query"> & { readonly datasets: { readonly published: string } },
): Promise<Tally[]> {
  const answer = await warehouse.query(saidQuery(warehouse.datasets.published), { maxRows: MAX_ROWS });
  return tallyVerdicts(asObjects(COLUMNS, answer) as unknown as Said[]);
}
