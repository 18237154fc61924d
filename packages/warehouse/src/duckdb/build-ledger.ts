import type { DuckDBConnection } from "@duckdb/node-api";
import { type Build, type NewLoads, nextVersion } from "../builds.ts";
import type { Datasets } from "../warehouse.ts";
import { rowsOf } from "./session.ts";
import { ident, qualified, text } from "./sql.ts";
import { type Replaced, Unpublished } from "./unpublished.ts";

/** Tables of the ledger, in `<ds>_build` beside what they tell of. */
const tables = {
  _model_build:
    "model VARCHAR, version BIGINT, hash VARCHAR, inputs VARCHAR, mode VARCHAR, job_id VARCHAR, row_count BIGINT, built_at TIMESTAMPTZ, audited_as VARCHAR, audited_at TIMESTAMPTZ, published_version BIGINT",
  // One row per day of a partitioned model: which build made it, from which text and inputs. A day that lost its rows stays.
  _model_interval: "model VARCHAR, partition_date DATE, version BIGINT, hash VARCHAR, inputs VARCHAR",
  // One row per model of which every build since the published version replaced days, or keys, of the same columns, and nothing else.
  _unpublished_part: "model VARCHAR, published_version BIGINT, version BIGINT, replaced VARCHAR",
  // One row per load id. `first_version` below `version`: its rows were loaded again.
  _raw_load:
    "table_name VARCHAR, load_id VARCHAR, first_version BIGINT, version BIGINT, extracted_from TIMESTAMPTZ, extracted_until TIMESTAMPTZ",
} as const;

/** Creates what is missing. A file from before there was a ledger gets its raw loads entered, as one. */
export async function createLedger(connection: DuckDBConnection, datasets: Datasets): Promise<void> {
  const [known] = await rowsOf(
    connection,
    "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = $1 AND table_name = '_raw_load'",
    [datasets.build],
  );
  for (const [name, columns] of Object.entries(tables))
    await connection.run(`CREATE TABLE IF NOT EXISTS ${qualified(datasets.build, name)} (${columns})`);
  await connection.run(`DROP TABLE IF EXISTS ${qualified(datasets.build, "_unpublished_days")}`); // an earlier form
  if (Number(known?.[0]) > 0) return;
  const existing = await rowsOf(
    connection,
    "SELECT table_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = $1 AND column_name = '_load_id'",
    [datasets.raw],
  );
  for (const [table] of existing) {
    const raw = qualified(datasets.raw, String(table));
    await connection.run(
      `INSERT INTO ${qualified(datasets.build, "_raw_load")}
       SELECT ${text(String(table))}, _load_id, 1, 1, min(_extracted_at), max(_extracted_at) FROM ${raw} GROUP BY _load_id`,
    );
  }
}

export class DuckdbBuilds {
  readonly #connection: DuckDBConnection;
  readonly #datasets: Datasets;
  readonly unpublished: Unpublished;

  constructor(connection: DuckDBConnection, datasets: Datasets) {
    this.#connection = connection;
    this.#datasets = datasets;
    this.unpublished = new Unpublished(connection, datasets);
  }

  #table(name: keyof typeof tables): string {
    return qualified(this.#datasets.build, name);
  }

  async list(table?: string): Promise<Build[]> {
    const rows = await rowsOf(
      this.#connection,
      `SELECT model, version, hash, inputs, row_count, epoch_ms(built_at), audited_as, published_version
       FROM ${this.#table("_model_build")}${table === undefined ? "" : ` WHERE model = ${text(table)}`}`,
    );
    return rows.map(([model, version, hash, inputs, count, builtAt, auditedAs, published]) => ({
      table: String(model),
      version: Number(version),
      hash: String(hash),
      inputs: JSON.parse(String(inputs)) as Record<string, number>,
      rows: Number(count),
      builtAt: new Date(Number(builtAt)).toISOString(),
      auditedAs: auditedAs === null ? undefined : String(auditedAs),
      publishedVersion: published === null ? undefined : Number(published),
    }));
  }

  /** In the transaction of a build: what it is from now on. Not audited. Answers its version. */
  async record(build: {
    table: string;
    hash: string;
    inputs: Readonly<Record<string, number>>;
    mode: string;
    jobId: string;
    rows: number;
    replaced: Replaced | undefined;
  }): Promise<number> {
    const [last] = await this.list(build.table);
    const version = nextVersion(last?.version);
    const model = text(build.table);
    await this.#connection.run(`DELETE FROM ${this.#table("_model_build")} WHERE model = ${model}`);
    await this.#connection.run(
      `INSERT INTO ${this.#table("_model_build")} VALUES (${model}, ${version}, ${text(build.hash)}, ${text(JSON.stringify(build.inputs))},
       ${text(build.mode)}, ${text(build.jobId)}, ${build.rows}, now(), NULL, NULL, ${last?.publishedVersion ?? "NULL"})`,
    );
    if (last) await this.unpublished.record(last, { version, rows: build.rows }, build.replaced);
    return version;
  }

  /** The days that `days` selects now stand as that build made them; those of `all`, and every day known before. */
  async recordDays(table: string, version: number, days: string, all: boolean): Promise<void> {
    const interval = this.#table("_model_interval");
    const of = `model = ${text(table)}`;
    const made = all
      ? `SELECT partition_date AS day FROM ${interval} WHERE ${of} UNION SELECT day FROM (${days})`
      : `SELECT day FROM (${days})`;
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE _days AS ${made}`);
    await this.#connection.run(
      `DELETE FROM ${interval} WHERE ${of} AND partition_date IN (SELECT day FROM _days)`,
    );
    await this.#connection.run(
      `INSERT INTO ${interval} SELECT model, day, version, hash, inputs FROM _days, ${this.#table("_model_build")}
       WHERE ${of} AND version = ${version} AND day IS NOT NULL`,
    );
    await this.#connection.run("DROP TABLE _days");
  }

  async forgetDays(table: string): Promise<void> {
    await this.#connection.run(`DELETE FROM ${this.#table("_model_interval")} WHERE model = ${text(table)}`);
  }

  /**
   * In the transaction of a load: rows of `loadId` are new, or others than before. `replaced`: no other row of the table is left.
   * `stamped`: its rows say when they were extracted, so that they are found again without reading the whole table.
   */
  async recordLoad(
    table: string,
    loadId: string,
    how: { replaced: boolean; stamped: boolean },
  ): Promise<void> {
    const { replaced, stamped } = how;
    const log = this.#table("_raw_load");
    const of = `table_name = ${text(table)}`;
    const [known] = await rowsOf(
      this.#connection,
      `SELECT max(version), min(first_version) FILTER (load_id = ${text(loadId)}), min(first_version) FROM ${log} WHERE ${of}`,
    );
    const version = nextVersion(Number(known?.[0] ?? 0));
    const first = (replaced ? known?.[2] : known?.[1]) ?? version;
    const gone = replaced ? of : `${of} AND load_id = ${text(loadId)}`;
    await this.#connection.run(`DELETE FROM ${log} WHERE ${gone}`);
    const raw = qualified(this.#datasets.raw, table);
    const extracted = stamped
      ? `min(_extracted_at), max(_extracted_at) FROM ${raw} WHERE _load_id = ${text(loadId)}`
      : "NULL, NULL";
    await this.#connection.run(
      `INSERT INTO ${log} SELECT ${text(table)}, ${text(loadId)}, ${first}, ${version}, ${extracted}`,
    );
  }

  async rawVersions(wanted: readonly string[]): Promise<Map<string, number>> {
    const rows = await rowsOf(
      this.#connection,
      `SELECT table_name, max(version) FROM ${this.#table("_raw_load")} GROUP BY table_name`,
    );
    const versions = new Map(rows.map(([table, version]) => [String(table), Number(version)]));
    return new Map(wanted.map((table) => [table, versions.get(table) ?? 0]));
  }

  async loadsSince(table: string, since: number): Promise<NewLoads | "all"> {
    const rows = await rowsOf(
      this.#connection,
      `SELECT load_id, first_version, CAST(extracted_from AS VARCHAR), CAST(extracted_until AS VARCHAR)
       FROM ${this.#table("_raw_load")} WHERE table_name = ${text(table)} AND version > ${since} ORDER BY load_id`,
    );
    if (rows.some(([, first]) => Number(first) <= since)) return "all";
    if (rows.some(([, , from]) => from === null)) return "all";
    return {
      loadIds: rows.map(([id]) => String(id)),
      extractedFrom: rows.map(([, , from]) => String(from)).reduce(earlier, ""),
      extractedUntil: rows.map(([, , , until]) => String(until)).reduce(later, ""),
    };
  }

  async partitionsSince(table: string, since: number): Promise<string[] | "all"> {
    const interval = this.#table("_model_interval");
    const of = `model = ${text(table)}`;
    const [known] = await rowsOf(this.#connection, `SELECT count(*) FROM ${interval} WHERE ${of}`);
    if (Number(known?.[0]) === 0) return "all";
    const rows = await rowsOf(
      this.#connection,
      `SELECT CAST(partition_date AS VARCHAR) FROM ${interval} WHERE ${of} AND version > ${since} ORDER BY 1`,
    );
    return rows.map(([day]) => String(day));
  }

  async confirm(table: string, version: number, inputs: Readonly<Record<string, number>>): Promise<void> {
    await this.#set(table, version, `inputs = ${text(JSON.stringify(inputs))}`);
  }

  async audit(table: string, version: number, auditedAs: string): Promise<void> {
    await this.#set(table, version, `audited_as = ${text(auditedAs)}, audited_at = now()`);
  }

  async published(table: string, version: number): Promise<void> {
    await this.#set(table, version, `published_version = ${version}`);
    await this.unpublished.forget(table);
  }

  async #set(table: string, version: number, what: string): Promise<void> {
    await this.#connection.run(
      `UPDATE ${this.#table("_model_build")} SET ${what} WHERE model = ${text(table)} AND version = ${version}`,
    );
  }
}

function earlier(a: string, b: string): string {
  return a === "" || b < a ? b : a;
}

function later(a: string, b: string): string {
  return b > a ? b : a;
}

/** Days of a column, each once. */
export function daysOf(relation: string, column: string): string {
  return `SELECT DISTINCT CAST(${ident(column)} AS DATE) AS day FROM ${relation}`;
}
