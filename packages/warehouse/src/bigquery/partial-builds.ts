import type { TableField } from "@google-cloud/bigquery";
import { FatalError } from "@lifecycle/contracts";
import { mustBeDated } from "../builds.ts";
import type { MaterialiseOutcome } from "../warehouse.ts";
import { intervalsSql } from "./build-ledger.ts";
import {
  type BuildContext,
  begin,
  finish,
  intentOf,
  mustExist,
  partitioning,
  selectInto,
} from "./build-steps.ts";
import { bigqueryJobId, digest } from "./ids.ts";
import { fateOf } from "./jobs.ts";
import {
  type Changes,
  mergeSql,
  overwriteSql,
  type PartialMode,
  snapshotSelect,
  snapshotSql,
} from "./merge-sql.ts";
import { runQuery } from "./query.ts";
import { createOnce, dropTable, expireSoon, metadataOf, tableOf, typeName } from "./schema.ts";
import { dates, dayOf, ident, qualified, sameKey } from "./sql.ts";
import { bytesBilled, runStatement } from "./statements.ts";

/**
 * Builds a part of the table: the new rows are made beside it, then one MERGE puts them in, pruned by constants. A table that does not exist
 * yet is made from them. The MERGE and the days it made are one transaction.
 */
export async function partialBuild(context: BuildContext, how: PartialMode): Promise<MaterialiseOutcome> {
  const { connection, datasets, request } = context;
  const { table } = request;
  const select = how.mode === "snapshot" ? await snapshotOf(context, how) : context.select;
  const existing = await metadataOf(connection, datasets.build, table);
  const incarnation = Number(existing?.creationTime ?? 0).toString(36);
  const meaning = digest(JSON.stringify([select, how]));
  const id = bigqueryJobId(request.jobId, "part", table, `t${incarnation}`, meaning);
  const withDays = how.mode === "partition_overwrite";
  const intent = intentOf(context, id, withDays ? id : undefined);
  const doing = `build a part of ${table}`;
  const done = await fateOf(connection, { id, doing }, { wait: true });
  const hasDays = withDays && (existing === undefined || context.before?.hasDays === true);
  if (done.state === "done") return finish(context, intent, hasDays, bytesBilled(done.metadata));

  const staged = await stage(context, id, select, how);
  if (how.mode === "snapshot" && how.updatedAt !== undefined)
    mustBeDated(table, how.updatedAt, await undatedRows(context, staged));
  const changes = await changesOf(context, staged, how);
  await begin(context, intent);
  const cap = request.maxBytesBilled;
  const job = await runStatement(connection, {
    id,
    doing,
    kind: "build",
    table,
    maximumBytesBilled: cap === undefined ? undefined : Math.max(cap - staged.billed, 1),
    allowance: request.allowance,
    sql: [
      statementOf(changes, how),
      ...(withDays ? [intervalsSql(datasets, table, intent, daysSql(changes.days))] : []),
    ],
  });
  for (const aside of staged.tables) await dropTable(connection, datasets.build, aside);
  return finish(context, intent, hasDays, staged.billed + bytesBilled(job));
}

/** The select with the columns of a snapshot. Its own must be known by name to be hashed. */
async function snapshotOf(context: BuildContext, how: PartialMode & { mode: "snapshot" }): Promise<string> {
  const { select } = context;
  const { columns } = await ask(context, `SELECT * FROM (\n${select}\n) AS r WHERE FALSE`, 1);
  return snapshotSelect(select, columns, how);
}

/** What a build asks before it changes anything, billed as it is. */
function ask({ connection, datasets, request }: BuildContext, sql: string, maxRows: number) {
  const { allowance } = request;
  return runQuery(connection, datasets, sql, { maxRows, ...(allowance ? { allowance } : {}) });
}

async function undatedRows(context: BuildContext, { rows }: Staged): Promise<number> {
  const sql = `SELECT COUNT(*) AS undated FROM ${rows} AS n WHERE n.effective_from IS NULL`;
  const answer = await ask(context, sql, 1);
  return Number(answer.rows[0]?.[0] ?? 0);
}

interface Staged {
  /** The tables to be dropped. */
  tables: string[];
  rows: string;
  /** Keys whose rows leave, whatever the rows say. */
  gone: string | undefined;
  fields: readonly TableField[];
  billed: number;
}

/** Puts the new rows, and the keys that leave, into tables of their own, named by the build they are for. */
async function stage(context: BuildContext, id: string, select: string, how: PartialMode): Promise<Staged> {
  const { datasets, connection } = context;
  const gone = how.mode === "merge" ? how.gone : undefined;
  const names = { rows: `_part__${digest(id)}`, gone: `_gone__${digest(id)}` };
  const put = async (table: string, sql: string): Promise<number> => {
    const doing = `build the new rows of ${context.request.table}`;
    const job = await selectInto(context, table, { id: bigqueryJobId(id, table), doing, sql });
    await expireSoon(connection, datasets.build, table);
    return bytesBilled(job);
  };
  let billed = await put(names.rows, select);
  if (gone !== undefined && how.mode === "merge") {
    const keys = how.key.map(ident).join(", ");
    billed += await put(names.gone, `SELECT DISTINCT ${keys} FROM (\n${gone}\n) AS gone`);
  }
  const metadata = await mustExist(connection, datasets.build, names.rows);
  return {
    tables: gone === undefined ? [names.rows] : [names.rows, names.gone],
    rows: qualified(datasets.build, names.rows),
    gone: gone === undefined ? undefined : qualified(datasets.build, names.gone),
    fields: fieldsOf(metadata),
    billed,
  };
}

function fieldsOf(metadata: object): readonly TableField[] {
  return (metadata as { schema?: { fields?: TableField[] } }).schema?.fields ?? [];
}

/** The target exists with the columns of the new rows, and what the MERGE must know as constants has been asked. */
async function changesOf(context: BuildContext, staged: Staged, how: PartialMode): Promise<Changes> {
  const { datasets, request } = context;
  await mustFit(context, staged.fields);
  const changes: Changes = {
    target: qualified(datasets.build, request.table),
    rows: staged.rows,
    gone: staged.gone,
    columns: staged.fields.map((field) => field.name!),
    days: [],
    day: undefined,
  };
  if (how.mode === "partition_overwrite") return withWrittenDays(context, changes, staged.fields, how);
  if (how.mode === "merge" && request.partitionBy !== undefined)
    return withTouchedDays(context, changes, staged.fields, how.key);
  return changes;
}

/** Throws when the table has other columns than its new rows: then the whole must be built. */
async function mustFit(
  { connection, datasets, request }: BuildContext,
  fields: readonly TableField[],
): Promise<void> {
  const existing = await metadataOf(connection, datasets.build, request.table);
  if (!existing) {
    const options = {
      schema: { fields: [...fields] },
      ...partitioning(request.partitionBy, request.clusterBy),
    };
    await createOnce(connection, `create ${datasets.build}.${request.table}`, () =>
      tableOf(connection, datasets.build, request.table).create(options),
    );
    return;
  }
  const shape = (list: readonly TableField[]) =>
    JSON.stringify(list.map(({ name, type, mode }) => [name, typeName(type), mode === "REPEATED"]));
  if (shape(fieldsOf(existing)) === shape(fields)) return;
  throw new FatalError(
    "warehouse.schema_conflict",
    `${datasets.build}.${request.table} has other columns than its new rows: build it whole (--full-refresh)`,
  );
}

/** The days that are replaced: those given, or those that the rows have. Throws when a row lies in none of them. */
async function withWrittenDays(
  context: BuildContext,
  changes: Changes,
  fields: readonly TableField[],
  how: PartialMode & { mode: "partition_overwrite" },
): Promise<Changes> {
  const { table, partitionBy } = context.request;
  if (partitionBy === undefined)
    throw new FatalError("warehouse.no_partition", `${table}: partition_overwrite needs partitionBy`);
  const field = fields.find(({ name }) => name === partitionBy);
  const day = dayOf("n", field, partitionBy);
  const { rows } = await ask(
    context,
    `SELECT CAST(${day} AS STRING) AS day, COUNT(*) AS copies FROM ${changes.rows} AS n GROUP BY day`,
    MOST_DAYS,
  );
  const wanted = how.partitions && new Set(how.partitions);
  const stray = rows.filter(([given]) => given === null || wanted?.has(String(given)) === false);
  const count = stray.reduce((sum, [, copies]) => sum + Number(copies), 0);
  if (count > 0)
    throw new FatalError(
      "warehouse.partition_mismatch",
      `${table}: ${count} rows lie outside the partitions they were built for`,
    );
  const days = how.partitions ?? rows.map(([given]) => String(given)).toSorted();
  return { ...changes, days, day: `${dayOf("t", field, partitionBy)} IN (${dates(days)})` };
}

const MOST_DAYS = 100_000;
/** A predicate that names more partitions than these prunes little and makes a long text. */
const MANY_DAYS = 1_000;

/** The partitions of the rows that leave: they may lie in others than those that come. */
async function withTouchedDays(
  context: BuildContext,
  changes: Changes,
  fields: readonly TableField[],
  key: readonly string[],
): Promise<Changes> {
  const column = context.request.partitionBy ?? "";
  const field = fields.find(({ name }) => name === column);
  const keys = key.map(ident).join(", ");
  const leaving = [changes.rows, ...(changes.gone === undefined ? [] : [changes.gone])]
    .map((relation) => `SELECT ${keys} FROM ${relation}`)
    .join(" UNION ALL ");
  const { rows } = await ask(
    context,
    `SELECT DISTINCT CAST(${dayOf("t", field, column)} AS STRING) AS day FROM ${changes.target} AS t
     INNER JOIN (SELECT DISTINCT ${keys} FROM (${leaving}) AS leaving) AS k ON ${sameKey("t", "k", key)}`,
    MOST_DAYS,
  );
  if (rows.length > MANY_DAYS) return changes;
  const days = rows.flatMap(([day]) => (day === null ? [] : [String(day)]));
  const dated = days.length === 0 ? [] : [`${dayOf("t", field, column)} IN (${dates(days.toSorted())})`];
  const undated = rows.length > days.length ? [`t.${ident(column)} IS NULL`] : [];
  return { ...changes, day: [...dated, ...undated].join(" OR ") || "FALSE" };
}

function statementOf(changes: Changes, how: PartialMode): string {
  switch (how.mode) {
    case "partition_overwrite":
      return overwriteSql(changes);
    case "merge":
      return mergeSql(changes, how.key);
    case "snapshot":
      return snapshotSql(changes, how.key);
  }
}

function daysSql(days: readonly string[]): string {
  return `SELECT day FROM UNNEST([${days.length === 0 ? "CAST(NULL AS DATE)" : dates(days)}]) AS day`;
}
