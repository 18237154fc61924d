import { Budget } from "@lifecycle/transform";

/** Runs whose cost this process remembers: more than are ever at work at once. */
const REMEMBERED = 1_000;

/** What each run may be billed by the queries that this process sends for it; nothing is counted without a cap. */
export function runBudgets(maxBytes: number | undefined): (runId: string) => Budget | undefined {
  const budgets = new Map<string, Budget>();
  return (runId) => {
    if (maxBytes === undefined) return undefined;
    const budget = budgets.get(runId) ?? new Budget(maxBytes);
    budgets.set(runId, budget);
    if (budgets.size > REMEMBERED) budgets.delete(budgets.keys().next().value!);
    return budget;
  };
}
