import { gzipSync } from "node:zlib";
import { type LandedFile, stampColumns } from "@lifecycle/contracts";
import { duckdbMacros, openBigqueryWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BigqueryServer, startBigqueryServer } from "../fakes/bigquery-server.ts";
import { type GcsServer, startGcsServer } from "../fakes/gcs-server.ts";
import { connectTo, startFake, toDuckdb } from "./warehouse-support/drivers.ts";
import { loadId, stamps } from "./warehouse-support/files.ts";

/** What of an answer these tests look at. */
interface Answer {
  error: { errors: { reason: string }[] };
  status: { state: string; errorResult?: { reason: string } };
  statistics: { totalBytesProcessed: string };
  timePartitioning: { field: string };
  type: string;
}

/** What the fakes promise beyond what the driver's own tests ask of them: asked over HTTP, as another client would. */
describe("the fake of BigQuery, with its Cloud Storage", () => {
  let gcs: GcsServer;
  let server: BigqueryServer;
  let warehouse: Warehouse;
  let jobs = 0;

  beforeEach(async () => {
    gcs = await startGcsServer(["bucket"]);
    server = await startBigqueryServer({
      translate: toDuckdb,
      setup: duckdbMacros,
      readObjects: (uri) => gcs.resolve(uri).map((object) => object.data),
    });
    warehouse = await open();
    await warehouse.bootstrap();
  });
  afterEach(() => Promise.all([server.close(), gcs.close()]));

  const open = (maximumBytesBilled?: number) =>
    openBigqueryWarehouse({
      projectId: server.project,
      location: "EU",
      apiEndpoint: server.url,
      retryDelayMs: 2,
      pollDelayMs: 2,
      ...(maximumBytesBilled === undefined ? {} : { maximumBytesBilled }),
    });
  it("stops a job that is cancelled between two statements of its own", async () => {
    const cancelling: BigqueryServer = await startBigqueryServer({
      translate: () => {
        for (const job of cancelling.jobs.values()) job.cancel();
        return "SELECT count(*) AS n FROM range(1000000000000)";
      },
    });
    const body = {
      jobReference: { jobId: "long", location: "EU" },
      configuration: { query: { query: "SELECT 1", useLegacySql: false } },
    };
    await fetch(`${cancelling.url}/bigquery/v2/projects/${cancelling.project}/jobs`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    const job = cancelling.jobs.get("long")!;
    await job.done;
    expect(job.error?.reason).toBe("stopped");
    await cancelling.close();
  });

  const api = `/bigquery/v2/projects/test-project`;
  const call = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await fetch(`${server.url}${path}`, {
      method,
      ...(headers ? { headers } : {}),
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer };
  };
  /** Runs a job to its end; its error's reason, or undefined. */
  const run = async (configuration: object): Promise<string | undefined> => {
    const jobReference = { jobId: `job-${++jobs}`, location: "EU" };
    const { status, body } = await call("POST", `${api}/jobs`, { jobReference, configuration });
    if (status !== 200) return body.error.errors[0]!.reason;
    for (;;) {
      const job = (await call("GET", `${api}/jobs/${jobReference.jobId}?location=EU`)).body;
      if (job.status.state === "DONE") return job.status.errorResult?.reason;
    }
  };
  const table = (tableId: string) => ({ projectId: server.project, datasetId: "lifecycle_raw", tableId });
  const rowsOf = async (name: string) =>
    (await warehouse.query(`SELECT * FROM lifecycle_raw.${name} ORDER BY ALL`)).rows;
  const days = (sql: string, tableId: string, more: object = {}) =>
    run({
      query: {
        query: sql,
        useLegacySql: false,
        destinationTable: table(tableId),
        writeDisposition: "WRITE_TRUNCATE",
        timePartitioning: { type: "DAY", field: "day" },
        ...more,
      },
    });

  it("loads the objects of a bucket that its URIs and wildcards mean", async () => {
    const line = (id: string) => gzipSync(`${JSON.stringify({ id, ...stamps() })}\n`);
    gcs.bucket("bucket").put("x/part-1.ndjson.gz", line("a"), "application/gzip", null);
    gcs.bucket("bucket").put("x/part-2.ndjson.gz", line("b"), "application/gzip", null);
    const columns = [{ name: "id", type: "STRING" as const }, ...stampColumns];
    const file = (name: string): LandedFile => ({
      uri: `gs://bucket/${name}`,
      format: "ndjson",
      codec: "gzip",
      rows: 1,
      sizeBytes: 1,
      target: "raw_x",
    });
    const files = [file("x/part-1.ndjson.gz"), file("x/part-2.ndjson.gz")];
    const request = { loadId, table: "raw_x", columns, disposition: "append" } as const;
    expect(await warehouse.load({ ...request, files })).toEqual({ rows: 2, rejected: 0 });
    expect(await warehouse.load({ ...request, files })).toEqual({ rows: 2, rejected: 0 });
    expect((await warehouse.query("SELECT id FROM lifecycle_raw.raw_x ORDER BY id")).rows).toEqual([
      ["a"],
      ["b"],
    ]);
    await warehouse.load({ ...request, loadId: "wild", files: [file("x/*.gz")] });
    expect((await rowsOf("raw_x")).length).toBe(4);
    await expect(
      warehouse.load({ ...request, loadId: "missing", files: [file("x/none.gz")] }),
    ).rejects.toMatchObject({ code: "warehouse.table_missing" });
  });

  it("loads more objects than one job may name, each once", async () => {
    const line = (id: number) => Buffer.from(`${JSON.stringify({ id: String(id), ...stamps() })}\n`);
    const file = (name: string): LandedFile => ({
      uri: `gs://bucket/${name}`,
      format: "ndjson",
      codec: "none",
      rows: 1,
      sizeBytes: 1,
      target: "raw_x",
    });
    gcs.bucket("bucket").put("one", line(1), "", null);
    gcs.bucket("bucket").put("two", line(2), "", null);
    gcs.bucket("bucket").put("empty", Buffer.alloc(0), "", null);
    const files = [file("one"), ...Array.from({ length: 10_000 }, () => file("empty")), file("two")];
    const columns = [{ name: "id", type: "STRING" as const }, ...stampColumns];
    const request = { loadId, table: "raw_x", columns, files, disposition: "append" } as const;
    expect(await warehouse.load(request)).toEqual({ rows: 2, rejected: 0 });
    expect(await warehouse.load(request)).toEqual({ rows: 2, rejected: 0 });
    expect((await rowsOf("raw_x")).length).toBe(2);
    expect([...server.jobs.keys()].filter((id) => /__n2$/.test(id)).length).toBe(1);
  });

  it("loads CSV as BigQuery reads it", async () => {
    const boundary = "b";
    const job = {
      jobReference: { jobId: "csv", location: "EU" },
      configuration: {
        load: {
          destinationTable: table("c"),
          sourceFormat: "CSV",
          skipLeadingRows: 1,
          schema: {
            fields: [
              { name: "a", type: "INT64" },
              { name: "b", type: "STRING" },
            ],
          },
        },
      },
    };
    const body = `--${boundary}\r\n\r\n${JSON.stringify(job)}\r\n--${boundary}\r\n\r\na,b\n1,"x, ""y"""\n2,\n\r\n--${boundary}--`;
    const { status } = await call("POST", `/upload${api}/jobs?uploadType=multipart`, body, {
      "content-type": `multipart/related; boundary=${boundary}`,
    });
    expect(status).toBe(200);
    expect(await rowsOf("c")).toEqual([
      [1, 'x, "y"'],
      [2, null],
    ]);
  });

  it("replaces one day through a partition decorator, and refuses a row of another", async () => {
    const day = (n: number, v: number) => `SELECT DATE '2026-01-0${n}' AS day, ${v} AS v`;
    expect(await days(`${day(1, 1)} UNION ALL ${day(2, 2)}`, "p")).toBeUndefined();
    expect(await days(day(2, 20), "p$20260102")).toBeUndefined();
    expect(await rowsOf("p")).toEqual([
      ["2026-01-01", 1],
      ["2026-01-02", 20],
    ]);
    expect(await days(day(3, 30), "p$20260102")).toBe("invalid");
    expect(await days(day(2, 21), "p$20260102", { writeDisposition: "WRITE_APPEND" })).toBeUndefined();
    expect((await rowsOf("p")).length).toBe(3);
    const copy = (from: string, to: string) =>
      run({
        copy: { sourceTable: table(from), destinationTable: table(to), writeDisposition: "WRITE_TRUNCATE" },
      });
    expect(await copy("p$20260102", "q")).toBeUndefined();
    expect(await rowsOf("q")).toEqual([
      ["2026-01-02", 20],
      ["2026-01-02", 21],
    ]);
    expect(await copy("q", "p$20260101")).toBe("invalid");
  });

  it("keeps a table's partitioning, so the driver makes the table anew when a model's changes", async () => {
    expect(await days("SELECT DATE '2026-01-01' AS day, DATE '2026-01-02' AS other", "p")).toBeUndefined();
    const other = { timePartitioning: { type: "DAY", field: "other" } };
    expect(await days("SELECT DATE '2026-01-01' AS day, DATE '2026-01-02' AS other", "p", other)).toBe(
      "invalid",
    );
    const build = async (partitionBy: string, jobId: string) => {
      const sql = "SELECT DATE '2026-01-01' AS day, DATE '2026-01-02' AS other";
      const { version } = await warehouse.materialise({ table: "agg_x", sql, partitionBy, jobId });
      await warehouse.builds.audit("agg_x", version, "its tests");
    };
    await build("day", "one");
    await warehouse.publish("agg_x", "one");
    await build("other", "two");
    await warehouse.publish("agg_x", "two");
    const { body } = await call("GET", `${api}/datasets/lifecycle/tables/agg_x`);
    expect(body.timePartitioning.field).toBe("other");
  });

  const dryRun = async (query: string) =>
    Number(
      (
        await call("POST", `${api}/jobs`, {
          configuration: { dryRun: true, query: { query, useLegacySql: false } },
        })
      ).body.statistics.totalBytesProcessed,
    );

  it("tells what a query would scan without running it, and stops what would bill too much", async () => {
    await warehouse.materialise({
      table: "t",
      sql: "SELECT range AS n, CAST(range AS STRING) AS s FROM range(1000000)",
      jobId: "t",
    });
    expect(await dryRun("SELECT n FROM lifecycle_build.t")).toBe(8_000_000);
    expect(await dryRun("SELECT * FROM lifecycle_build.t")).toBe(8_000_000 + 2_000_000 + 5_888_890);
    expect(await dryRun("SELECT 1")).toBe(0);
    const query = "SELECT COUNT(DISTINCT n), MAX(s) FROM lifecycle_build.t";
    await expect((await open(15_000_000)).query(query)).rejects.toMatchObject({
      code: "warehouse.cost_capped",
    });
    expect((await (await open(20_000_000)).query(query)).rows).toEqual([[1_000_000, "999999"]]);
  });

  it("reads only the days that constants in a query leave", async () => {
    const day = (n: number) => `SELECT DATE '2026-01-0${n}' AS day, ${n} AS n`;
    await days([1, 2, 3, 4].map(day).join(" UNION ALL "), "p");
    const bytes = (where: string) => dryRun(`SELECT SUM(n) AS n FROM lifecycle_raw.p AS p WHERE ${where}`);
    const oneDay = 16;
    expect(await bytes("day = DATE '2026-01-02'")).toBe(oneDay);
    expect(await bytes("day IN (DATE '2026-01-02', DATE '2026-01-04')")).toBe(2 * oneDay);
    expect(await bytes("day BETWEEN DATE '2026-01-02' AND DATE '2026-01-04' AND n > 0")).toBe(3 * oneDay);
    expect(await bytes("day < DATE '2026-01-02' OR n = 4")).toBe(4 * oneDay);
    expect(await bytes("day IN (SELECT MAX(q.day) FROM lifecycle_raw.p AS q)")).toBe(4 * oneDay);
    expect(await dryRun("DELETE FROM lifecycle_raw.p WHERE day = DATE '2026-01-03'")).toBe(8);
    await days(
      [1, 2, 3]
        .map((n) => `SELECT TIMESTAMP '2026-01-0${n} 12:00:00+00' AS day, ${n} AS n`)
        .join(" UNION ALL "),
      "at",
    );
    const of = (where: string) => dryRun(`SELECT SUM(n) AS n FROM lifecycle_raw.\`at\` WHERE ${where}`);
    expect(await of("day >= TIMESTAMP '2026-01-02 18:00:00+00'")).toBe(2 * oneDay);
    expect(await of("CAST(day AS DATE) = DATE '2026-01-01'")).toBe(oneDay);
  });

  it("adds columns only where a job may, writes only where it is empty", async () => {
    const append = (query: string, more: object = {}) =>
      run({
        query: {
          query,
          useLegacySql: false,
          destinationTable: table("g"),
          writeDisposition: "WRITE_APPEND",
          ...more,
        },
      });
    expect(await append("SELECT 1 AS a")).toBeUndefined();
    expect(await append("SELECT 2 AS a, 'x' AS b")).toBe("invalid");
    expect(
      await append("SELECT 2 AS a, 'x' AS b", { schemaUpdateOptions: ["ALLOW_FIELD_ADDITION"] }),
    ).toBeUndefined();
    expect(await rowsOf("g")).toEqual([
      [1, null],
      [2, "x"],
    ]);
    expect(await append("SELECT 1 AS a", { writeDisposition: "WRITE_EMPTY" })).toBe("duplicate");
    expect(
      await append("SELECT 1 AS a", { destinationTable: table("none"), createDisposition: "CREATE_NEVER" }),
    ).toBe("notFound");
  });

  it("takes no column whose name BigQuery keeps for itself", async () => {
    const load = (name: string) =>
      warehouse.bootstrap([{ table: `raw_${name.toLowerCase()}`, columns: [{ name, type: "STRING" }] }]);
    await expect(load("_file_sha256")).rejects.toMatchObject({ code: "warehouse.request_refused" });
    await expect(load("_Partition_day")).rejects.toMatchObject({ code: "warehouse.request_refused" });
    expect(await days("SELECT DATE '2026-01-01' AS day, 1 AS _TABLE_x", "t")).toBe("invalid");
    await load("_source_sha256");
  });

  it("has views, and answers 409 to what exists and 404 to what does not", async () => {
    await warehouse.materialise({ table: "t", sql: "SELECT 1 AS n", jobId: "t" });
    const view = { tableReference: table("v"), view: { query: "SELECT n + 1 AS m FROM lifecycle_build.t" } };
    expect((await call("POST", `${api}/datasets/lifecycle_raw/tables`, view)).body.type).toBe("VIEW");
    expect(await rowsOf("v")).toEqual([[2]]);
    expect((await call("POST", `${api}/datasets/lifecycle_raw/tables`, view)).status).toBe(409);
    expect((await call("GET", `${api}/datasets/lifecycle_raw/tables/none`)).status).toBe(404);
    expect(await run({ query: { query: "SELECT * FROM nowhere.t", useLegacySql: false } })).toBe("notFound");
  });
});

describe("the fake's resumable upload", () => {
  it("takes a load in pieces", async () => {
    const server = await startFake();
    const warehouse = await connectTo(server);
    await warehouse.bootstrap();
    const base = `${server.url}/upload/bigquery/v2/projects/${server.project}/jobs`;
    const job = {
      jobReference: { jobId: "resumed", location: "EU" },
      configuration: {
        load: {
          sourceFormat: "NEWLINE_DELIMITED_JSON",
          destinationTable: { datasetId: "lifecycle_raw", tableId: "t" },
          schema: { fields: [{ name: "a", type: "INT64" }] },
        },
      },
    };
    const started = await fetch(`${base}?uploadType=resumable`, {
      method: "POST",
      body: JSON.stringify(job),
    });
    const session = started.headers.get("location")!;
    const put = (range: string, body: string) =>
      fetch(session, { method: "PUT", headers: { "content-range": range }, body });
    expect((await put("bytes 0-5/*", '{"a":1')).status).toBe(308);
    expect((await put("bytes 6-7/8", "}\n")).status).toBe(200);
    const rows = async () => (await warehouse.query("SELECT a FROM lifecycle_raw.t")).rows;
    expect(await rows()).toEqual([[1]]);
    await server.close();
  });
});
