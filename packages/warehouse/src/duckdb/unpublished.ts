import type { DuckDBConnection } from "@duckdb/node-api";
import type { Build } from "../builds.ts";
import type { Datasets } from "../warehouse.ts";
import { countOf, rowsOf } from "./session.ts";
import { qualified, text } from "./sql.ts";

/** What a build replaced of its table, where it left all else as it was. */
export type Replaced =
  | { what: "days"; columns: readonly [day: string] }
  /** The rows with the keys that lie in `changedKeys`. */
  | { what: "keys"; columns: readonly string[] };

/** A temporary table that a build by key leaves to be written down: each key once. */
export const changedKeys = "_changed_keys";

/** Above this share of a table's rows it is published whole: keys that are most of it cost more than they save. */
const MOST_OF_IT = 0.5;

/** Of each table: by what a build since differs from the published version, where it does so in days or in keys alone. */
export class Unpublished {
  readonly #connection: DuckDBConnection;
  readonly #datasets: Datasets;

  constructor(connection: DuckDBConnection, datasets: Datasets) {
    this.#connection = connection;
    this.#datasets = datasets;
  }

  /**
   * In the transaction of a build: what was published and is now changed in days, or in keys, alone is published in these alone. `last` is
   * the build before.
   */
  async record(
    last: Build,
    now: { version: number; rows: number },
    replaced: Replaced | undefined,
  ): Promise<void> {
    const isPublished = last.version === last.publishedVersion;
    const before = isPublished ? undefined : await this.since(last);
    const goesOn = isPublished || (before && JSON.stringify(before) === JSON.stringify(replaced));
    if (!replaced || !goesOn) return this.forget(last.table);
    if (replaced.what === "keys" && !(await this.#addKeys(last.table, now.rows, isPublished)))
      return this.forget(last.table);
    const parts = qualified(this.#datasets.build, "_unpublished_part");
    await this.#connection.run(`DELETE FROM ${parts} WHERE model = ${text(last.table)}`);
    await this.#connection.run(
      `INSERT INTO ${parts} VALUES (${text(last.table)}, ${last.publishedVersion}, ${now.version}, ${text(JSON.stringify(replaced))})`,
    );
  }

  /** Answers whether they are few enough to be worth it. */
  async #addKeys(table: string, rows: number, isFirst: boolean): Promise<boolean> {
    const keys = this.keysOf(table);
    await this.#connection.run(
      isFirst
        ? `CREATE OR REPLACE TABLE ${keys} AS FROM ${changedKeys}`
        : `INSERT INTO ${keys} FROM ${changedKeys} EXCEPT FROM ${keys}`,
    );
    return (await countOf(this.#connection, `SELECT count(*) FROM ${keys}`)) <= MOST_OF_IT * rows;
  }

  /** In what the build differs from the published version of its table; undefined where only the whole will do. */
  async since({ table, version, publishedVersion }: Build): Promise<Replaced | undefined> {
    const [found] = await rowsOf(
      this.#connection,
      `SELECT replaced FROM ${qualified(this.#datasets.build, "_unpublished_part")}
       WHERE model = ${text(table)} AND version = ${version} AND published_version = ${publishedVersion ?? "NULL"}`,
    );
    return found && (JSON.parse(String(found[0])) as Replaced);
  }

  /** The table of the keys that were replaced since. */
  keysOf(table: string): string {
    return qualified(this.#datasets.build, `_unpublished_keys__${table}`);
  }

  async forget(table: string): Promise<void> {
    const parts = qualified(this.#datasets.build, "_unpublished_part");
    await this.#connection.run(`DELETE FROM ${parts} WHERE model = ${text(table)}`);
    await this.#connection.run(`DROP TABLE IF EXISTS ${this.keysOf(table)}`);
  }
}
