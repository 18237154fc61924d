import { errorMessage, FatalError, type OwnRows } from "@lifecycle/contracts";
import { reloadLanded } from "@lifecycle/ingest";
import type { StageDeps } from "./stages/deps.ts";
import { qualityTables } from "./stages/model-outcomes.ts";
import { loadLanded } from "./stages/own-rows.ts";

type Deps = Pick<StageDeps, "warehouse" | "ledger" | "landing" | "logger" | "tables">;

/**
 * Fills a DuckDB file that somebody threw away again from landing. Without it, only days that had not closed would come back, because
 * the others are not asked of the source again, and declared looks would be taken anew. A file that holds any run is left as it is.
 */
export async function restoreWarehouse(
  deps: Deps,
  load: Parameters<typeof reloadLanded>[0]["load"],
): Promise<void> {
  const { warehouse, ledger, logger } = deps;
  if (warehouse.engine !== "duckdb" || (await holdsRuns(warehouse))) return;
  const loads = await reloadLanded({
    ledger,
    load,
    loadOwn: (rows) => loadLanded(deps, rows, contractOf(deps, rows)),
    onFailure: (runId, resource, error) =>
      logger.warn({ run_id: runId, resource, reason: errorMessage(error) }, "could not be loaded again"),
  });
  if (loads > 0) logger.info({ loads }, "the warehouse was empty: loaded again what had landed");
}

function contractOf({ tables }: Deps, { file }: OwnRows) {
  const contract = [...tables, ...qualityTables].find(({ table }) => table === file.target);
  if (contract) return contract;
  throw new FatalError("worker.no_contract", `no contract for the raw table ${file.target}`);
}

/** False for a file that is new: it has no such table yet. */
async function holdsRuns(warehouse: StageDeps["warehouse"]): Promise<boolean> {
  try {
    const { rows } = await warehouse.query(`SELECT 1 FROM ${warehouse.datasets.raw}.raw_run LIMIT 1`);
    return rows.length > 0;
  } catch {
    return false;
  }
}
