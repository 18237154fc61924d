import { randomUUID } from "node:crypto";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { ApiError, invalid, notFound } from "./api-error.ts";
import type { Catalogue } from "./catalogue.ts";
import { type LoadConfiguration, runLoad, type TableReference } from "./load-job.ts";
import { engineType, type Field, quote, schemaOf } from "./types.ts";

export interface JobConfiguration {
  dryRun?: boolean;
  labels?: Record<string, string>;
  load?: LoadConfiguration;
  query?: {
    query: string;
    destinationTable?: TableReference;
    writeDisposition?: string;
    defaultDataset?: { datasetId: string };
    timePartitioning?: unknown;
    clustering?: unknown;
  };
  copy?: {
    sourceTable?: TableReference;
    sourceTables?: TableReference[];
    destinationTable: TableReference;
    writeDisposition?: string;
  };
}

export interface FakeJob {
  id: string;
  location: string;
  configuration: JobConfiguration;
  state: "PENDING" | "RUNNING" | "DONE";
  error?: ApiError;
  statistics: Record<string, unknown>;
  /** Where the rows of a query's answer lie. */
  answer?: { relation: string; fields: Field[]; rows: number };
  /** Times the job is still said to be running before the truth is told. */
  pretendRunning: number;
  done: Promise<void>;
  cancel(): void;
}

export interface JobEngine {
  instance: DuckDBInstance;
  catalogue: Catalogue;
  translate: (sql: string) => string | Promise<string>;
}

const RESULTS = "_results";

/** What each kind of job does; all of it in one transaction. */
export class Jobs {
  readonly all = new Map<string, FakeJob>();
  readonly #engine: JobEngine;
  #last: Promise<void> = Promise.resolve();

  constructor(engine: JobEngine) {
    this.#engine = engine;
  }

  get(id: string, location: string | null): FakeJob {
    const job = this.all.get(id);
    if (!job || (location !== null && location.toLowerCase() !== job.location.toLowerCase()))
      throw notFound(`Job ${id}`);
    return job;
  }

  /** `failure`: the job is accepted and fails with it, without effect. */
  insert(
    id: string,
    location: string,
    configuration: JobConfiguration,
    data: Buffer | undefined,
    options: { failure?: ApiError; pretendRunning: number },
  ): FakeJob {
    if (!/^[A-Za-z0-9_-]{1,1024}$/.test(id)) throw invalid(`Invalid job ID "${id}"`);
    if (this.all.has(id)) throw new ApiError(409, "duplicate", `Already Exists: Job ${id}`);
    let connection: DuckDBConnection | undefined;
    const job: FakeJob = {
      id,
      location,
      configuration,
      state: "PENDING",
      statistics: { creationTime: String(this.#engine.catalogue.now()) },
      pretendRunning: options.pretendRunning,
      done: Promise.resolve(),
      cancel() {
        this.error ??= new ApiError(
          400,
          "stopped",
          "Job execution was cancelled: User requested cancellation",
        );
        connection?.interrupt();
      },
    };
    if (!configuration.dryRun) this.all.set(id, job);
    job.done = this.#last.then(async () => {
      job.state = "RUNNING";
      connection = await this.#engine.instance.connect();
      try {
        if (options.failure) throw options.failure;
        if (!job.error) await this.#run(job, connection, data);
      } catch (error) {
        job.error ??= error instanceof ApiError ? error : invalidQuery(error);
      } finally {
        connection.closeSync();
        job.state = "DONE";
      }
    });
    this.#last = job.done;
    return job;
  }

  async #run(job: FakeJob, connection: DuckDBConnection, data: Buffer | undefined): Promise<void> {
    await connection.run("SET TimeZone='UTC'");
    await connection.run("BEGIN");
    try {
      const { load, query, copy } = job.configuration;
      if (load) job.statistics.load = await runLoad(this.#engine.catalogue, connection, load, data);
      else if (query) await this.#query(job, connection, query);
      else if (copy) await this.#copy(connection, copy);
      else throw invalid("Job configuration must contain exactly one job-specific configuration object");
      await connection.run("COMMIT");
    } catch (error) {
      await connection.run("ROLLBACK").catch(() => undefined);
      throw error;
    }
  }

  async #query(
    job: FakeJob,
    connection: DuckDBConnection,
    query: NonNullable<JobConfiguration["query"]>,
  ): Promise<void> {
    const sql = await this.#engine.translate(query.query);
    if (query.defaultDataset)
      await connection.run(`SET search_path='${query.defaultDataset.datasetId},main'`);
    const fields = await schemaOf(connection, sql);
    job.statistics.query = { totalBytesProcessed: "0", statementType: "SELECT", schema: { fields } };
    if (job.configuration.dryRun) return;
    const destination = query.destinationTable;
    const relation = destination
      ? await this.#relation(destination, query.writeDisposition ?? "WRITE_EMPTY")
      : `${RESULTS}.${quote(randomUUID())}`;
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${RESULTS}`);
    const columns = fields.map(
      (field) => `CAST(${quote(field.name)} AS ${engineType(field)}) AS ${quote(field.name)}`,
    );
    await connection.run(`CREATE OR REPLACE TABLE ${relation} AS SELECT ${columns.join(", ")} FROM (${sql})`);
    job.answer = { relation, fields, rows: await count(connection, relation) };
    if (!destination) return;
    const { timePartitioning, clustering } = query;
    this.#engine.catalogue.note(destination.datasetId, destination.tableId, fields, {
      timePartitioning,
      clustering,
    });
  }

  async #copy(connection: DuckDBConnection, copy: NonNullable<JobConfiguration["copy"]>): Promise<void> {
    const [source] = copy.sourceTables ?? [copy.sourceTable!];
    const from = this.#engine.catalogue.table(source!.datasetId, source!.tableId);
    const relation = await this.#relation(copy.destinationTable, copy.writeDisposition ?? "WRITE_EMPTY");
    await connection.run(
      `CREATE OR REPLACE TABLE ${relation} AS FROM ${quote(from.dataset)}.${quote(from.table)}`,
    );
    const { datasetId, tableId } = copy.destinationTable;
    this.#engine.catalogue.note(datasetId, tableId, from.fields, from.resource);
  }

  /** Where a job that replaces a table writes it. */
  async #relation(to: TableReference, disposition: string): Promise<string> {
    const known = this.#engine.catalogue.find(to.datasetId, to.tableId);
    if (disposition === "WRITE_EMPTY" && known) {
      throw new ApiError(409, "duplicate", `Already Exists: Table ${to.datasetId}.${to.tableId}`);
    }
    if (disposition === "WRITE_APPEND") throw invalid("the fake appends by load jobs only");
    return `${quote(to.datasetId)}.${quote(to.tableId)}`;
  }
}

function invalidQuery(error: unknown): ApiError {
  return new ApiError(400, "invalidQuery", (error as Error).message.split("\n", 1)[0]!);
}

async function count(connection: DuckDBConnection, relation: string): Promise<number> {
  return Number((await connection.runAndReadAll(`SELECT count(*) FROM ${relation}`)).getRows()[0]![0]);
}
