import { type NewLoads, nextVersion } from "../builds.ts";
import { isTableMissing } from "../missing-table.ts";
import type { Datasets } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { rawLoadTable } from "./ledger-tables.ts";
import { runQuery } from "./query.ts";
import { metadataOf } from "./schema.ts";
import { ident, qualified, text } from "./sql.ts";
import { runStatement } from "./statements.ts";

/** What the ledger knows of a load id. */
export interface KnownLoad {
  version: number;
  content: string;
  rows: number;
}

/** One load to be written down. */
export interface LoadNote {
  table: string;
  loadId: string;
  incarnation: string;
  content: string;
  /** Select of the load's rows, of which they are counted. */
  rows: string;
  /** Its rows say when they were extracted, so that they are found again without reading the whole table. */
  stamped: boolean;
  replaced: boolean;
}

interface LoadEvent {
  loadId: string;
  incarnation: string;
  version: number;
  replaced: boolean;
  from: string | null;
  until: string | null;
}

const MANY = 1_000_000;
/** A version of a raw table is its last event's, times this, plus the number of its events modulo this. */
const COUNTED = 1_000;

/** Which loads a raw table got, in `<ds>_build._raw_load`. */
export class RawLedger {
  readonly #connection: Connection;
  readonly #datasets: Datasets;
  readonly #last = new Map<string, number>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, datasets: Datasets) {
    this.#connection = connection;
    this.#datasets = datasets;
  }

  get #relation(): string {
    return qualified(this.#datasets.build, rawLoadTable.table);
  }

  /** Before anything was ever loaded there is no ledger. */
  async #ask(sql: string): Promise<unknown[][]> {
    try {
      return (await runQuery(this.#connection, this.#datasets, sql, { maxRows: MANY })).rows;
    } catch (error) {
      if (isTableMissing(error)) return [];
      throw error;
    }
  }

  /** What stands of a load in this table; `last` is the table's newest event. */
  async find(
    table: string,
    incarnation: string,
    loadId: string,
  ): Promise<{ known: KnownLoad | undefined; last: number }> {
    const own = `table_name = ${text(table)}`;
    const rows = await this.#ask(
      `SELECT load_id, incarnation, version, content, row_count FROM ${this.#relation}
       WHERE ${own} AND (load_id = ${text(loadId)} OR version = (SELECT MAX(version) FROM ${this.#relation} WHERE ${own})) ORDER BY version`,
    );
    const last = Number(rows.at(-1)?.[2] ?? 0);
    this.#remember(table, last);
    const found = rows.findLast(([id, made]) => id === loadId && made === incarnation);
    const known = found && { version: Number(found[2]), content: String(found[3]), rows: Number(found[4]) };
    return { known, last };
  }

  /** Writes a load down. One after the other, so that in this process no later version is seen before an earlier one. */
  async note(id: string, load: LoadNote): Promise<void> {
    await this.within(load.table, (version) =>
      runStatement(this.#connection, {
        id,
        doing: `note load ${load.loadId} of ${load.table}`,
        kind: "ledger",
        table: load.table,
        sql: this.insert(load, version),
      }),
    );
  }

  /** Runs a statement of the caller's that holds `insert`, with the version its event shall have. */
  async within<T>(table: string, work: (version: number) => Promise<T>): Promise<T> {
    const next = this.#writing.then(() => {
      const version = nextVersion(this.#last.get(table));
      this.#remember(table, version);
      return work(version);
    });
    this.#writing = next.catch(() => undefined);
    return next;
  }

  /** The INSERT that writes a load down. */
  insert(load: LoadNote, version: number): string {
    const bounds = load.stamped
      ? "MIN(_extracted_at), MAX(_extracted_at)"
      : "CAST(NULL AS TIMESTAMP), CAST(NULL AS TIMESTAMP)";
    const columns = rawLoadTable.columns.map(({ name }) => ident(name)).join(", ");
    return `INSERT INTO ${this.#relation} (${columns})
SELECT ${text(load.table)}, ${text(load.loadId)}, ${text(load.incarnation)}, ${version}, ${text(load.content)}, COUNT(*), ${bounds}, ${load.replaced ? "TRUE" : "FALSE"} FROM (${load.rows}) AS loaded`;
  }

  #remember(table: string, version: number): void {
    this.#last.set(table, Math.max(version, this.#last.get(table) ?? 0));
  }

  /**
   * Version of each raw table: its last event and the number of its events, since processes may write theirs in another order than they
   * took their numbers. Of a table without events, when it last changed.
   */
  async versions(tables: readonly string[]): Promise<Map<string, number>> {
    const versions = new Map(tables.map((table) => [table, 0]));
    if (tables.length === 0) return versions;
    const rows = await this.#ask(
      `SELECT table_name, MAX(version), COUNT(*) FROM ${this.#relation} WHERE table_name IN (${tables.map(text).join(", ")}) GROUP BY table_name`,
    );
    for (const [table, last, count] of rows)
      versions.set(String(table), Number(last) * COUNTED + (Number(count) % COUNTED));
    for (const [table, version] of versions) {
      if (version > 0) continue;
      const metadata = await metadataOf(this.#connection, this.#datasets.raw, table);
      if (Number(metadata?.numRows ?? 0) > 0) versions.set(table, Number(metadata?.lastModifiedTime ?? 0));
    }
    return versions;
  }

  async loadsSince(table: string, since: number): Promise<NewLoads | "all"> {
    const rows = await this.#ask(
      `SELECT load_id, incarnation, version, is_replaced, extracted_from, extracted_until FROM ${this.#relation} WHERE table_name = ${text(table)}`,
    );
    const events = rows.map(
      ([loadId, incarnation, version, replaced, from, until]): LoadEvent => ({
        loadId: String(loadId),
        incarnation: String(incarnation),
        version: Number(version),
        replaced: replaced === true,
        from: from === null ? null : String(from),
        until: until === null ? null : String(until),
      }),
    );
    return newLoads(events, since);
  }
}

/** Which of a table's events came after a version of it; `all` when more changed than rows were added. */
function newLoads(events: readonly LoadEvent[], since: number): NewLoads | "all" {
  const seen = events.filter(({ version }) => version <= Math.floor(since / COUNTED));
  const fresh = events.filter((event) => !seen.includes(event));
  // One was written late: it was not seen, and its number does not tell it apart.
  if (seen.length % COUNTED !== since % COUNTED) return "all";
  // A table that was dropped and made again begins anew; what was seen of the one before is gone with it.
  const last = seen.reduce<LoadEvent | undefined>((a, b) => (a && a.version > b.version ? a : b), undefined);
  const isSame = (event: LoadEvent) => event.incarnation === last?.incarnation;
  const known = new Set(seen.filter(isSame).map(({ loadId }) => loadId));
  const isOther = (event: LoadEvent) => event.replaced || !isSame(event) || known.has(event.loadId);
  if (last && fresh.some(isOther)) return "all";
  if (fresh.some(({ from, until }) => from === null || until === null)) return "all";
  return {
    loadIds: [...new Set(fresh.map(({ loadId }) => loadId))].toSorted(),
    extractedFrom: fresh.map(({ from }) => from!).toSorted()[0] ?? "",
    extractedUntil:
      fresh
        .map(({ until }) => until!)
        .toSorted()
        .at(-1) ?? "",
  };
}
