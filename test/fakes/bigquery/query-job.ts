import { randomUUID } from "node:crypto";
import { bytesScanned } from "./bytes.ts";
import type { QueryConfiguration } from "./configuration.ts";
import { count, decorated, relationOf, write } from "./destination.ts";
import { isDml } from "./dml.ts";
import type { JobWork } from "./job.ts";
import { statements } from "./script.ts";
import { refuseAbove, runScript } from "./script-job.ts";
import { engineType, type Field, quote, schemaOf } from "./types.ts";

/** Where the answers of queries lie that name no table for them. */
const RESULTS = "_results";

/** A SELECT, whose answer is kept; or DML. */
export async function runQuery(work: JobWork, query: QueryConfiguration): Promise<void> {
  const { job, connection } = work;
  if (query.defaultDataset) await connection.run(`SET search_path='${query.defaultDataset.datasetId},main'`);
  const script = statements(query.query);
  if (script.length > 1 || isDml(script[0] ?? "")) return runScript(work, query, script);
  const sql = await work.translate(query.query, query.defaultDataset?.datasetId);
  const fields = await schemaOf(connection, sql);
  const { processed, billed, tables } = await bytesScanned(connection, sql, work.catalogue.partitionOf);
  work.catalogue.refuseElsewhere(
    job.location,
    tables.map(({ datasetId }) => datasetId),
  );
  job.statistics.totalBytesProcessed = String(processed);
  job.statistics.query = {
    totalBytesProcessed: String(processed),
    totalBytesBilled: job.configuration.dryRun ? "0" : String(billed),
    statementType: "SELECT",
    referencedTables: tables,
    schema: { fields },
  };
  if (job.configuration.dryRun) return;
  refuseAbove(query.maximumBytesBilled, billed);
  const columns = fields.map(
    (field) => `CAST(${quote(field.name)} AS ${engineType(field)}) AS ${quote(field.name)}`,
  );
  const select = `SELECT ${columns.join(", ")} FROM (${sql})`;
  const rows = await keepAnswer(work, query, fields, select);
  const to = query.destinationTable && decorated(query.destinationTable);
  job.answer = {
    relation: to ? relationOf(to.dataset, to.table) : rows.relation,
    fields,
    rows: rows.count,
  };
}

async function keepAnswer(
  { connection, catalogue }: JobWork,
  query: QueryConfiguration,
  fields: Field[],
  select: string,
): Promise<{ relation: string; count: number }> {
  if (!query.destinationTable) {
    const relation = `${RESULTS}.${quote(randomUUID())}`;
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${RESULTS}`);
    await connection.run(`CREATE TABLE ${relation} AS ${select}`);
    return { relation, count: await count(connection, relation) };
  }
  const written = await write(
    catalogue,
    connection,
    {
      destination: query.destinationTable,
      writeDisposition: query.writeDisposition ?? "WRITE_EMPTY",
      createDisposition: query.createDisposition,
      schemaUpdateOptions: query.schemaUpdateOptions,
      timePartitioning: query.timePartitioning,
      clustering: query.clustering,
    },
    { fields, select },
  );
  return { relation: "", count: written };
}
