import { FatalError } from "@lifecycle/contracts";
import { type Build, type BuildLedger, nextVersion } from "../builds.ts";
import type { Datasets } from "../warehouse.ts";
import { type Connection, orUndefined } from "./client.ts";
import { metadataOf, tableOf } from "./schema.ts";

/** What stands in the description of a build table: BigQuery has no transaction over a query job and a ledger, but a table and its description are one resource. */
interface Note extends Omit<Build, "table"> {
  v: 1;
}

const AT_ONCE = 8;

/**
 * The ledger of builds in the tables' own descriptions. A build clears the note before its job, writes it (not audited) after, and `audit`
 * completes it: whatever dies between leaves a table that is not published. Parts of tables are not built here yet.
 */
export function bigqueryBuilds(connection: Connection, datasets: Datasets): BuildLedger {
  const change = async (table: string, version: number, more: Partial<Note>): Promise<void> => {
    const note = await readNote(connection, datasets.build, table);
    if (note?.version === version) await writeNote(connection, datasets.build, table, { ...note, ...more });
  };
  return {
    partial: false,
    async list() {
      const dataset = connection.bigquery.dataset(datasets.build, { location: connection.settings.location });
      const found = await orUndefined(connection.call(`list ${datasets.build}`, () => dataset.getTables()));
      const names = (found?.[0] ?? []).map((table) => table.id ?? "");
      const notes = await bounded(names, async (table) => {
        const note = await readNote(connection, datasets.build, table);
        return note ? [{ ...note, table }] : [];
      });
      return notes.flat();
    },
    async rawVersions(tables) {
      const found = await bounded(tables, async (table) => {
        const metadata = await metadataOf(connection, datasets.raw, table);
        const rows = Number(metadata?.numRows ?? 0);
        return [table, rows === 0 ? 0 : Number(metadata?.lastModifiedTime ?? 0)] as const;
      });
      return new Map(found);
    },
    loadsSince: async () => "all",
    partitionsSince: async () => "all",
    confirm: (table, version, inputs) => change(table, version, { inputs }),
    audit: (table, version, auditedAs) => change(table, version, { auditedAs }),
  };
}

/** Before a build: whatever the table holds from now on has not passed its tests. Answers the note that stood there. */
export async function clearNote(
  connection: Connection,
  dataset: string,
  table: string,
): Promise<Note | undefined> {
  const note = await readNote(connection, dataset, table);
  if (note) await writeNote(connection, dataset, table, { ...note, hash: "", auditedAs: undefined });
  return note;
}

/** After a build. Answers its version. */
export async function noteBuild(
  connection: Connection,
  dataset: string,
  table: string,
  before: Note | undefined,
  build: Pick<Build, "hash" | "inputs" | "rows">,
): Promise<number> {
  const version = nextVersion(before?.version);
  const builtAt = new Date().toISOString();
  const { publishedVersion } = before ?? {};
  await writeNote(connection, dataset, table, {
    v: 1,
    ...build,
    version,
    builtAt,
    auditedAs: undefined,
    publishedVersion,
  });
  return version;
}

/** Throws `FatalError warehouse.not_audited`. */
export async function auditedNote(connection: Connection, dataset: string, table: string): Promise<Note> {
  const note = await readNote(connection, dataset, table);
  if (note?.auditedAs !== undefined) return note;
  throw new FatalError(
    "warehouse.not_audited",
    `${dataset}.${table} has not passed its tests since it was built: it is not published`,
  );
}

export async function writeNote(
  connection: Connection,
  dataset: string,
  table: string,
  note: Note,
): Promise<void> {
  await connection.call(`note the build of ${dataset}.${table}`, () =>
    tableOf(connection, dataset, table).setMetadata({ description: JSON.stringify(note) }),
  );
}

async function readNote(connection: Connection, dataset: string, table: string): Promise<Note | undefined> {
  const description = (await metadataOf(connection, dataset, table))?.description;
  if (typeof description !== "string") return undefined;
  const note = parsed(description);
  if (note?.v !== 1) return undefined;
  const { auditedAs, publishedVersion } = note; // JSON leaves out what is undefined
  return { ...note, auditedAs, publishedVersion };
}

/** A description that somebody wrote by hand is no note. */
function parsed(text: string): Note | undefined {
  try {
    return JSON.parse(text) as Note;
  } catch {
    return undefined;
  }
}

async function bounded<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const answers: B[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE)
    answers.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  return answers;
}
