import { type EraseRequest, holdsAny } from "../erase.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, digest } from "./ids.ts";
import { metadataOf } from "./schema.ts";
import { qualified } from "./sql.ts";
import { runStatement } from "./statements.ts";

/** One DELETE. For the days of its time travel (seven unless set otherwise) BigQuery itself can still restore what is gone. */
export async function eraseRows(
  connection: Connection,
  dataset: string,
  request: EraseRequest,
): Promise<{ rows: number }> {
  const { table, jobId } = request;
  if (!(await metadataOf(connection, dataset, table))) return { rows: 0 };
  const sql = `DELETE FROM ${qualified(dataset, table)} WHERE ${holdsAny("bigquery", request)}`;
  const job = await runStatement(connection, {
    id: bigqueryJobId(jobId, "erase", table, digest(sql)),
    doing: `erase from ${table}`,
    kind: "erase",
    table,
    sql,
  });
  return { rows: Number(job.statistics?.query?.numDmlAffectedRows ?? 0) };
}
