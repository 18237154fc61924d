import { errorMessage } from "@lifecycle/contracts";
import { bigquerySettings, checkBigquery, connectWarehouse } from "@lifecycle/warehouse";
import type { Finding } from "./finding.ts";
import type { Session } from "./session.ts";
import { warehouseStateDir } from "./warehouse-access.ts";

/** Whether the warehouse answers: BigQuery is asked for what a worker will need, the owner of DuckDB's file whether it is there. */
export async function checkWarehouse(session: Session): Promise<Finding> {
  const { warehouse } = session.settings;
  if (warehouse.engine === "bigquery") return askBigquery(session);
  const live = await connectWarehouse({ stateDir: warehouseStateDir(session) });
  const owner = live ? "its owner answers" : "nobody has it open";
  await live?.close();
  return { what: "warehouse", level: "ok", detail: `DuckDB ${warehouse.duckdb.path}, ${owner}` };
}

async function askBigquery({ settings }: Session): Promise<Finding> {
  const { bigquery, dataset } = settings.warehouse;
  const where = `BigQuery project ${bigquery.project}, datasets ${dataset}* in ${bigquery.location}`;
  const found = await checkBigquery(bigquerySettings(settings));
  const bad = found.filter(({ ok }) => !ok);
  const told = (bad.length > 0 ? bad : found).map(({ detail }) => detail).join("; ");
  return { what: "warehouse", level: bad.length > 0 ? "fail" : "ok", detail: `${where}: ${told}` };
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
