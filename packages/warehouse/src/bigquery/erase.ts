import { type EraseRequest, holdsAny } from "../erase.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, digest } from "./ids.ts";
import type { RawLedger } from "./raw-ledger.ts";
import { incarnationOf, metadataOf } from "./schema.ts";
import { qualified } from "./sql.ts";
import { runStatement } from "./statements.ts";

/** One DELETE, and a note that makes anew what was made from the table. For the days of its time travel (seven unless set otherwise) BigQuery itself can still restore what is gone. */
export async function eraseRows(
  connection: Connection,
  dataset: string,
  ledger: RawLedger,
  request: EraseRequest,
): Promise<{ rows: number }> {
  const { table, jobId } = request;
  const metadata = await metadataOf(connection, dataset, table);
  if (!metadata) return { rows: 0 };
  const sql = `DELETE FROM ${qualified(dataset, table)} WHERE ${holdsAny("bigquery", request)}`;
  const id = bigqueryJobId(jobId, "erase", table, digest(sql));
  const job = await runStatement(connection, {
    id,
    doing: `erase from ${table}`,
    kind: "erase",
    table,
    sql,
  });
  const rows = Number(job.statistics?.query?.numDmlAffectedRows ?? 0);
  if (rows > 0)
    await ledger.note(`${id}__note`, {
      table,
      loadId: jobId,
      incarnation: incarnationOf(metadata),
      content: "",
      rows: `SELECT 1 AS one FROM ${qualified(dataset, table)} WHERE FALSE`,
      stamped: false,
      replaced: true,
    });
  return { rows };
}
