import type { Column } from "@lifecycle/contracts";
import type { Datasets, MaterialiseOutcome, MaterialiseRequest } from "../warehouse.ts";
import { intervalsSql, knownDays } from "./build-ledger.ts";
import {
  type BuildContext,
  begin,
  dropUnlessFit,
  finish,
  intentOf,
  keepUnlessView,
  partitioning,
  selectInto,
} from "./build-steps.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, digest } from "./ids.ts";
import type { PartialMode } from "./merge-sql.ts";
import { built, settledNote } from "./notes.ts";
import { partialBuild } from "./partial-builds.ts";
import { runQuery } from "./query.ts";
import { dropTable, metadataOf, tableOf } from "./schema.ts";
import { ident, qualified } from "./sql.ts";
import { bytesBilled, runStatement } from "./statements.ts";

/**
 * Builds the table aside. What changes it is one job, atomic, found again by an id that holds a digest of the text: another text under the
 * same id is another build. What will have been done is noted before, that it was done after.
 */
export async function materialise(
  connection: Connection,
  datasets: Datasets,
  request: MaterialiseRequest,
): Promise<MaterialiseOutcome> {
  const how = request.how ?? { mode: "table" };
  const before = await settledNote(connection, datasets.build, request.table);
  const select = request.columns ? castSql(request.sql, request.columns) : request.sql;
  const begun = { connection, datasets, request, select, before };
  if (how.mode === "view") return buildView({ ...begun, dropped: false });
  const makeWay = how.mode === "snapshot" ? keepUnlessView : dropUnlessFit;
  const dropped = await makeWay(connection, datasets.build, request.table, request.partitionBy);
  const context = { ...begun, dropped };
  if (how.mode === "table") return buildWhole(context);
  return partialBuild(context, how satisfies PartialMode);
}

async function buildWhole(context: BuildContext): Promise<MaterialiseOutcome> {
  const { connection, datasets, request, select } = context;
  const { table, partitionBy, clusterBy } = request;
  const id = bigqueryJobId(request.jobId, "build", table, digest(select));
  const daysJob = partitionBy === undefined ? undefined : `${id}__days`;
  const intent = intentOf(context, id, daysJob);
  await begin(context, intent);
  const layout = partitioning(partitionBy, clusterBy);
  const job = await selectInto(context, table, { id, doing: `build ${table}`, sql: select, layout });
  if (daysJob !== undefined && partitionBy !== undefined) {
    const own = `SELECT CAST(${ident(partitionBy)} AS DATE) AS day FROM ${qualified(datasets.build, table)}`;
    const days = `${own} UNION DISTINCT ${knownDays(datasets, table)}`;
    await runStatement(connection, {
      id: daysJob,
      doing: `note the days of ${table}`,
      kind: "ledger",
      table,
      sql: intervalsSql(datasets, table, intent, days),
      allowance: request.allowance,
    });
  }
  return finish(context, intent, daysJob !== undefined, bytesBilled(job));
}

/** A view and its description change together: there is nothing to note before. */
async function buildView(context: BuildContext): Promise<MaterialiseOutcome> {
  const { connection, datasets, request, select } = context;
  const existing = await metadataOf(connection, datasets.build, request.table);
  if (existing && existing.type !== "VIEW") await dropTable(connection, datasets.build, request.table);
  const { rows, billed } = await countView(context);
  const note = built(context.before, intentOf(context, "", undefined), rows, false);
  const resource = {
    view: { query: select, useLegacySql: false },
    description: JSON.stringify(note),
  };
  const handle = tableOf(connection, datasets.build, request.table);
  if (existing?.type === "VIEW")
    await connection.call(`replace the view ${request.table}`, () => handle.setMetadata(resource));
  else await connection.call(`make the view ${request.table}`, () => handle.create(resource));
  return { rows, version: note.version, bytesBilled: billed };
}

/** Its select is run once before it stands: a view that cannot be read would be found by its readers. */
async function countView({ connection, datasets, request, select }: BuildContext) {
  const sql = `SELECT COUNT(*) AS n FROM (\n${select}\n) AS counted`;
  const { maxBytesBilled, allowance } = request;
  const options = {
    ...(maxBytesBilled === undefined ? {} : { maxBytesBilled }),
    ...(allowance ? { allowance } : {}),
  };
  const { rows, bytesBilled: billed = 0 } = await runQuery(connection, datasets, sql, options);
  return { rows: Number(rows[0]?.[0] ?? 0), billed };
}

/** The author's text stands unchanged inside. JSON passes as it is: BigQuery has no cast to it. */
function castSql(sql: string, columns: readonly Column[]): string {
  const list = columns.map(({ name, type }) =>
    type === "JSON" ? ident(name) : `CAST(${ident(name)} AS ${type}) AS ${ident(name)}`,
  );
  return `SELECT ${list.join(", ")} FROM (\n${sql}\n)`;
}
