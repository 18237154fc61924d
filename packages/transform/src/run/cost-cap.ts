import { FatalError } from "@lifecycle/contracts";
import type { Allowance, Hold, Warehouse } from "@lifecycle/warehouse";

/**
 * What a run may be billed, and has been. BigQuery only: DuckDB bills nothing. Jobs at work together may bill no more than what each has set
 * aside, so that all of them stay below the cap whatever they turn out to cost.
 */
export class Budget implements Allowance {
  readonly maxBytes: number;
  #spentBytes = 0;
  #heldBytes = 0;
  #atWork = 0;
  #waiting: (() => void)[] = [];

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get spentBytes(): number {
    return this.#spentBytes;
  }

  async hold(bytes: number | undefined): Promise<Hold> {
    for (;;) {
      const rest = this.maxBytes - this.#spentBytes;
      if (rest <= 0) throw this.#exhausted();
      const free = rest - this.#heldBytes;
      if (bytes !== undefined && bytes <= free) return this.#take(bytes);
      if (this.#atWork === 0) return this.#take(free);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #take(bytes: number): Hold {
    this.#heldBytes += bytes;
    this.#atWork += 1;
    const settle = (billed: number): void => {
      this.#heldBytes -= bytes;
      this.#atWork -= 1;
      this.#spentBytes += billed;
      for (const goOn of this.#waiting.splice(0)) goOn();
    };
    return { bytes, settle };
  }

  #exhausted(): FatalError {
    const number = (bytes: number) => bytes.toLocaleString("en-US");
    return new FatalError(
      "warehouse.cost_capped",
      `this run has been billed ${number(this.#spentBytes)} bytes, and warehouse.bigquery.max_bytes_billed_per_run allows ${number(this.maxBytes)}`,
    );
  }
}

/** The warehouse for a run with a budget: what is built and asked through it is billed to that. */
export function withinBudget(warehouse: Warehouse, budget: Budget | undefined): Warehouse {
  if (!budget) return warehouse;
  return {
    ...warehouse,
    query: (sql, options = {}) => warehouse.query(sql, { ...options, allowance: budget }),
    materialise: (request) => warehouse.materialise({ ...request, allowance: budget }),
  };
}
