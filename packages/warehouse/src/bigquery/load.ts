import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { FatalError, type LandedFile } from "@lifecycle/contracts";
import { localPath } from "../local-path.ts";
import type { Datasets, LoadOutcome, LoadRequest } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { bigqueryJobId, digest } from "./ids.ts";
import { fateOf } from "./jobs.ts";
import { appendFiles } from "./load-job.ts";
import type { LoadNote, RawLedger } from "./raw-ledger.ts";
import { dropTable, ensureTable, expireSoon, incarnationOf, metadataOf } from "./schema.ts";
import { ident, qualified, text } from "./sql.ts";
import { runStatement } from "./statements.ts";

/** Which rows of the table are the load's own, and by which name the ledger knows them. */
export interface LoadOwner {
  key: string;
  /** A predicate with constants. */
  rows: string;
}

/**
 * Puts landed files into a raw table. The first time that is one load job, which is atomic and free; its id holds the load id and which
 * table it is (its creation time, so that a table made anew is filled anew), and a label what the files hold. Asked again with the same
 * files it finds that done; with others, or none, the load's rows give way to theirs in one transaction.
 */
export async function loadFiles(
  context: LoadContext,
  request: LoadRequest,
  owner: LoadOwner = { key: request.loadId, rows: `_load_id = ${text(request.loadId)}` },
): Promise<LoadOutcome> {
  const rows =
    request.disposition === "replace"
      ? await replaceTable(context, request)
      : await appendOnce(context, request, owner);
  return { rows, rejected: 0 };
}

export interface LoadContext {
  connection: Connection;
  datasets: Datasets;
  ledger: RawLedger;
}

async function appendOnce(
  { connection, datasets, ledger }: LoadContext,
  request: LoadRequest,
  owner: LoadOwner,
): Promise<number> {
  const { table } = request;
  if (!request.columns.some((column) => column.name === "_load_id"))
    throw new FatalError("warehouse.no_load_id", `table ${table} has no _load_id column to append by`);
  const metadata = await ensureTable(connection, datasets.raw, table, request.columns);
  const incarnation = incarnationOf(metadata);
  const content = await contentDigest(request.files);
  const { known } = await ledger.find(table, incarnation, owner.key);
  if (known?.content === content) return known.rows;
  const note = {
    table,
    loadId: owner.key,
    incarnation,
    content,
    stamped: request.columns.some((column) => column.name === "_extracted_at"),
    replaced: false,
  };
  const own = bigqueryJobId(owner.key, table, incarnation);
  const before = known ? undefined : await firstTry(connection, own);
  const first = before?.failed ? undefined : before?.content;
  // A job that failed for what its files held is never run again: mended files are another.
  const id = before?.failed && before.content !== content ? bigqueryJobId(own, "c", content) : own;
  if (!known && first === undefined && request.files.length === 0) return 0;
  if (!known && (first === undefined || first === content)) {
    const rows = await appendFiles(connection, datasets.raw, request, id, content);
    const loaded = `SELECT * FROM ${qualified(datasets.raw, table)} WHERE ${owner.rows}`;
    if (rows > 0) await ledger.note(`${id}__note`, { ...note, rows: loaded });
    return rows;
  }
  const replaced = known?.version.toString(36) ?? first ?? "";
  return replaceRows({ connection, datasets, ledger }, request, owner, {
    id: bigqueryJobId(id, "r", replaced, content),
    note,
  });
}

/** What the files held that somebody loaded, or tried to, under this id. */
async function firstTry(
  connection: Connection,
  id: string,
): Promise<{ content: string; failed: boolean } | undefined> {
  const fate = await fateOf(connection, { id, doing: `look for load ${id}` }, { wait: true });
  if (fate.state !== "done" && fate.state !== "failed") return undefined;
  const { labels } = (fate.metadata.configuration ?? {}) as { labels?: Record<string, string> };
  return { content: labels?.content ?? "", failed: fate.state === "failed" };
}

/** The load's rows go and those of its files come, with its note: one transaction over rows that lie ready beside. */
async function replaceRows(
  { connection, datasets, ledger }: LoadContext,
  request: LoadRequest,
  owner: LoadOwner,
  how: { id: string; note: Omit<LoadNote, "rows"> },
): Promise<number> {
  const aside = `_load__${digest(how.id)}`;
  const columns = request.columns.map(({ name }) => ident(name)).join(", ");
  const target = qualified(datasets.raw, request.table);
  const rows = `SELECT ${columns} FROM ${qualified(datasets.build, aside)}`;
  let count = 0;
  if (request.files.length > 0) {
    const staged = { ...request, table: aside, disposition: "replace" as const };
    count = await appendFiles(
      connection,
      datasets.build,
      staged,
      bigqueryJobId(how.id, "stage"),
      how.note.content,
    );
    await expireSoon(connection, datasets.build, aside);
  }
  const own = `SELECT * FROM ${target} WHERE ${owner.rows}`;
  await ledger.within(request.table, (version) =>
    runStatement(connection, {
      id: how.id,
      doing: `load ${request.loadId} into ${request.table} again`,
      kind: "load",
      table: request.table,
      sql: [
        `DELETE FROM ${target} WHERE ${owner.rows}`,
        ...(count > 0 ? [`INSERT INTO ${target} (${columns}) ${rows}`] : []),
        ledger.insert({ ...how.note, rows: own }, version),
      ],
    }),
  );
  if (request.files.length > 0) await dropTable(connection, datasets.build, aside);
  return count;
}

/** The table's content and shape become those of the files, by one load job. */
async function replaceTable(
  { connection, datasets, ledger }: LoadContext,
  request: LoadRequest,
): Promise<number> {
  const { table, loadId } = request;
  const metadata = await metadataOf(connection, datasets.raw, table);
  const content = await contentDigest(request.files);
  const incarnation = incarnationOf(metadata);
  const { known, last } = await ledger.find(table, incarnation, loadId);
  // What somebody else replaced since is replaced again.
  if (known?.content === content && known.version === last) return known.rows;
  const id = bigqueryJobId(loadId, table, incarnation, content, `v${last.toString(36)}`);
  const count = await appendFiles(connection, datasets.raw, request, id, content);
  const made = incarnationOf((await metadataOf(connection, datasets.raw, table)) ?? metadata);
  const rows = `SELECT * FROM ${qualified(datasets.raw, table)}`;
  const note = { table, loadId, incarnation: made, content, rows, stamped: false, replaced: true };
  await ledger.note(`${id}__note`, note);
  return count;
}

/** Of what the files hold. Of an object in a bucket whose writer took no digest, its name and size must do. */
async function contentDigest(files: readonly LandedFile[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    if (file.digest !== undefined) hash.update(file.digest);
    else if (file.uri.startsWith("gs://")) hash.update(`${file.uri} ${file.sizeBytes}`);
    else await pipeline(createReadStream(localPath(file)), hash, { end: false });
  }
  return digest(hash.digest("hex"));
}
