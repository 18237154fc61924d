import { join } from "node:path";
import { RetryableError } from "@lifecycle/contracts";
import { supervise, supervisorOptions } from "@lifecycle/runtime";
import {
  bigquerySettings,
  connectWarehouse,
  openBigqueryWarehouse,
  type QueryTarget,
} from "@lifecycle/warehouse";
import type { Session } from "./session.ts";
import { patiently } from "./terminal.ts";

/**
 * Asks BigQuery; with DuckDB, the process that owns the file. When none is up, one is started for as long as `ask` takes, which
 * only answers queries. Nobody but the owner ever opens the file.
 */
export async function withWarehouse<T>(
  session: Session,
  ask: (warehouse: QueryTarget) => Promise<T>,
): Promise<T> {
  const { settings, logger } = session;
  if (settings.warehouse.engine === "bigquery")
    return useAndClose(await openBigqueryWarehouse(bigquerySettings(settings)), ask);
  const stateDir = warehouseStateDir(session);
  const live = await connectWarehouse({ stateDir });
  if (live) return patiently("asking the warehouse", useAndClose(live, ask));
  const script = join(settings.root, "apps/worker/src/main.ts");
  const supervisor = supervise(
    [{ name: "warehouse", args: [script, "--role", "warehouse", "--queries-only"] }],
    {
      logger,
      ...supervisorOptions(settings.supervisor),
    },
  );
  try {
    await patiently("opening the warehouse", supervisor.ready("warehouse"));
    const own = await connectWarehouse({ stateDir });
    if (!own)
      throw new RetryableError("warehouse.unavailable", "The warehouse could not be opened. Try again.");
    return await patiently("asking the warehouse", useAndClose(own, ask));
  } finally {
    await supervisor.stop();
  }
}

async function useAndClose<T>(
  warehouse: QueryTarget,
  ask: (warehouse: QueryTarget) => Promise<T>,
): Promise<T> {
  try {
    return await ask(warehouse);
  } finally {
    await warehouse.close();
  }
}

/** Where the owner leaves its address and token, for this user alone. */
export function warehouseStateDir(session: Pick<Session, "settings">): string {
  return join(session.settings.home, ".runtime");
}
