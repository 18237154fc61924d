import { tmpdir } from "node:os";
import type { DuckDBConnection } from "@duckdb/node-api";
import { RetryableError } from "@lifecycle/contracts";
import { checkSelect } from "../service/check-select.ts";
import { explainFailure } from "../service/explain-failure.ts";
import type { QueryService } from "../service/serve.ts";
import {
  type Datasets,
  datasetsOf,
  type QueryOptions,
  type QueryResult,
  rejectedRowTable,
  type Warehouse,
} from "../warehouse.ts";
import { createLedger, DuckdbBuilds } from "./build-ledger.ts";
import { type Database, DEFAULT_MEMORY_LIMIT, type DuckdbSettings, openDatabase } from "./database.ts";
import { eraseRows } from "./erase.ts";
import { classify } from "./errors.ts";
import { createGiveBack } from "./give-back.ts";
import { loadFiles } from "./load.ts";
import { loadCsv } from "./load-csv.ts";
import { exportParquet, materialise } from "./models.ts";
import { publish } from "./publish.ts";
import { interruptible, runQuery } from "./query.ts";
import { ensureTables } from "./schema.ts";
import { createQueue } from "./session.ts";
import { ident } from "./sql.ts";

export interface DuckdbWarehouseSettings extends DuckdbSettings {
  /** Base name of the three schemas; `lifecycle` unless told. */
  dataset?: string;
}

/** A write that takes longer is stopped and may be tried again. */
const WRITE_TIMEOUT_MS = 600_000;

export interface DuckdbWarehouse extends Warehouse, QueryService {}

/**
 * The warehouse in one file that this process owns until `close`. Writes go one after another; each query has its own connection
 * and sees whole transactions only. Throws like `openDatabase`.
 */
export async function openDuckdbWarehouse(settings: DuckdbWarehouseSettings): Promise<DuckdbWarehouse> {
  const datasets = datasetsOf(settings.dataset ?? "lifecycle");
  const database = await openDatabase(settings);
  const writer = await database.connect();
  await createSchemas(writer, datasets);
  await createLedger(writer, datasets);
  const builds = new DuckdbBuilds(writer, datasets);
  const giveBack = createGiveBack(settings.memoryLimit ?? DEFAULT_MEMORY_LIMIT);
  const enqueue = createQueue();
  const reading = new Set<Promise<unknown>>();
  const closing = new AbortController();
  const workDirectory =
    settings.tempDirectory ?? (settings.path === ":memory:" ? tmpdir() : `${settings.path}.tmp`);

  const write = <T>(doing: string, work: () => Promise<T>, signal?: AbortSignal) =>
    enqueue(async () => {
      try {
        const limits = { timeoutMs: WRITE_TIMEOUT_MS, ...(signal ? { signal } : {}) };
        return await interruptible(writer, limits, work);
      } catch (error) {
        throw signal?.aborted && error === signal.reason ? error : classify(error, doing);
      } finally {
        await giveBack(writer);
      }
    });

  const ask = (sql: string, options: QueryOptions = {}, check?: Check) => {
    const signal = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
    const answer = askOnce({ database, datasets, giveBack }, sql, { ...options, signal }, check);
    const forget = () => void reading.delete(answer);
    reading.add(answer);
    answer.then(forget, forget);
    return answer;
  };

  return {
    engine: "duckdb",
    datasets,
    bootstrap: (tables = []) =>
      write("bootstrap", () => ensureTables(writer, datasets.raw, [rejectedRowTable, ...tables])),
    load: (request, { signal } = {}) => {
      const work = () =>
        request.csv
          ? loadCsv(writer, datasets.raw, workDirectory, request, request.csv, builds)
          : loadFiles(writer, datasets.raw, request, builds);
      return write(`load ${request.loadId} into ${request.table}`, work, signal);
    },
    erase: (request) =>
      write(`erase from ${request.table}`, () => eraseRows(writer, datasets.raw, request, builds)),
    materialise: (request) =>
      write(`build ${request.table}`, () => materialise(writer, datasets, builds, request)),
    builds: {
      list: () => write("list builds", () => builds.list()),
      rawVersions: (tables) => write("read raw versions", () => builds.rawVersions(tables)),
      loadsSince: (table, since) => write(`loads of ${table}`, () => builds.loadsSince(table, since)),
      partitionsSince: (table, since) =>
        write(`partitions of ${table}`, () => builds.partitionsSince(table, since)),
      confirm: (table, version, inputs) =>
        write(`confirm ${table}`, () => builds.confirm(table, version, inputs)),
      audit: (table, version, auditedAs) =>
        write(`audit ${table}`, () => builds.audit(table, version, auditedAs)),
    },
    publish: (table) => write(`publish ${table}`, () => publish(writer, datasets, builds, table)),
    exportParquet: (table, path) =>
      write(`export ${table}`, () => exportParquet(writer, datasets, table, path)),
    grant: async () => false,
    query: (sql, options) => ask(sql, options),
    querySafely: (sql, options) =>
      ask(sql, options, (connection) =>
        checkSelect(connection, sql, [datasets.published, datasets.raw, datasets.build]),
      ),
    async close() {
      closing.abort(new RetryableError("warehouse.closed", "the warehouse is being closed"));
      await enqueue(async () => writer.closeSync());
      await Promise.allSettled(reading);
      database.close();
    },
  };
}

async function createSchemas(connection: DuckDBConnection, datasets: Datasets): Promise<void> {
  for (const schema of Object.values(datasets))
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${ident(schema)}`);
}

/** Answers the tables that a stranger's query names, or throws. */
type Check = (connection: DuckDBConnection) => Promise<string[]>;

interface Asked {
  database: Database;
  datasets: Datasets;
  giveBack: ReturnType<typeof createGiveBack>;
}

/** A connection of its own, so that stopping this query stops no other. Bare names mean published tables, as on BigQuery. */
async function askOnce(
  { database, datasets, giveBack }: Asked,
  sql: string,
  options: QueryOptions,
  check?: Check,
): Promise<QueryResult> {
  const connection = await database.connect([datasets.published, "main"]);
  let tables: string[] = [];
  try {
    return await interruptible(connection, options, async () => {
      if (check) {
        tables = await check(connection);
        await connection.run("SET errors_as_json=true");
      }
      return runQuery(connection, sql, options);
    });
  } catch (error) {
    if (error === options.signal?.reason) throw error;
    throw check ? await explainFailure(error, { connection, datasets, tables }) : classify(error, "query");
  } finally {
    await giveBack(connection);
    connection.closeSync();
  }
}
