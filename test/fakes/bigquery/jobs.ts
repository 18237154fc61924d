import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { ApiError, invalid, notFound } from "../rest/api-error.ts";
import { bytesScanned, SCRATCH, type Scanned } from "./bytes.ts";
import type { Catalogue } from "./catalogue.ts";
import type { JobConfiguration } from "./configuration.ts";
import { count, decorated, relationOf, write } from "./destination.ts";
import { type DmlStats, isDml, runDml } from "./dml.ts";
import { type LoadConfiguration, runLoad } from "./load-job.ts";
import { Running } from "./running.ts";
import { statements, verb } from "./script.ts";
import { engineType, type Field, quote, schemaOf } from "./types.ts";

/** BigQuery SQL to DuckDB's; a table without a dataset is in `defaultDataset`. */
export type Translate = (sql: string, defaultDataset: string | undefined) => string | Promise<string>;

/** What was decided about a job before it began. */
export interface JobFate {
  /** It is taken and fails with this, without effect. */
  failure?: ApiError;
  /** It stays pending until `release`. */
  held?: boolean;
}

export interface FakeJob {
  id: string;
  location: string;
  configuration: JobConfiguration;
  state: "PENDING" | "RUNNING" | "DONE";
  /** It waits for `release`. */
  held: boolean;
  error?: ApiError;
  statistics: Record<string, unknown>;
  /** Where the rows of a query's answer lie. */
  answer?: { relation: string; fields: Field[]; rows: number };
  /** Ids of the jobs that were running when it began to. */
  beside: readonly string[];
  /** Times the job is still said to be running before the truth is told. */
  pretendRunning: number;
  done: Promise<void>;
  cancel(): void;
}

export interface JobEngine {
  instance: DuckDBInstance;
  catalogue: Catalogue;
  translate: Translate;
  readObjects: (uri: string) => readonly Buffer[];
  /** How long each job runs besides its work. */
  jobDelayMs: number;
}

const RESULTS = "_results";
/** Of one load job. */
const MAX_URIS = 10_000;

/** What each kind of job does; all of it in one transaction. They run beside one another, but for the moment in which each does its work. */
export class Jobs {
  readonly all = new Map<string, FakeJob>();
  readonly #engine: JobEngine;
  readonly #running = new Running();
  #last: Promise<unknown> = Promise.resolve();
  #scratches = 0;
  readonly #held = new Set<() => void>();

  constructor(engine: JobEngine) {
    this.#engine = engine;
  }

  get(id: string, location: string | null): FakeJob {
    const job = this.all.get(id);
    if (!job || (location !== null && location.toLowerCase() !== job.location.toLowerCase()))
      throw notFound(`Job ${id}`);
    return job;
  }

  /** Lets the jobs go on that were held. */
  release(): void {
    for (const letGo of this.#held) letGo();
    this.#held.clear();
  }

  /** Stops what runs. */
  async close(): Promise<void> {
    for (const job of this.all.values()) if (job.state !== "DONE") job.cancel();
    this.release();
    for (const job of this.all.values()) await job.done;
  }

  insert(
    id: string,
    location: string,
    configuration: JobConfiguration,
    data: Buffer | undefined,
    options: JobFate & { pretendRunning: number },
  ): FakeJob {
    if (!/^[A-Za-z0-9_-]{1,1024}$/.test(id)) throw invalid(`Invalid job ID "${id}"`);
    if (this.all.has(id)) throw new ApiError(409, "duplicate", `Already Exists: Job ${id}`);
    let connection: DuckDBConnection | undefined;
    const job: FakeJob = {
      id,
      location,
      configuration,
      state: "PENDING",
      held: options.held ?? false,
      statistics: { creationTime: String(this.#engine.catalogue.now()) },
      beside: [],
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
    const free = options.held ? new Promise<void>((letGo) => this.#held.add(letGo)) : Promise.resolve();
    const work = async () => {
      connection = await this.#engine.instance.connect();
      try {
        if (options.failure) throw options.failure;
        if (!job.error) await this.#run(job, connection, data);
      } finally {
        await this.#clean(connection);
        connection.closeSync();
      }
    };
    job.done = free.then(() => this.#carryOut(job, work));
    return job;
  }

  async #carryOut(job: FakeJob, work: () => Promise<void>): Promise<void> {
    job.held = false;
    let leave = () => {};
    try {
      if (!job.configuration.dryRun) {
        const entered = await this.#running.enter(job.id, job.configuration);
        ({ leave } = entered);
        job.beside = entered.beside;
        job.state = "RUNNING";
        if (this.#engine.jobDelayMs > 0) await delay(this.#engine.jobDelayMs);
      }
      const done = this.#last.then(work);
      this.#last = done.catch(() => undefined);
      await done;
    } catch (error) {
      job.error ??= error instanceof ApiError ? error : invalidQuery(error);
    } finally {
      leave();
      job.state = "DONE";
    }
  }

  async #run(job: FakeJob, connection: DuckDBConnection, data: Buffer | undefined): Promise<void> {
    await connection.run("SET TimeZone='UTC'");
    await connection.run("BEGIN");
    try {
      const { load, query, copy } = job.configuration;
      const { catalogue } = this.#engine;
      if (load) job.statistics.load = await runLoad(catalogue, connection, load, this.#bytesOf(load, data));
      else if (query) await this.#query(job, connection, query);
      else if (copy) await this.#copy(job, connection, copy);
      else throw invalid("Job configuration must contain exactly one job-specific configuration object");
      await connection.run("COMMIT");
    } catch (error) {
      await connection.run("ROLLBACK").catch(() => undefined);
      throw error;
    }
  }

  /** What DML worked on goes once its transaction is over: DuckDB takes no dropping of what it changed within one. */
  async #clean(connection: DuckDBConnection): Promise<void> {
    const own = `SELECT schema_name FROM duckdb_schemas() WHERE starts_with(schema_name, '${SCRATCH}')`;
    for (const [schema] of (await connection.runAndReadAll(own)).getRows())
      await connection.run(`DROP SCHEMA ${quote(String(schema))} CASCADE`);
  }

  #bytesOf(load: LoadConfiguration, uploaded: Buffer | undefined): readonly Buffer[] {
    if (!load.sourceUris?.length) return [uploaded ?? Buffer.alloc(0)];
    if (load.sourceUris.length > MAX_URIS) throw invalid(`Too many source URIs: ${load.sourceUris.length}`);
    return load.sourceUris.flatMap((uri) => this.#engine.readObjects(uri));
  }

  async #query(
    job: FakeJob,
    connection: DuckDBConnection,
    query: NonNullable<JobConfiguration["query"]>,
  ): Promise<void> {
    if (query.defaultDataset)
      await connection.run(`SET search_path='${query.defaultDataset.datasetId},main'`);
    const script = statements(query.query);
    if (script.length > 1 || isDml(script[0] ?? "")) return this.#script(job, connection, query, script);
    const sql = await this.#engine.translate(query.query, query.defaultDataset?.datasetId);
    const fields = await schemaOf(connection, sql);
    const { processed, billed, tables } = await bytesScanned(connection, sql);
    job.statistics.totalBytesProcessed = String(processed);
    job.statistics.query = {
      totalBytesProcessed: String(processed),
      totalBytesBilled: job.configuration.dryRun ? "0" : String(billed),
      statementType: "SELECT",
      referencedTables: tables,
      schema: { fields },
    };
    if (job.configuration.dryRun) return;
    refuseAbove(query.maximumBytesBilled, billed);
    const columns = fields.map(
      (field) => `CAST(${quote(field.name)} AS ${engineType(field)}) AS ${quote(field.name)}`,
    );
    const select = `SELECT ${columns.join(", ")} FROM (${sql})`;
    const rows = await this.#keepAnswer(connection, query, fields, select);
    const to = query.destinationTable && decorated(query.destinationTable);
    job.answer = {
      relation: to ? relationOf(to.dataset, to.table) : rows.relation,
      fields,
      rows: rows.count,
    };
  }

  /** DML: one statement, or several between BEGIN TRANSACTION and COMMIT TRANSACTION. The fake runs no other scripts. */
  async #script(
    job: FakeJob,
    connection: DuckDBConnection,
    query: NonNullable<JobConfiguration["query"]>,
    script: readonly string[],
  ): Promise<void> {
    const isTransaction =
      /^BEGIN\s+TRANSACTION$/i.test(script[0]!) && /^COMMIT\s+TRANSACTION$/i.test(script.at(-1)!);
    const work = isTransaction ? script.slice(1, -1) : script;
    if (query.destinationTable)
      throw invalid("Cannot set destination table in jobs with DML statements or scripts");
    const other = work.find((statement) => !isDml(statement));
    if (other !== undefined || (work.length > 1 && !isTransaction))
      throw new ApiError(400, "invalidQuery", `the fake runs no script such as ${other ?? query.query}`);
    const defaultDataset = query.defaultDataset?.datasetId;
    const scanned: Scanned = { processed: 0, billed: 0, tables: [] };
    const context = {
      catalogue: this.#engine.catalogue,
      connection,
      translate: async (sql: string) => this.#engine.translate(sql, defaultDataset),
      defaultDataset,
      scanned,
      dryRun: job.configuration.dryRun ?? false,
    };
    const done: DmlStats[] = [];
    for (const statement of work) {
      const work = `${SCRATCH}${++this.#scratches}`;
      done.push(await runDml({ ...context, work }, statement));
      refuseAbove(query.maximumBytesBilled, scanned.billed);
    }
    job.statistics.totalBytesProcessed = String(scanned.processed);
    const { deletedRowCount, insertedRowCount, updatedRowCount } = done[0]!;
    job.statistics.query = {
      totalBytesProcessed: String(scanned.processed),
      totalBytesBilled: job.configuration.dryRun ? "0" : String(scanned.billed),
      statementType: isTransaction ? "SCRIPT" : verb(work[0]!),
      referencedTables: scanned.tables,
      ...(isTransaction
        ? {}
        : {
            dmlStats: done[0],
            numDmlAffectedRows: String(
              Number(deletedRowCount) + Number(insertedRowCount) + Number(updatedRowCount),
            ),
          }),
    };
  }

  async #keepAnswer(
    connection: DuckDBConnection,
    query: NonNullable<JobConfiguration["query"]>,
    fields: Field[],
    select: string,
  ): Promise<{ relation: string; count: number }> {
    if (!query.destinationTable) {
      const relation = `${RESULTS}.${quote(randomUUID())}`;
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${RESULTS}`);
      await connection.run(`CREATE TABLE ${relation} AS ${select}`);
      return { relation, count: await count(connection, relation) };
    }
    const written = await write(
      this.#engine.catalogue,
      connection,
      {
        destination: query.destinationTable,
        writeDisposition: query.writeDisposition ?? "WRITE_EMPTY",
        createDisposition: query.createDisposition,
        schemaUpdateOptions: query.schemaUpdateOptions,
        timePartitioning: query.timePartitioning,
        clustering: query.clustering,
      },
      { fields, select },
    );
    return { relation: "", count: written };
  }

  async #copy(
    job: FakeJob,
    connection: DuckDBConnection,
    copy: NonNullable<JobConfiguration["copy"]>,
  ): Promise<void> {
    const [reference, ...more] = copy.sourceTables ?? [copy.sourceTable!];
    if (!reference || more.length > 0) throw invalid("the fake copies one table at a time");
    const { dataset, table, day } = decorated(reference);
    const source = this.#engine.catalogue.table(dataset, table);
    const { timePartitioning, clustering } = source.resource;
    const field = (timePartitioning as { field?: string } | undefined)?.field;
    if (day !== undefined && field === undefined) throw invalid(`${dataset}.${table} is not partitioned`);
    const where = day === undefined ? "" : ` WHERE CAST(${quote(field!)} AS DATE) = DATE '${day}'`;
    const rows = await write(
      this.#engine.catalogue,
      connection,
      {
        destination: copy.destinationTable,
        writeDisposition: copy.writeDisposition ?? "WRITE_EMPTY",
        createDisposition: copy.createDisposition,
        timePartitioning,
        clustering,
      },
      { fields: source.fields, select: `SELECT * FROM ${relationOf(dataset, table)}${where}` },
    );
    job.statistics.copy = { copiedRows: String(rows) };
  }
}

function refuseAbove(most: string | undefined, billed: number): void {
  if (most === undefined || billed <= Number(most)) return;
  const message = `Query exceeded limit for bytes billed: ${most}. ${billed} or higher required.`;
  throw new ApiError(400, "bytesBilledLimitExceeded", message);
}

function invalidQuery(error: unknown): ApiError {
  const message = (error as Error).message.split("\n", 1)[0]!;
  if (/^Catalog Error: (Table|Schema) with name/.test(message)) return new ApiError(404, "notFound", message);
  return new ApiError(400, "invalidQuery", message);
}
