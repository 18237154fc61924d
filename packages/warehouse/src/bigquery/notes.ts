import { FatalError } from "@lifecycle/contracts";
import type { Build } from "../builds.ts";
import type { Connection } from "./client.ts";
import { fateOf } from "./jobs.ts";
import { metadataOf, tableOf } from "./schema.ts";

/**
 * What the ledger of builds holds of a table, in the description of the table itself: BigQuery has no transaction over a job with a
 * destination and a ledger, but a table and its description are one resource.
 */
export interface Note extends Omit<Build, "table"> {
  v: 1;
  /** `_model_interval` tells which build made each of its days. */
  hasDays?: boolean | undefined;
  /** Written before the job that changes the table: whoever finds it asks the job whether it did. */
  pending?: Intent | undefined;
}

/** A build that was begun. */
export interface Intent {
  version: number;
  hash: string;
  inputs: Readonly<Record<string, number>>;
  /** The job that changes the table, whole or not at all. */
  job: string;
  /** The job that writes its days down; the same one where that is part of it. */
  daysJob?: string | undefined;
}

async function readNote(connection: Connection, dataset: string, table: string): Promise<Note | undefined> {
  const metadata = await metadataOf(connection, dataset, table);
  const note = typeof metadata?.description === "string" ? parsed(metadata.description) : undefined;
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

/**
 * The note as it stands once a build that was begun, and whose builder may have died, has been looked into. `wait` stays until its job
 * has ended; otherwise a table whose job still runs is what it was, and not audited.
 */
export async function settledNote(
  connection: Connection,
  dataset: string,
  table: string,
  options: { wait: boolean } = { wait: true },
): Promise<Note | undefined> {
  const note = await readNote(connection, dataset, table);
  if (!note?.pending) return note;
  const { pending, ...before } = note;
  const doing = `look for the build of ${table}`;
  const fate = await fateOf(connection, { id: pending.job, doing }, options);
  if (fate.state === "absent" || fate.state === "failed") return before;
  if (fate.state === "running") return { ...before, auditedAs: undefined };
  const { daysJob } = pending;
  const days =
    daysJob === undefined ? undefined : await fateOf(connection, { id: daysJob, doing }, { wait: true });
  const rows = Number((await metadataOf(connection, dataset, table))?.numRows ?? 0);
  return built(before, pending, rows, days?.state === "done");
}

/** The note of a table that its job has changed. */
export function built(before: Note | undefined, intent: Intent, rows: number, hasDays: boolean): Note {
  const { version, hash, inputs } = intent;
  return {
    v: 1,
    version,
    hash,
    inputs,
    rows,
    builtAt: new Date().toISOString(),
    auditedAs: undefined,
    publishedVersion: before?.publishedVersion,
    ...(hasDays ? { hasDays } : {}),
  };
}

/** Throws `FatalError warehouse.not_audited`. */
export async function auditedNote(connection: Connection, dataset: string, table: string): Promise<Note> {
  const note = await settledNote(connection, dataset, table);
  if (note?.auditedAs !== undefined) return note;
  throw new FatalError(
    "warehouse.not_audited",
    `${dataset}.${table} has not passed its tests since it was built: it is not published`,
  );
}
