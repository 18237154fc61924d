import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BigQuery } from "@google-cloud/bigquery";
import { Storage } from "@google-cloud/storage";
import { bucketLanding, bucketStore, openBucket } from "@lifecycle/landing";
import { duckdbMacros, openBigqueryWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBigqueryServer } from "../fakes/bigquery-server.ts";
import { type GcsServer, startGcsServer } from "../fakes/gcs-server.ts";
import { productTranslation } from "../fakes/translation.ts";
import {
  csvFile,
  csvRequest,
  everyType,
  land,
  loadId,
  request,
  stamps,
  things,
} from "./warehouse-support/files.ts";

/** Datasets of their own, gone afterwards: nothing that a project holds already is touched. */
const dataset = `lifecycle_test_${randomUUID().slice(0, 8)}`;

interface Place {
  warehouse: Warehouse;
  /** Where parts may be landed; undefined without a bucket. */
  room: ReturnType<typeof openBucket> | undefined;
  dispose(): Promise<void>;
}

interface Target {
  name: string;
  /** Why it cannot be tried, in a word. */
  missing?: string;
  open(): Promise<Place>;
}

const {
  BIGQUERY_TEST_PROJECT: projectId,
  BIGQUERY_TEST_LOCATION: location = "US",
  BIGQUERY_TEST_BUCKET: bucket,
  // Where somebody else answers for Google, to try this suite itself.
  BIGQUERY_TEST_ENDPOINT: bigqueryEndpoint,
  BIGQUERY_TEST_BUCKET_ENDPOINT: bucketEndpoint,
} = process.env;

const at = (apiEndpoint: string | undefined) => (apiEndpoint ? { apiEndpoint } : {});

/** Takes away what the suite made: its three datasets with all that is in them, and what lies below its prefix in the bucket. */
async function cleanUp(project: string, datasets: readonly string[]): Promise<void> {
  const bigquery = new BigQuery({ projectId: project, ...at(bigqueryEndpoint) });
  for (const name of datasets) {
    await bigquery
      .dataset(name)
      .delete({ force: true })
      .catch((error) => {
        if (error.code !== 404) throw error; // none was made
      });
  }
  if (!bucket) return;
  const storage = new Storage({ projectId: project, ...at(bucketEndpoint) });
  await storage.bucket(bucket).deleteFiles({ prefix: `${dataset}/`, force: true });
}

const targets: readonly Target[] = [
  {
    name: "the fakes",
    async open() {
      process.env.METADATA_SERVER_DETECTION = "none";
      const gcs: GcsServer = await startGcsServer(["bucket"]);
      const server = await startBigqueryServer({
        translate: await productTranslation(),
        setup: duckdbMacros,
        readObjects: (uri) => gcs.resolve(uri).map((object) => object.data),
      });
      const warehouse = await openBigqueryWarehouse({
        projectId: server.project,
        location: "EU",
        dataset,
        apiEndpoint: server.url,
        pollDelayMs: 2,
      });
      const room = openBucket({
        uri: `gs://bucket/${dataset}`,
        apiEndpoint: gcs.url,
        projectId: server.project,
      });
      return {
        warehouse,
        room,
        dispose: async () => {
          await Promise.all([server.close(), gcs.close()]);
          Reflect.deleteProperty(process.env, "METADATA_SERVER_DETECTION"); // the next place may need Google's own answer
        },
      };
    },
  },
  {
    name: "Google's BigQuery",
    ...(projectId
      ? {}
      : {
          missing: "set BIGQUERY_TEST_PROJECT and Google credentials, and BIGQUERY_TEST_BUCKET for landing",
        }),
    async open() {
      const project = projectId!;
      const warehouse = await openBigqueryWarehouse({
        projectId: project,
        location,
        dataset,
        ...at(bigqueryEndpoint),
      });
      const room = bucket
        ? openBucket({ uri: `gs://${bucket}/${dataset}`, projectId: project, ...at(bucketEndpoint) })
        : undefined;
      return { warehouse, room, dispose: () => cleanUp(project, Object.values(warehouse.datasets)) };
    },
  },
];

describe.each(targets.filter(({ missing }) => missing === undefined))(
  "BigQuery as the product uses it: $name",
  ({ open }) => {
    let folder: string;
    let place: Place;
    let warehouse: Warehouse;
    const raw = `\`${dataset}_raw\``;
    const rows = async (sql: string) => (await warehouse.query(sql)).rows;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "bigquery-"));
      place = await open();
      warehouse = place.warehouse;
      await warehouse.bootstrap([{ table: "raw_thing", columns: everyType }]);
    }, 300_000);
    afterAll(async () => {
      await place?.dispose();
      await rm(folder, { recursive: true, force: true });
    }, 300_000);

    it("makes datasets and tables once", async () => {
      await warehouse.bootstrap([{ table: "raw_thing", columns: everyType }]);
      expect(await rows(`SELECT COUNT(*) FROM ${raw}.raw_thing`)).toEqual([[0]]);
    }, 300_000);

    it("loads uploaded parts once, every type exactly", async () => {
      const exact = {
        id: "exact",
        n: "9007199254740993",
        ratio: 0.1,
        revenue: "12345678901234567890.123456789",
        is_on: true,
        day: "2026-02-28",
        local_at: "2026-02-28T12:34:56.789",
        at: "2026-02-28T12:34:56.789Z",
        tags: ["a", { b: null }],
        raw: "AAEC",
        ...stamps(),
      };
      const files = [await land(folder, things(3)), await land(folder, [exact])];
      expect(await warehouse.load(request(files))).toEqual({ rows: 4, rejected: 0 });
      expect(await warehouse.load(request(files))).toEqual({ rows: 4, rejected: 0 });
      expect(await rows(`SELECT COUNT(*) FROM ${raw}.raw_thing`)).toEqual([[4]]);
      expect(
        await rows(
          `SELECT n, ratio, revenue, is_on, day, local_at, \`at\`, JSON_VALUE(tags, '$[0]') AS tag FROM ${raw}.raw_thing WHERE id = 'exact'`,
        ),
      ).toEqual([
        [
          "9007199254740993",
          0.1,
          "12345678901234567890.123456789",
          true,
          "2026-02-28",
          "2026-02-28T12:34:56.789",
          "2026-02-28T12:34:56.789Z",
          "a",
        ],
      ]);
    }, 300_000);

    it("loads parts of a bucket, when there is one", async ({ skip }) => {
      if (!place.room) return skip("no BIGQUERY_TEST_BUCKET");
      const landing = bucketLanding(place.room);
      const own = `${loadId}__bucket`;
      const part = await landing.writePart("main/x/part-1", things(5, own), "raw_thing");
      const file = { ...part, uri: landing.locate(part.uri) };
      expect(await warehouse.load(request([file], { loadId: own }))).toEqual({ rows: 5, rejected: 0 });
      expect(await rows(`SELECT COUNT(*) FROM ${raw}.raw_thing WHERE _load_id = '${own}'`)).toEqual([[5]]);
      const store = bucketStore(place.room);
      expect([
        await store.putOnce("ledger/x.json", "first"),
        await store.putOnce("ledger/x.json", "second"),
      ]).toEqual([true, false]);
      expect(await store.names("ledger")).toEqual(["x.json"]);
      await store.remove("ledger/x.json");
      await store.remove("landing/main/x/part-1.ndjson.gz");
    }, 300_000);

    it("reads a person's CSV file, and sets aside what it cannot", async () => {
      const file = await csvFile(folder, 'a,b\n1,"x, y"\n2\n3,\n');
      expect(await warehouse.load(csvRequest(file, ["a", "b"]))).toEqual({ rows: 2, rejected: 1 });
      expect(await rows(`SELECT a, b, _row_number FROM ${raw}.raw_people ORDER BY _row_number`)).toEqual([
        ["1", "x, y", 1],
        ["3", null, 2],
      ]);
      expect(await rows(`SELECT line_number FROM ${raw}.raw_rejected_row`)).toEqual([[3]]);
    }, 300_000);

    it("builds aside, publishes by a copy, replaces, and exports", async () => {
      const columns = [
        { name: "day", type: "DATE" },
        { name: "n", type: "INT64" },
        { name: "share", type: "NUMERIC" },
      ] as const;
      const build = async (sql: string, jobId: string) => {
        const built = { table: "agg_thing", sql, columns, partitionBy: "day", clusterBy: ["n"], jobId };
        const made = await warehouse.materialise(built);
        const again = await warehouse.materialise(built);
        expect(again.rows).toBe(made.rows);
        await warehouse.builds.audit("agg_thing", again.version, "its tests");
        return made.rows;
      };
      const day = (n: number) => `SELECT DATE '2026-01-0${n}' AS day, ${n} AS n, 0.5 AS share`;
      expect(await build(day(1), "one")).toBe(1);
      await warehouse.publish("agg_thing", "one");
      expect(await build(`${day(2)} UNION ALL ${day(3)}`, "two")).toBe(2);
      expect(await rows("SELECT n FROM agg_thing")).toEqual([[1]]);
      await warehouse.publish("agg_thing", "two");
      await warehouse.publish("agg_thing", "two");
      expect(await rows("SELECT day, n, share FROM agg_thing ORDER BY n")).toEqual([
        ["2026-01-02", 2, "0.5"],
        ["2026-01-03", 3, "0.5"],
      ]);
      const path = join(folder, "agg_thing.parquet");
      await warehouse.exportParquet("agg_thing", path);
      expect((await readFile(path)).subarray(0, 4).toString()).toBe("PAR1");
    }, 300_000);

    it("classifies what BigQuery refuses", async () => {
      await expect(warehouse.query("SELECT nonsense FROM nowhere")).rejects.toMatchObject({
        name: "FatalError",
      });
      await expect(warehouse.publish("never_built", "x")).rejects.toMatchObject({
        code: "warehouse.table_missing",
      });
    }, 300_000);
  },
);

for (const { name, missing } of targets) {
  if (missing) it.skip(`BigQuery as the product uses it: ${name} (${missing})`, () => undefined);
}
