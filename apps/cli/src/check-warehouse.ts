import { errorCode, errorMessage } from "@lifecycle/contracts";
import { connectWarehouse } from "@lifecycle/warehouse";
import type { Finding } from "./finding.ts";
import type { Session } from "./session.ts";
import { warehouseStateDir, withWarehouse } from "./warehouse-access.ts";

const TIMEOUT_MS = 20_000;

/** Whether the warehouse answers: BigQuery is asked for one row, the owner of DuckDB's file whether it is there. */
export async function checkWarehouse(session: Session): Promise<Finding> {
  const { warehouse } = session.settings;
  if (warehouse.engine === "bigquery") return checkBigquery(session);
  const live = await connectWarehouse({ stateDir: warehouseStateDir(session) });
  const owner = live ? "its owner answers" : "nobody has it open";
  await live?.close();
  return { what: "warehouse", level: "ok", detail: `DuckDB ${warehouse.duckdb.path}, ${owner}` };
}

async function checkBigquery(session: Session): Promise<Finding> {
  const { bigquery, dataset } = session.settings.warehouse;
  const where = `BigQuery project ${bigquery.project}, datasets ${dataset}* in ${bigquery.location}`;
  try {
    await withWarehouse(session, (warehouse) => warehouse.query("SELECT 1", { timeoutMs: TIMEOUT_MS }));
    return { what: "warehouse", level: "ok", detail: where };
  } catch (error) {
    return {
      what: "warehouse",
      level: "fail",
      detail: `${where}: ${errorMessage(error)}${adviceFor(error)}`,
    };
  }
}

function adviceFor(error: unknown): string {
  return errorCode(error) === "warehouse.access_denied"
    ? ". Check GOOGLE_APPLICATION_CREDENTIALS and the roles in deploy/README.md"
    : "";
}

/** Whether the bucket of the landing room can be read. */
export async function checkBucket({ settings, ledger }: Session): Promise<Finding> {
  const { path } = settings.landing;
  try {
    const runs = await ledger.listRunIds();
    return { what: "landing", level: "ok", detail: `${path}, ${runs.length} runs` };
  } catch (error) {
    return { what: "landing", level: "fail", detail: `${path}: ${errorMessage(error)}` };
  }
}
