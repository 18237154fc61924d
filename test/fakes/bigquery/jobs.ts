import { setTimeout as delay } from "node:timers/promises";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { ApiError, invalid, notFound } from "../rest/api-error.ts";
import { SCRATCH } from "./bytes.ts";
import type { Catalogue } from "./catalogue.ts";
import type { JobConfiguration, LoadConfiguration } from "./configuration.ts";
import { runCopy } from "./copy-job.ts";
import type { FakeJob, JobFate, Translate } from "./job.ts";
import { runLoad } from "./load-job.ts";
import { runQuery } from "./query-job.ts";
import { Running } from "./running.ts";
import { quote } from "./types.ts";

export interface JobEngine {
  instance: DuckDBInstance;
  catalogue: Catalogue;
  translate: Translate;
  readObjects: (uri: string) => readonly Buffer[];
  /** How long each job runs besides its work. */
  jobDelayMs: number;
}

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
    // Without a location the two multi-regions are looked through.
    const isThere = location === null ? /^(US|EU)$/i : new RegExp(`^${location}$`, "i");
    if (!job || !isThere.test(job.location)) throw notFound(`Job ${id}`);
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
      cancel(why = "User requested cancellation") {
        this.error ??= new ApiError(499, "stopped", `Job execution was cancelled: ${why}`);
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
      await withinTime(job, done);
    } catch (error) {
      job.error ??= error instanceof ApiError ? error : invalidQuery(error, job.configuration.query?.query);
    } finally {
      leave();
      job.state = "DONE";
    }
  }

  async #run(job: FakeJob, connection: DuckDBConnection, data: Buffer | undefined): Promise<void> {
    await connection.run("SET TimeZone='UTC'");
    await connection.run("BEGIN");
    // Again and again: an interrupt between two statements stops neither.
    const stopping = setInterval(() => job.error && connection.interrupt(), 20);
    try {
      const { load, query, copy } = job.configuration;
      const { catalogue, translate } = this.#engine;
      const scratch = () => `${SCRATCH}${++this.#scratches}`;
      const work = { job, connection, catalogue, translate, scratch };
      const named = [load?.destinationTable, query?.destinationTable, query?.defaultDataset];
      const copied = [copy?.destinationTable, copy?.sourceTable, ...(copy?.sourceTables ?? [])];
      catalogue.refuseElsewhere(
        job.location,
        [...named, ...copied].map((reference) => reference?.datasetId),
      );
      if (load) job.statistics.load = await runLoad(catalogue, connection, load, this.#bytesOf(load, data));
      else if (query) await runQuery(work, query);
      else if (copy) await runCopy(work, copy);
      else throw invalid("Job configuration must contain exactly one job-specific configuration object");
      await connection.run("COMMIT");
    } catch (error) {
      clearInterval(stopping);
      await connection.run("ROLLBACK").catch(() => undefined);
      throw error;
    } finally {
      clearInterval(stopping);
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
}

/** Stops a job that takes longer than it may. */
async function withinTime(job: FakeJob, work: Promise<void>): Promise<void> {
  const most = Number(job.configuration.jobTimeoutMs ?? 0);
  if (most <= 0) return work;
  const late = setTimeout(() => job.cancel(`Job timed out after ${Math.ceil(most / 1_000)} sec`), most);
  await work.finally(() => clearTimeout(late));
}

function invalidQuery(error: unknown, sql = ""): ApiError {
  const message = (error as Error).message.split("\n", 1)[0]!;
  const column =
    /^Binder Error: (?:Referenced column|Column|Alias with name) "(\w+)" (?:not found|referenced that|exists, but)/.exec(
      message,
    )?.[1];
  if (column !== undefined)
    return new ApiError(400, "invalidQuery", `Unrecognized name: ${column} at [${placeOf(column, sql)}]`);
  if (/^Catalog Error: (Table|Schema) with name/.test(message)) return new ApiError(404, "notFound", message);
  return new ApiError(400, "invalidQuery", message);
}

/** Line and column, from 1, of a name's first place in a text. */
function placeOf(name: string, sql: string): string {
  const lines = sql.slice(0, Math.max(0, sql.search(new RegExp(`\\b${name}\\b`)))).split("\n");
  return `${lines.length}:${lines.at(-1)!.length + 1}`;
}
