import { FatalError } from "@lifecycle/contracts";
import type { Warehouse } from "@lifecycle/warehouse";

/** What a run may be billed, and has been. BigQuery only: DuckDB bills nothing. */
export interface Budget {
  readonly maxBytes: number;
  spentBytes: number;
}

/**
 * The warehouse for a run with a budget: each job may bill what is left of it, and what it billed is taken off. BigQuery refuses a job that
 * would bill more before it begins. Throws `FatalError warehouse.cost_capped` when nothing is left.
 */
export function withinBudget(warehouse: Warehouse, budget: Budget | undefined): Warehouse {
  if (!budget) return warehouse;
  const left = (own: number | undefined): { maxBytesBilled: number } => {
    const rest = budget.maxBytes - budget.spentBytes;
    if (rest > 0) return { maxBytesBilled: Math.min(rest, own ?? rest) };
    throw new FatalError(
      "warehouse.cost_capped",
      `this run has been billed ${budget.spentBytes.toLocaleString("en-US")} bytes, and warehouse.bigquery.max_bytes_billed_per_run allows ${budget.maxBytes.toLocaleString("en-US")}`,
    );
  };
  const spend = <T extends { bytesBilled?: number }>(done: T): T => {
    budget.spentBytes += done.bytesBilled ?? 0;
    return done;
  };
  return {
    ...warehouse,
    query: async (sql, options = {}) =>
      spend(await warehouse.query(sql, { ...options, ...left(options.maxBytesBilled) })),
    materialise: async (request) =>
      spend(await warehouse.materialise({ ...request, ...left(request.maxBytesBilled) })),
  };
}
