import type { BuildLedger } from "../builds.ts";
import type { Datasets } from "../warehouse.ts";
import { type Connection, orUndefined } from "./client.ts";
import { modelIntervalTable } from "./ledger-tables.ts";
import { type Intent, type Note, settledNote, writeNote } from "./notes.ts";
import { runQuery } from "./query.ts";
import type { RawLedger } from "./raw-ledger.ts";
import { qualified, text } from "./sql.ts";

const AT_ONCE = 8;
const MANY = 1_000_000;

/**
 * The ledger of builds: of each table in its description (`notes.ts`), of days and loads in two tables beside (`ledger-tables.ts`). Whatever
 * dies between a build and its note, the table counts as what its job made of it, and as not audited.
 */
export function bigqueryBuilds(
  connection: Connection,
  datasets: Datasets,
  rawLedger: RawLedger,
): BuildLedger {
  const change = async (table: string, version: number, more: Partial<Note>): Promise<void> => {
    const note = await settledNote(connection, datasets.build, table);
    if (note?.version === version) await writeNote(connection, datasets.build, table, { ...note, ...more });
  };
  return {
    async list() {
      const dataset = connection.bigquery.dataset(datasets.build, { location: connection.settings.location });
      const found = await orUndefined(connection.call(`list ${datasets.build}`, () => dataset.getTables()));
      const names = (found?.[0] ?? []).map((table) => table.id ?? "").filter((name) => !name.startsWith("_"));
      const notes = await bounded(names, async (table) => {
        const note = await settledNote(connection, datasets.build, table, { wait: false });
        return note ? [{ ...note, table }] : [];
      });
      return notes.flat();
    },
    rawVersions: (tables) => rawLedger.versions(tables),
    loadsSince: (table, since) => rawLedger.loadsSince(table, since),
    async partitionsSince(table, since) {
      const note = await settledNote(connection, datasets.build, table, { wait: false });
      if (!note?.hasDays) return "all";
      const { rows } = await runQuery(
        connection,
        datasets,
        `SELECT DISTINCT CAST(partition_date AS STRING) AS day FROM ${qualified(datasets.build, modelIntervalTable.table)}
         WHERE model = ${text(table)} AND version > ${since} ORDER BY day`,
        { maxRows: MANY },
      );
      return rows.map(([day]) => String(day));
    },
    confirm: (table, version, inputs) => change(table, version, { inputs }),
    audit: (table, version, auditedAs) => change(table, version, { auditedAs }),
  };
}

/** The INSERT that writes down which build made the days that `days` selects (a column `day`). */
export function intervalsSql(datasets: Datasets, table: string, intent: Intent, days: string): string {
  const inputs = text(JSON.stringify(intent.inputs));
  return `INSERT INTO ${qualified(datasets.build, modelIntervalTable.table)} (model, partition_date, version, \`hash\`, inputs)
SELECT ${text(table)}, made.day, ${intent.version}, ${text(intent.hash)}, ${inputs} FROM (${days}) AS made WHERE made.day IS NOT NULL`;
}

/** Every day a table ever had: one that has lost its rows was built too. */
export function knownDays(datasets: Datasets, table: string): string {
  return `SELECT partition_date AS day FROM ${qualified(datasets.build, modelIntervalTable.table)} WHERE model = ${text(table)}`;
}

async function bounded<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const answers: B[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE)
    answers.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  return answers;
}
