import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BigQuery, type Table } from "@google-cloud/bigquery";
import { IdempotencyStrategy, Storage } from "@google-cloud/storage";
import { stampColumns } from "@lifecycle/contracts";
import { duckdbMacros, openDuckdbWarehouse } from "@lifecycle/warehouse";
import avro from "avsc";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BigqueryServer, startBigqueryServer } from "../fakes/bigquery-server.ts";
import { type GcsServer, startGcsServer } from "../fakes/gcs-server.ts";
import { connectTo, toDuckdb } from "../integration/warehouse-support/drivers.ts";
import { loadId, stamps } from "../integration/warehouse-support/files.ts";

/** A container file as an exporter writes it. */
async function avroFile(schema: object, rows: readonly object[], codec = "deflate"): Promise<Buffer> {
  const encoder = new avro.streams.BlockEncoder(schema as never, { codec });
  for (const row of rows) encoder.write(row);
  encoder.end();
  const chunks: Buffer[] = [];
  for await (const chunk of encoder) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const orNull = (type: unknown) => ["null", type];

describe("the fakes of BigQuery and its Cloud Storage, asked by Google's own clients", () => {
  let folder: string;
  let gcs: GcsServer;
  let server: BigqueryServer;
  let bigquery: BigQuery;
  let storage: Storage;
  let table: Table;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "clients-"));
    gcs = await startGcsServer(["bucket"]);
    server = await startBigqueryServer({
      translate: toDuckdb,
      setup: duckdbMacros,
      readObjects: (uri) => gcs.resolve(uri).map((object) => object.data),
    });
    bigquery = new BigQuery({ projectId: server.project, apiEndpoint: server.url, location: "EU" });
    const retryOptions = { idempotencyStrategy: IdempotencyStrategy.RetryAlways };
    storage = new Storage({ projectId: server.project, apiEndpoint: gcs.url, retryOptions });
    const [dataset] = await bigquery.createDataset("ds", { location: "EU" });
    table = dataset.table("t");
  });
  afterEach(async () => {
    await Promise.all([server.close(), gcs.close()]);
    await rm(folder, { recursive: true });
  });

  const fieldsOf = async () => {
    const [{ schema }] = await table.getMetadata();
    return (schema.fields as { name: string; type: string; mode: string }[]).map(
      ({ name, type, mode }) => `${name} ${type} ${mode}`,
    );
  };
  /** Rows as JSON has them: what the client wraps, unwrapped. */
  const rowsOf = async (sql = "SELECT * FROM ds.t") => {
    const [rows] = await bigquery.query({ query: sql, wrapIntegers: true });
    return JSON.parse(
      JSON.stringify(rows, (_, value) => (value?.key === undefined && value?.value) || value),
    ) as unknown[];
  };
  const load = async (data: Buffer, metadata: object) => {
    const file = storage.bucket("bucket").file("data");
    await file.save(data, { resumable: false });
    return table.load(file, metadata);
  };

  describe("Avro", () => {
    const schema = {
      type: "record",
      name: "Thing",
      fields: [
        { name: "id", type: "string" },
        { name: "n", type: orNull("long") },
        { name: "ratio", type: "double" },
        { name: "is_on", type: "boolean" },
        { name: "day", type: { type: "int", logicalType: "date" } },
        { name: "at_ms", type: { type: "long", logicalType: "timestamp-millis" } },
        { name: "at_us", type: orNull({ type: "long", logicalType: "timestamp-micros" }) },
        { name: "time_us", type: { type: "long", logicalType: "time-micros" } },
        { name: "local_us", type: { type: "long", logicalType: "local-timestamp-micros" } },
        { name: "money", type: { type: "bytes", logicalType: "decimal", precision: 20, scale: 4 } },
        { name: "raw", type: "bytes" },
        { name: "kind", type: { type: "enum", name: "Kind", symbols: ["A", "B"] } },
        { name: "tags", type: { type: "array", items: "string" } },
        { name: "counts", type: { type: "map", values: "int" } },
        { name: "inner", type: { type: "record", name: "Inner", fields: [{ name: "x", type: "int" }] } },
        { name: "doc", type: { type: "string", sqlType: "JSON" } },
      ],
    };
    const DAY = Date.UTC(2026, 0, 31) / 86_400_000;
    const row = {
      id: "a",
      n: 9007199254740990,
      ratio: 0.1,
      is_on: true,
      day: DAY,
      at_ms: DAY * 86_400_000 + 1,
      at_us: DAY * 86_400_000_000 + 123_456,
      time_us: 3_661_000_001,
      local_us: DAY * 86_400_000_000 + 500_000,
      money: Buffer.from([0xfe, 0x1d, 0xc0]),
      raw: Buffer.from([0, 255]),
      kind: "B",
      tags: ["x", "y"],
      counts: { one: 1 },
      inner: { x: 7 },
      doc: '{"a":[1]}',
    };
    const rows = [row, { ...row, id: "b", n: null, at_us: null, tags: [], counts: {} }];
    const first = {
      id: "a",
      n: "9007199254740990",
      ratio: 0.1,
      is_on: true,
      day: "2026-01-31",
      at_ms: "2026-01-31T00:00:00.001Z",
      at_us: "2026-01-31T00:00:00.123456000Z",
      time_us: "01:01:01.000001",
      local_us: "2026-01-31T00:00:00.5",
      money: "-12.3456",
      kind: "B",
      tags: ["x", "y"],
      counts: [{ key: "one", value: "1" }],
      inner: { x: "7" },
      doc: '{"a":[1]}',
    };

    it.each(["deflate", "null"])(
      "takes columns and rows from a file (%s) with its logical types",
      async (codec) => {
        await load(await avroFile(schema, rows, codec), { sourceFormat: "AVRO", useAvroLogicalTypes: true });
        expect(await fieldsOf()).toEqual([
          "id STRING REQUIRED",
          "n INTEGER NULLABLE",
          "ratio FLOAT REQUIRED",
          "is_on BOOLEAN REQUIRED",
          "day DATE REQUIRED",
          "at_ms TIMESTAMP REQUIRED",
          "at_us TIMESTAMP NULLABLE",
          "time_us TIME REQUIRED",
          "local_us DATETIME REQUIRED",
          "money NUMERIC REQUIRED",
          "raw BYTES REQUIRED",
          "kind STRING REQUIRED",
          "tags STRING REPEATED",
          "counts RECORD REPEATED",
          "inner RECORD REQUIRED",
          "doc JSON REQUIRED",
        ]);
        const answer = await rowsOf("SELECT * FROM ds.t ORDER BY id");
        expect(answer[0]).toMatchObject(first);
        expect(answer[1]).toMatchObject({ id: "b", n: null, at_us: null, tags: [], counts: [] });
      },
    );

    it("takes the numbers behind logical types where the job does not ask for them", async () => {
      await load(await avroFile(schema, [row]), { sourceFormat: "AVRO" });
      expect(await rowsOf("SELECT day, at_us, time_us FROM ds.t")).toEqual([
        { day: String(DAY), at_us: String(row.at_us), time_us: String(row.time_us) },
      ]);
      expect(await fieldsOf()).toContain("money BYTES REQUIRED");
    });

    it("loads the objects of a bucket, and refuses what is no Avro", async () => {
      const small = { type: "record", name: "S", fields: [{ name: "id", type: "string" }] };
      const put = (name: string, data: Buffer) => gcs.bucket("bucket").put(name, data, "", null);
      put("a.avro", await avroFile(small, [{ id: "a" }]));
      put("b.avro", await avroFile(small, [{ id: "b" }]));
      put("c.avro", Buffer.from("no Avro at all"));
      const job = (uri: string) =>
        bigquery.createJob({
          configuration: {
            load: {
              sourceUris: [uri],
              sourceFormat: "AVRO",
              destinationTable: { projectId: server.project, datasetId: "ds", tableId: "t" },
            },
          },
        });
      const done = async (uri: string) => {
        const [made] = await job(uri);
        return made.promise().then(
          () => "done",
          (error) => error.errors[0].reason as string,
        );
      };
      expect(await done("gs://bucket/*.avro")).toBe("invalid");
      expect(await done("gs://bucket/a.avro")).toBe("done");
      expect(await done("gs://bucket/b.avro")).toBe("done");
      expect(await rowsOf("SELECT id FROM ds.t ORDER BY id")).toEqual([{ id: "a" }, { id: "b" }]);
    });

    it("is what the driver loads as landed", async () => {
      const stampTypes: Readonly<Record<string, unknown>> = {
        DATE: { type: "int", logicalType: "date" },
        TIMESTAMP: { type: "long", logicalType: "timestamp-micros" },
        INT64: "long",
        STRING: "string",
      };
      const fields = stampColumns.map(({ name, type }) => ({ name, type: orNull(stampTypes[type]) }));
      const landed = { type: "record", name: "L", fields: [{ name: "doc", type: "string" }, ...fields] };
      const at = { window_from: DAY, window_until: DAY, _extracted_at: DAY * 86_400_000_000 };
      const uri = join(folder, "part.avro");
      const bytes = await avroFile(landed, [{ doc: '{"a":1}', ...stamps(), ...at }]);
      await writeFile(uri, bytes);
      const warehouse = await connectTo(server);
      const file = {
        uri,
        format: "avro",
        codec: "none",
        rows: 1,
        sizeBytes: bytes.length,
        target: "raw_x",
      } as const;
      const columns = [{ name: "doc", type: "JSON" as const }, ...stampColumns];
      await warehouse.bootstrap();
      expect(
        await warehouse.load({ loadId, table: "raw_x", columns, files: [file], disposition: "append" }),
      ).toEqual({ rows: 1, rejected: 0 });
      const answer = await warehouse.query("SELECT doc, window_from, _load_id FROM lifecycle_raw.raw_x");
      expect(answer.rows).toEqual([['{"a":1}', "2026-01-31", loadId]]);
      await warehouse.close();
    });
  });

  it("takes columns from a Parquet file, and new ones only where the job may add them", async () => {
    const parquet = async (select: string) => {
      const path = join(folder, "x.parquet");
      const duckdb = await openDuckdbWarehouse({ path: join(folder, "x.duckdb") });
      const built = await duckdb.materialise({ table: "x", sql: select, jobId: select });
      await duckdb.builds.audit("x", built.version, "its tests");
      await duckdb.publish("x", select);
      await duckdb.exportParquet("x", path);
      await duckdb.close();
      return readFile(path);
    };
    await load(await parquet("SELECT 1 AS a, DATE '2026-01-31' AS day"), { sourceFormat: "PARQUET" });
    const more = await parquet("SELECT 2 AS a, DATE '2026-02-01' AS day, 'x' AS b");
    await expect(load(more, { sourceFormat: "PARQUET" })).rejects.toMatchObject({
      errors: [{ reason: "invalid" }],
    });
    await load(more, { sourceFormat: "PARQUET", schemaUpdateOptions: ["ALLOW_FIELD_ADDITION"] });
    expect(await fieldsOf()).toEqual(["a INTEGER NULLABLE", "day DATE NULLABLE", "b STRING NULLABLE"]);
    expect(await rowsOf("SELECT * FROM ds.t ORDER BY a")).toEqual([
      { a: "1", day: "2026-01-31", b: null },
      { a: "2", day: "2026-02-01", b: "x" },
    ]);
  });

  it("gives an answer in pages, by rows asked for and by what one page may hold", async () => {
    const [job] = await bigquery.createQueryJob("SELECT range AS n FROM range(25) ORDER BY n");
    const tokens: (string | undefined)[] = [];
    const seen: unknown[] = [];
    for (let pageToken: string | undefined; tokens.at(-1) !== undefined || tokens.length === 0; ) {
      const [rows, next] = await job.getQueryResults({
        maxResults: 10,
        autoPaginate: false,
        ...(pageToken ? { pageToken } : {}),
      });
      pageToken = (next as { pageToken?: string } | null)?.pageToken;
      tokens.push(pageToken);
      seen.push(...rows.map(({ n }) => n));
    }
    expect(tokens).toEqual(["10", "20", undefined]);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => n));
    const long = "SELECT repeat('x', 6000000) AS s FROM range(3)";
    const pages = server.requests.length;
    expect((await bigquery.query(long))[0].map(({ s }) => s.length)).toEqual([6e6, 6e6, 6e6]);
    expect(server.requests.length - pages).toBeGreaterThanOrEqual(3);
  });

  describe("an upload in pieces", () => {
    const PIECE = 256 * 1_024;
    const lines = Array.from({ length: 60_000 }, (_, n) => `{"n":${n}}\n`).join("");
    const puts = ({ requests }: BigqueryServer | GcsServer) =>
      requests.filter(({ method }) => method === "PUT").length;
    const broken = {
      method: "PUT",
      after: 1,
      times: 1,
      does: "answer",
      error: { status: 503, reason: "backendError" },
    } as const;
    /** Google's uploader, over a session of whichever service. */
    const upload = (name: string, options: object) =>
      pipeline(
        Readable.from(Buffer.from(lines)),
        storage
          .bucket("bucket")
          .file(name)
          .createWriteStream({
            resumable: true,
            chunkSize: PIECE,
            validation: false,
            ...options,
          }),
      );

    it("goes on in a bucket where it was broken", async () => {
      gcs.fail(broken);
      await upload("x.ndjson", {});
      expect(gcs.bucket("bucket").get("x.ndjson").data.toString()).toBe(lines);
      // Three pieces, one of them twice, and the question how much has come.
      expect(puts(gcs)).toBe(5);
    });

    it("goes on as a load job where it was broken", async () => {
      const started = await fetch(
        `${server.url}/upload/bigquery/v2/projects/${server.project}/jobs?uploadType=resumable`,
        {
          method: "POST",
          body: JSON.stringify({
            jobReference: { jobId: "resumed", location: "EU" },
            configuration: {
              load: {
                sourceFormat: "NEWLINE_DELIMITED_JSON",
                destinationTable: { datasetId: "ds", tableId: "t" },
                schema: { fields: [{ name: "n", type: "INT64" }] },
              },
            },
          }),
        },
      );
      server.fail(broken);
      await upload("ignored", { uri: started.headers.get("location") });
      await bigquery.job("resumed", { location: "EU" }).promise();
      expect(await rowsOf("SELECT COUNT(*) AS rows_, SUM(n) AS sum_ FROM ds.t")).toEqual([
        { rows_: "60000", sum_: "1799970000" },
      ]);
      // A session that the uploader did not begin itself it asks first how much has come.
      expect(puts(server)).toBe(6);
    });
  });
});
