import type { DuckDBConnection } from "@duckdb/node-api";
import { ApiError } from "../rest/api-error.ts";
import { bytesScanned, type Scanned } from "./bytes.ts";
import type { Catalogue, TableEntry } from "./catalogue.ts";
import { count, relationOf } from "./destination.ts";
import { cut, list, type Named, namedTable, syntaxError, topLevel, unquoted, verb } from "./script.ts";
import { type Field, quote, schemaOf } from "./types.ts";

/** What a statement changed, as a job's statistics tell it. */
export interface DmlStats {
  insertedRowCount: string;
  deletedRowCount: string;
  updatedRowCount: string;
}

export interface DmlContext {
  catalogue: Catalogue;
  connection: DuckDBConnection;
  translate: (sql: string) => Promise<string>;
  defaultDataset: string | undefined;
  /** Bytes of everything that was read; nothing is changed when it is a dry run. */
  scanned: Scanned;
  dryRun: boolean;
  /** The schema where the rows lie that the statement works on, under names that the translated text may use. */
  work: string;
}

const kinds: Readonly<Record<string, (context: DmlContext, sql: string) => Promise<DmlStats>>> = {
  INSERT: insert,
  DELETE: remove,
  UPDATE: update,
  MERGE: merge,
  TRUNCATE: truncate,
};

export function isDml(sql: string): boolean {
  return verb(sql) in kinds;
}

/**
 * Carries out one DML statement. Every expression of it is asked as part of a SELECT, so that it means what `translate` makes of it; what
 * each clause then does to which row follows the documentation of the statement.
 */
export async function runDml(context: DmlContext, sql: string): Promise<DmlStats> {
  await context.connection.run(`CREATE SCHEMA ${context.work}`);
  return kinds[verb(sql)]!(context, sql);
}

interface Target extends Named {
  entry: TableEntry;
  relation: string;
}

function targetOf({ catalogue, defaultDataset }: DmlContext, text: string): Target {
  const named = namedTable(text);
  const dataset = named.dataset ?? defaultDataset;
  if (dataset === undefined)
    throw new ApiError(
      400,
      "invalid",
      `Table "${named.table}" must be qualified with a dataset (e.g. dataset.table).`,
    );
  const entry = catalogue.table(dataset, named.table);
  if (entry.resource.view)
    throw new ApiError(
      400,
      "invalidQuery",
      `${dataset}.${named.table} is not allowed for this operation because it is currently a VIEW.`,
    );
  return { ...named, entry, relation: relationOf(dataset, named.table) };
}

/** The rows of the target under a name of ours, with the place of each. */
async function openTarget(context: DmlContext, { relation }: Target): Promise<string> {
  await context.connection.run(
    `CREATE VIEW ${context.work}.target_rows AS SELECT rowid AS __row, * FROM ${relation}`,
  );
  return `${context.work}.target_rows`;
}

/** Runs a SELECT in BigQuery's text into a table of ours and answers its schema. */
async function keep(context: DmlContext, table: string, sql: string): Promise<Field[]> {
  const translated = await context.translate(sql);
  const { processed, billed, tables } = await bytesScanned(context.connection, translated);
  context.scanned.tables.push(...tables);
  context.scanned.processed += processed;
  context.scanned.billed += billed;
  const fields = await schemaOf(context.connection, translated);
  await context.connection.run(`CREATE TABLE ${context.work}.${table} AS ${translated}`);
  return fields;
}

async function rowsIn(context: DmlContext, table: string): Promise<number> {
  return count(context.connection, `${context.work}.${table}`);
}

async function changed(
  context: DmlContext,
  { entry }: Target,
  stats: Partial<Record<keyof DmlStats, number>>,
) {
  if (!context.dryRun) context.catalogue.note(entry.dataset, entry.table, entry.fields);
  const of = (name: keyof DmlStats) => String(stats[name] ?? 0);
  return {
    insertedRowCount: of("insertedRowCount"),
    deletedRowCount: of("deletedRowCount"),
    updatedRowCount: of("updatedRowCount"),
  };
}

/** `INSERT [INTO] t [(a, b)] SELECT … | VALUES (…), …` */
async function insert(context: DmlContext, sql: string): Promise<DmlStats> {
  const bare = topLevel(sql);
  const head = /^\s*INSERT\s+(?:INTO\s+)?/i.exec(bare)?.[0].length ?? 0;
  const begin = /[(]|\b(SELECT|WITH|VALUES)\b/i.exec(sql.slice(head));
  if (!begin) throw syntaxError("Unexpected end of script");
  const target = targetOf(context, sql.slice(head, head + begin.index));
  let rest = sql.slice(head + begin.index);
  let columns = target.entry.fields.map(({ name }) => name);
  if (begin[0] === "(") {
    const end = closing(rest);
    columns = list(rest.slice(1, end)).map(unquoted);
    rest = rest.slice(end + 1).trim();
  }
  const select = verb(rest) === "VALUES" ? valuesSelect(rest) : rest;
  const fields = await keep(context, "new_rows", select);
  if (fields.length !== columns.length)
    throw new ApiError(
      400,
      "invalidQuery",
      `Inserted row has wrong column count; Has ${fields.length}, expected ${columns.length}`,
    );
  const rows = await rowsIn(context, "new_rows");
  await put(context, target, columns, fields, `${context.work}.new_rows`);
  return changed(context, target, { insertedRowCount: rows });
}

/** Where the bracket with which a text begins is closed. */
function closing(sql: string): number {
  let depth = 0;
  const bare = sql.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`]*`/g, (found) =>
    " ".repeat(found.length),
  );
  for (let at = 0; at < bare.length; at++) {
    if (bare[at] === "(") depth += 1;
    if (bare[at] === ")") depth -= 1;
    if (depth === 0) return at;
  }
  throw syntaxError('Expected ")" but got end of script');
}

function valuesSelect(sql: string): string {
  const rows = list(sql.replace(/^\s*VALUES\s*/i, "")).map((row) => {
    const items = list(row.trim().replace(/^\(([\s\S]*)\)$/, "$1"));
    return `SELECT ${items.map((item, index) => `${item} AS c${index}`).join(", ")}`;
  });
  return rows.join(" UNION ALL ");
}

/** Types that BigQuery coerces where a value is written. */
const coerced: Readonly<Record<string, readonly string[]>> = {
  INTEGER: ["NUMERIC", "BIGNUMERIC", "FLOAT"],
  NUMERIC: ["BIGNUMERIC", "FLOAT"],
  BIGNUMERIC: ["FLOAT"],
  DATE: ["DATETIME"],
};

/** Puts rows, whose last columns stand in this order, into the columns of the target. */
async function put(
  { connection, dryRun }: DmlContext,
  target: Target,
  columns: readonly string[],
  given: readonly Field[],
  from: string,
): Promise<void> {
  for (const [index, name] of columns.entries()) {
    const field = fieldOf(target, name);
    const type = given[index]!.type;
    if (given[index]!.isNull || type === field.type || coerced[type]?.includes(field.type)) continue;
    throw new ApiError(
      400,
      "invalidQuery",
      `Query column ${index + 1} has type ${type} which cannot be inserted into column ${name}, which has type ${field.type}`,
    );
  }
  const values = given.map(({ name, isNull }) => (isNull ? "NULL" : quote(name))).join(", ");
  const names = columns.map(quote).join(", ");
  if (!dryRun)
    await connection.run(`INSERT INTO ${target.relation} (${names}) SELECT ${values} FROM ${from}`);
}

function fieldOf({ entry }: Target, name: string): Field {
  const field = entry.fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (field) return field;
  throw new ApiError(
    400,
    "invalidQuery",
    `Column ${name} is not present in table ${entry.dataset}.${entry.table}`,
  );
}

/** `DELETE [FROM] t WHERE …` */
async function remove(context: DmlContext, sql: string): Promise<DmlStats> {
  const [head, where] = cut(sql, [/\bWHERE\b/]);
  if (where === undefined) throw syntaxError("DELETE must have a WHERE clause");
  const target = targetOf(context, head!.replace(/^DELETE\s+(FROM\s+)?/i, ""));
  const rows = await openTarget(context, target);
  await keep(
    context,
    "gone",
    `SELECT ${target.alias}.__row AS __row FROM ${rows} AS ${target.alias} WHERE ${where}`,
  );
  const gone = await rowsIn(context, "gone");
  await deleteRows(context, target, `SELECT __row FROM ${context.work}.gone`);
  return changed(context, target, { deletedRowCount: gone });
}

async function deleteRows(
  { connection, dryRun }: DmlContext,
  { relation }: Target,
  rows: string,
): Promise<void> {
  if (!dryRun) await connection.run(`DELETE FROM ${relation} WHERE rowid IN (${rows})`);
}

/** `UPDATE t SET a = …, b = … [FROM …] WHERE …` */
async function update(context: DmlContext, sql: string): Promise<DmlStats> {
  const hasFrom = /\bFROM\b/i.test(topLevel(sql));
  const parts = cut(sql, [/\bSET\b/, ...(hasFrom ? [/\bFROM\b/] : []), /\bWHERE\b/]);
  const [head, set, where] = [parts[0]!, parts[1], parts.at(-1)];
  if (set === undefined || where === undefined) throw syntaxError("UPDATE must have a WHERE clause");
  const target = targetOf(context, head.replace(/^UPDATE\s+/i, ""));
  const rows = await openTarget(context, target);
  const other = hasFrom ? `, ${parts[2]}` : "";
  const { columns, values } = assignments(set, target.alias);
  await keep(
    context,
    "new_values",
    `SELECT ${target.alias}.__row AS __row, ${values} FROM ${rows} AS ${target.alias}${other} WHERE ${where}`,
  );
  await oncePerRow(context, `SELECT __row FROM ${context.work}.new_values`);
  const updated = await rowsIn(context, "new_values");
  await setValues(context, target, columns, `${context.work}.new_values`);
  return changed(context, target, { updatedRowCount: updated });
}

function assignments(set: string, alias: string): { columns: string[]; values: string } {
  const pairs = list(set).map((one) => {
    const at = topLevel(one).indexOf("=");
    if (at < 0) throw syntaxError(`Expected "=" in ${one}`);
    const left = unquoted(one.slice(0, at));
    return {
      name: left.startsWith(`${alias}.`) ? unquoted(left.slice(alias.length + 1)) : left,
      value: one.slice(at + 1),
    };
  });
  return {
    columns: pairs.map(({ name }) => name),
    values: pairs.map(({ value }, index) => `(${value}) AS v${index}`).join(", "),
  };
}

async function setValues(
  { connection, dryRun }: DmlContext,
  target: Target,
  columns: readonly string[],
  from: string,
): Promise<void> {
  const set = columns.map((name, index) => `${quote(fieldOf(target, name).name)} = u.v${index}`).join(", ");
  if (dryRun) return;
  await connection.run(`UPDATE ${target.relation} AS t SET ${set} FROM ${from} AS u WHERE t.rowid = u.__row`);
}

async function oncePerRow({ connection }: DmlContext, rows: string): Promise<void> {
  const twice = await count(connection, `(SELECT __row FROM (${rows}) GROUP BY __row HAVING count(*) > 1)`);
  if (twice === 0) return;
  const message = "UPDATE/MERGE must match at most one source row for each target row";
  throw new ApiError(400, "invalidQuery", message);
}

/** `TRUNCATE TABLE t` */
async function truncate(context: DmlContext, sql: string): Promise<DmlStats> {
  const target = targetOf(context, sql.replace(/^TRUNCATE\s+TABLE\s+/i, ""));
  const gone = await count(context.connection, target.relation);
  await deleteRows(context, target, `SELECT rowid FROM ${target.relation}`);
  return changed(context, target, { deletedRowCount: gone });
}

interface Clause {
  kind: "matched" | "by target" | "by source";
  condition: string | undefined;
  action: string;
}

/** `MERGE [INTO] t USING s ON … WHEN [NOT] MATCHED [BY TARGET | BY SOURCE] [AND …] THEN …` */
async function merge(context: DmlContext, sql: string): Promise<DmlStats> {
  const [head, using, on, whens] = cut(sql, [/\bUSING\b/, /\bON\b/, /\bWHEN\b/]);
  if (using === undefined || on === undefined || whens === undefined) throw syntaxError("incomplete MERGE");
  const target = targetOf(context, head!.replace(/^MERGE\s+(INTO\s+)?/i, ""));
  const t = target.alias;
  const rows = await openTarget(context, target);
  const s = /(?:\bAS\s+|\s|\))(`[^`]+`|\w+)\s*$/i.exec(using)?.[1] ?? using.trim();
  const source = unquoted(s.split(".").at(-1)!);
  const { connection } = context;
  await keep(context, "source_given", `SELECT * FROM ${using}`);
  await connection.run(
    `CREATE TABLE ${context.work}.source_rows AS SELECT row_number() OVER () AS __src, * FROM ${context.work}.source_given`,
  );
  const from = `FROM ${rows} AS ${t}`;
  const joined = (condition: string) =>
    `${from} INNER JOIN ${context.work}.\`source_rows\` AS ${source} ON ${condition}`;
  await keep(context, "matched", `SELECT ${t}.__row AS __row, ${source}.__src AS __src ${joined(on)}`);
  const work: Work = { context, target, t, source, from };
  const stats = { insertedRowCount: 0, deletedRowCount: 0, updatedRowCount: 0 };
  await connection.run(`CREATE TABLE ${context.work}.taken (__row BIGINT, __src BIGINT)`);
  const apply: (() => Promise<void>)[] = [];
  for (const [index, clause] of clausesOf(whens).entries()) {
    const { name, fields, columns, verbs } = await evaluate(work, clause, index);
    const affected = await rowsIn(context, name);
    if (clause.kind === "matched") await oncePerRow(context, `SELECT __row FROM ${context.work}.${name}`);
    if (verbs === "DELETE") {
      stats.deletedRowCount += affected;
      apply.push(() => deleteRows(context, target, `SELECT __row FROM ${context.work}.${name}`));
    } else if (verbs === "UPDATE") {
      stats.updatedRowCount += affected;
      apply.push(() => setValues(context, target, columns, `${context.work}.${name}`));
    } else {
      stats.insertedRowCount += affected;
      apply.push(() => put(context, target, columns, fields, `${context.work}.${name}`));
    }
    await connection.run(
      `INSERT INTO ${context.work}.taken SELECT __row, __src FROM ${context.work}.${name}`,
    );
  }
  await oncePerRow(context, `SELECT __row FROM ${context.work}.taken WHERE __row IS NOT NULL`);
  for (const change of apply) await change();
  return changed(context, target, stats);
}

interface Work {
  context: DmlContext;
  target: Target;
  t: string;
  source: string;
  from: string;
}

function clausesOf(whens: string): Clause[] {
  const bare = topLevel(`WHEN ${whens}`);
  const text = `WHEN ${whens}`;
  const starts = [...bare.matchAll(/\bWHEN\b/gi)].map((match) => match.index);
  return starts.map((start, index) => {
    const one = text.slice(start, starts[index + 1]);
    const [condition, action] = cut(one, [/\bTHEN\b/]);
    const [, not, by, , extra] =
      /^WHEN\s+(NOT\s+)?MATCHED(?:\s+BY\s+(TARGET|SOURCE))?(\s+AND\s+([\s\S]*))?$/i.exec(condition!) ?? [];
    if (action === undefined) throw syntaxError(`Expected keyword THEN in ${one}`);
    const kind = not === undefined ? "matched" : /source/i.test(by ?? "") ? "by source" : "by target";
    return { kind, condition: extra, action };
  });
}

/** The rows that a clause takes, with the values it gives them, in a table of ours. */
async function evaluate(work: Work, clause: Clause, index: number) {
  const { context, target, t, source, from } = work;
  const verbs = verb(clause.action);
  const { columns, values } =
    verbs === "INSERT"
      ? insertParts(target, source, clause.action)
      : verbs === "UPDATE"
        ? assignments(clause.action.replace(/^UPDATE\s+SET\s+/i, ""), t)
        : { columns: [], values: "" };
  const also = values === "" ? "" : `, ${values}`;
  const where = clause.condition === undefined ? "" : ` WHERE ${clause.condition}`;
  const pairs = `FROM ${context.work}.\`matched\` AS __m INNER JOIN ${context.work}.\`target_rows\` AS ${t} ON ${t}.__row = __m.__row INNER JOIN ${context.work}.\`source_rows\` AS ${source} ON ${source}.__src = __m.__src`;
  const sources = `FROM ${context.work}.\`source_rows\` AS ${source}`;
  const selects = {
    matched: `SELECT __m.__row AS __row, __m.__src AS __src${also} ${pairs}${where}`,
    "by target": `SELECT CAST(NULL AS INT64) AS __row, ${source}.__src AS __src${also} ${sources}${where}`,
    "by source": `SELECT ${t}.__row AS __row, CAST(NULL AS INT64) AS __src${also} ${from}${where}`,
  };
  // A row is taken by the first clause that applies to it.
  const free = {
    matched: `NOT EXISTS (SELECT 1 FROM ${context.work}.taken AS x WHERE x.__row = a.__row AND x.__src = a.__src)`,
    "by target": `a.__src NOT IN (SELECT __src FROM ${context.work}.matched) AND NOT EXISTS (SELECT 1 FROM ${context.work}.taken AS x WHERE x.__src = a.__src)`,
    "by source": `a.__row NOT IN (SELECT __row FROM ${context.work}.matched) AND NOT EXISTS (SELECT 1 FROM ${context.work}.taken AS x WHERE x.__row = a.__row)`,
  };
  const asked = await keep(context, `asked_${index}`, selects[clause.kind]);
  const name = `clause_${index}`;
  await context.connection.run(
    `CREATE TABLE ${context.work}.${name} AS SELECT * FROM ${context.work}.asked_${index} AS a WHERE ${free[clause.kind]}`,
  );
  return { name, verbs, columns, fields: asked.slice(2) };
}

function insertParts(target: Target, source: string, action: string): { columns: string[]; values: string } {
  const rest = action.replace(/^INSERT\s*/i, "").trim();
  if (/^ROW$/i.test(rest)) {
    const columns = target.entry.fields.map(({ name }) => name);
    return { columns, values: columns.map((name, i) => `${source}.\`${name}\` AS v${i}`).join(", ") };
  }
  let columns = target.entry.fields.map(({ name }) => name);
  let values = rest;
  if (rest.startsWith("(")) {
    const end = closing(rest);
    columns = list(rest.slice(1, end)).map(unquoted);
    values = rest.slice(end + 1).trim();
  }
  const items = list(values.replace(/^VALUES\s*\(([\s\S]*)\)$/i, "$1"));
  if (items.length !== columns.length)
    throw new ApiError(
      400,
      "invalidQuery",
      `Inserted row has wrong column count; Has ${items.length}, expected ${columns.length}`,
    );
  return { columns, values: items.map((item, i) => `${item} AS v${i}`).join(", ") };
}
