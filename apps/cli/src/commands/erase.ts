import { randomUUID } from "node:crypto";
import { brazeTables } from "@lifecycle/braze";
import { type Erasure, InputError, type Needles, rawFileTable } from "@lifecycle/contracts";
import {
  eraseLanded,
  needlesOf,
  type PersonalTable,
  personalData,
  personalTables,
  quarantineTable,
} from "@lifecycle/ingest";
import { loadPipelines, piiSalt } from "@lifecycle/runtime";
import { downstreamOf } from "@lifecycle/transform";
import {
  datasetsOf,
  holdsAny,
  isTableMissing,
  type QueryTarget,
  rejectedRowTable,
} from "@lifecycle/warehouse";
import { givenText } from "../given-text.ts";
import { followModels } from "../models/follow-models.ts";
import { openModels } from "../models/open-models.ts";
import { RUN_EXIT } from "../outcome.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";
import { withWarehouse } from "../warehouse-access.ts";

export interface EraseFlags {
  /** Identifiers, one a line: what stands on a command line stands in the shell's history too. */
  file?: string;
  dryRun?: boolean;
  yes?: boolean;
}

/** Where rows of the person are. */
interface Found {
  landed: { files: number; rows: number };
  tables: Record<string, number>;
}

/**
 * `lifecycle erase <identifier …>`: every row that holds one of them leaves landed parts and raw tables, and all that is made from those
 * tables is built anew and published. First it says what it has found, and asks. Done again after an interruption it goes on; what was
 * done stands in the ledger, without the identifiers. Returns the exit code: 2 when rows came in meanwhile.
 */
export async function erase(session: Session, given: string[], flags: EraseFlags): Promise<number> {
  const { terminal, ledger, settings } = session;
  const identifiers = await identifiersOf(given, flags);
  const needles = needlesOf(identifiers, personalData(settings.pii.policy, piiSalt(settings)));
  await refuseOpenRuns(session);
  const tables = searched(session);
  const found = await search(session, tables, needles);
  const pending = (await ledger.readErasures()).find((each) => isAbout(each, needles));
  show(session, found);
  const count = found.landed.rows + sumOf(found.tables);
  if (count === 0 && !pending) return RUN_EXIT.complete;
  if (flags.dryRun) return RUN_EXIT.complete;
  if (!flags.yes) {
    if (!terminal.isInteractive)
      throw new InputError(
        "erase.not_confirmed",
        "Nobody is here to agree. Add --yes to erase without asking.",
      );
    if (!(await terminal.confirm("Erase them for good?"))) return RUN_EXIT.complete;
  }
  const erasure: Erasure = pending ?? {
    id: `erasure-${randomUUID().slice(0, 12)}`,
    requestedBy: session.user,
    requestedAt: new Date().toISOString(),
    identifiers: identifiers.length,
    needles,
  };
  await ledger.writeErasure(erasure);
  const landed = await eraseLanded(session, {
    tables,
    needles,
    rewrite: true,
    signal: session.shutdown.signal,
  });
  const before = erasure.landed ?? { files: 0, rows: 0 };
  const all = { files: before.files + landed.files, rows: before.rows + landed.rows };
  await ledger.writeErasure({ ...erasure, landed: all });
  return await eraseFromWarehouse(session, erasure.id, tables, needles);
}

/** The run does it: it owns the warehouse, and builds and publishes what is made from what is left. */
async function eraseFromWarehouse(
  session: Session,
  id: string,
  tables: readonly PersonalTable[],
  needles: Needles,
): Promise<number> {
  const { terminal, ledger } = session;
  const { own } = await openModels(session);
  const select = downstreamOf(
    own,
    tables.map(({ table }) => table),
  );
  const models = { select, fullRefresh: true };
  const { settled } = await followModels(session, { models, trigger: "erase" });
  for (const { message } of settled.missing) terminal.line(`ERROR ${message}`);
  if (settled.status === "failed") {
    terminal.line("It has not ended. Mend the cause and ask again: it goes on where it stopped.");
    return RUN_EXIT.failed;
  }
  const left = await search(session, tables, needles);
  if (left.landed.rows + sumOf(left.tables) > 0 || settled.status === "partial") {
    terminal.line("Not all of it is gone, or not all tables are published anew:");
    show(session, left);
    terminal.line("Ask again: it goes on where it stopped.");
    return RUN_EXIT.partial;
  }
  const { needles: _, ...done } = (await ledger.readErasures()).find((each) => each.id === id)!;
  await ledger.writeErasure({ ...done, doneAt: new Date().toISOString() });
  const { landed = { rows: 0, files: 0 }, tables: counts = {} } = done;
  terminal.line(
    `Erased: ${landed.rows} rows of ${landed.files} landed parts, ${sumOf(counts)} rows of ${Object.keys(counts).length} raw tables; ${select.length} models built anew. It stands in the ledger as ${id}.`,
  );
  terminal.line(
    "A source that still knows the person brings them back: erase them in Braze too, and take them out of files that you hand to file pipelines.",
  );
  return RUN_EXIT.complete;
}

async function identifiersOf(given: readonly string[], { file }: EraseFlags): Promise<string[]> {
  const listed = file === undefined ? [] : (await givenText(file)).split("\n");
  const all = [...new Set([...given, ...listed].map((text) => text.trim()).filter((text) => text !== ""))];
  if (all.length > 0) return all;
  throw new InputError(
    "erase.no_identifiers",
    "Say whom: external ids, e-mail addresses, phone numbers, or --file with one a line.",
  );
}

/** What lands or loads at the same time might hold the person again. */
async function refuseOpenRuns({ ledger }: Session): Promise<void> {
  const open: string[] = [];
  for (const runId of await ledger.listUnsettled())
    if ((await ledger.readRequest(runId))?.trigger !== "erase") open.push(runId);
  if (open.length === 0) return;
  throw new InputError(
    "erase.runs_open",
    `These runs have not ended: ${open.slice(0, 5).join(", ")}. Wait for them (lifecycle status), or cancel them, and ask again.`,
  );
}

function searched({ settings }: Session): PersonalTable[] {
  const files = [...loadPipelines(settings).values()].flatMap((pipeline) =>
    pipeline.kind === "file" ? [rawFileTable(pipeline)] : [],
  );
  return personalTables([...brazeTables, quarantineTable, rejectedRowTable, ...files]);
}

async function search(session: Session, tables: readonly PersonalTable[], needles: Needles): Promise<Found> {
  const { settings, shutdown } = session;
  const landed = await eraseLanded(session, { tables, needles, rewrite: false, signal: shutdown.signal });
  const { engine, dataset } = settings.warehouse;
  const { raw } = datasetsOf(dataset);
  const counts: Record<string, number> = {};
  await withWarehouse(session, async (warehouse) => {
    for (const { table, columns } of tables) {
      if (!(await exists(warehouse, `${raw}.${table}`))) continue;
      const sql = `SELECT COUNT(*) AS n FROM ${raw}.${table} WHERE ${holdsAny(engine, { columns, needles })}`;
      const { rows } = await warehouse.query(sql, { maxRows: 1 });
      const n = Number(rows[0]?.[0] ?? 0);
      if (n > 0) counts[table] = n;
    }
  });
  return { landed, tables: counts };
}

/** A pipeline that never ran has no table yet. */
async function exists(warehouse: QueryTarget, table: string): Promise<boolean> {
  try {
    await warehouse.query(`SELECT 1 FROM ${table} WHERE FALSE`, { maxRows: 1 });
    return true;
  } catch (error) {
    if (isTableMissing(error)) return false;
    throw error;
  }
}

function show({ terminal }: Session, { landed, tables }: Found): void {
  if (landed.rows + sumOf(tables) === 0) {
    terminal.line("Nothing is stored under these identifiers.");
    return;
  }
  const rows = Object.entries(tables).map(([table, n]) => [table, n]);
  terminal.line(formatTable(["where", "rows"], [[`${landed.files} landed parts`, landed.rows], ...rows]));
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);

function isAbout({ needles, doneAt }: Erasure, wanted: Needles): boolean {
  return doneAt === undefined && needles !== undefined && JSON.stringify(needles) === JSON.stringify(wanted);
}
