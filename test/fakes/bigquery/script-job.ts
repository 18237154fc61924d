import { ApiError, invalid } from "../rest/api-error.ts";
import type { Scanned } from "./bytes.ts";
import type { QueryConfiguration } from "./configuration.ts";
import { isDml, runDml } from "./dml.ts";
import type { DmlStats } from "./dml-rows.ts";
import type { JobWork } from "./job.ts";
import { verb } from "./script.ts";

/** DML: one statement, or several between BEGIN TRANSACTION and COMMIT TRANSACTION. The fake runs no other scripts. */
export async function runScript(
  { job, connection, catalogue, translate, scratch }: JobWork,
  query: QueryConfiguration,
  script: readonly string[],
): Promise<void> {
  const isTransaction =
    /^BEGIN\s+TRANSACTION$/i.test(script[0]!) && /^COMMIT\s+TRANSACTION$/i.test(script.at(-1)!);
  const work = isTransaction ? script.slice(1, -1) : script;
  if (query.destinationTable)
    throw invalid("Cannot set destination table in jobs with DML statements or scripts");
  const other = work.find((statement) => !isDml(statement));
  if (other !== undefined || (work.length > 1 && !isTransaction))
    throw new ApiError(400, "invalidQuery", `the fake runs no script such as ${other ?? query.query}`);
  const defaultDataset = query.defaultDataset?.datasetId;
  const scanned: Scanned = { processed: 0, billed: 0, tables: [] };
  const context = {
    catalogue,
    connection,
    translate: async (sql: string) => translate(sql, defaultDataset),
    defaultDataset,
    scanned,
    dryRun: job.configuration.dryRun ?? false,
  };
  const done: DmlStats[] = [];
  for (const statement of work) {
    done.push(await runDml({ ...context, work: scratch() }, statement));
    const read = scanned.tables.map(({ datasetId }) => datasetId);
    catalogue.refuseElsewhere(job.location, read);
    refuseAbove(query.maximumBytesBilled, scanned.billed);
  }
  job.statistics.totalBytesProcessed = String(scanned.processed);
  const { deletedRowCount, insertedRowCount, updatedRowCount } = done[0]!;
  job.statistics.query = {
    totalBytesProcessed: String(scanned.processed),
    totalBytesBilled: job.configuration.dryRun ? "0" : String(scanned.billed),
    statementType: isTransaction ? "SCRIPT" : verb(work[0]!),
    referencedTables: scanned.tables,
    ...(isTransaction
      ? {}
      : {
          dmlStats: done[0],
          numDmlAffectedRows: String(
            Number(deletedRowCount) + Number(insertedRowCount) + Number(updatedRowCount),
          ),
        }),
  };
}

/** A query that would bill more than it may fails before it changes anything. */
export function refuseAbove(most: string | undefined, billed: number): void {
  if (most === undefined || billed <= Number(most)) return;
  const message = `Query exceeded limit for bytes billed: ${most}. ${billed} or higher required.`;
  throw new ApiError(400, "bytesBilledLimitExceeded", message);
}
