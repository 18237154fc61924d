import { ApiError } from "../rest/api-error.ts";
import {
  changed,
  type DmlContext,
  type DmlStats,
  deleteRows,
  keep,
  oncePerRow,
  openTarget,
  put,
  rowsIn,
  setValues,
  type Target,
  targetOf,
} from "./dml-rows.ts";
import { assignments, closing, cut, list, syntaxError, topLevel, unquoted, verb } from "./script.ts";

interface Clause {
  kind: "matched" | "by target" | "by source";
  condition: string | undefined;
  action: string;
}

/** `MERGE [INTO] t USING s ON … WHEN [NOT] MATCHED [BY TARGET | BY SOURCE] [AND …] THEN …` */
export async function merge(context: DmlContext, sql: string): Promise<DmlStats> {
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
