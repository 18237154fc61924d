import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode, RetryableError } from "@lifecycle/contracts";
import { Budget, withinBudget } from "@lifecycle/transform";
import { type BuildMode, checkBigquery, type Warehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BigqueryServer } from "../fakes/bigquery-server.ts";
import { connectTo, startFake } from "./warehouse-support/drivers.ts";
import { csvFile, csvRequest, everyType, land, loadId, request, things } from "./warehouse-support/files.ts";

describe("the BigQuery driver when things go wrong", () => {
  let folder: string;
  let server: BigqueryServer;
  let warehouse: Warehouse;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bigquery-"));
    server = await startFake();
    warehouse = await connectTo(server);
    await warehouse.bootstrap([{ table: "raw_thing", columns: everyType }]);
  });

  afterEach(async () => {
    await warehouse.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const load = async (rows = 3) => warehouse.load(request([await land(folder, things(rows))]));
  const loaded = async () =>
    (await warehouse.query("SELECT count(*) FROM lifecycle_raw.raw_thing")).rows[0]![0];
  const loadJobs = () => [...server.jobs.values()].filter((job) => job.configuration.load);
  const submissions = () => server.requests.filter(({ path }) => path === "/upload/jobs").length;
  const codeOf = (work: Promise<unknown>) => work.then(() => "done", errorCode);

  const dropRaw = () =>
    fetch(`${server.url}/bigquery/v2/projects/${server.project}/datasets/lifecycle_raw/tables/raw_thing`, {
      method: "DELETE",
    });

  it("names a load job by load, table and which table it is", async () => {
    await load();
    expect(loadJobs().map((job) => job.id)).toEqual([
      expect.stringMatching(new RegExp(`^${loadId}__raw_thing__t\\w+$`)),
    ]);
    expect(loadJobs()[0]!.location).toBe("EU");
    expect(loadJobs()[0]!.configuration.labels).toEqual({
      app: "lifecycle",
      kind: "load",
      table: "raw_thing",
      content: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
  });

  it("puts labels on builds, copies and queries too", async () => {
    const { version } = await warehouse.materialise({ table: "agg_x", sql: "SELECT 1 AS v", jobId: "b" });
    await warehouse.builds.audit("agg_x", version, "its tests");
    await warehouse.publish("agg_x", "b");
    await warehouse.query("SELECT 1");
    expect([...server.jobs.values()].map((job) => job.configuration.labels?.kind)).toEqual([
      "build",
      "publish",
      "query",
    ]);
  });

  it("waits for a job that somebody submitted before, and submits none of its own", async () => {
    const file = await land(folder, things(3));
    const second = await connectTo(server);
    const [first] = await Promise.all([warehouse.load(request([file])), second.load(request([file]))]);
    expect(first).toEqual({ rows: 3, rejected: 0 });
    expect([loadJobs().length, await loaded()]).toEqual([1, 3]);
    const before = submissions();
    await warehouse.load(request([file]));
    expect(submissions()).toBe(before);
  });

  it("finds its job again after the answer got lost", async () => {
    server.fail({ path: /^\/upload\/jobs/, times: 1, does: "cut-after" });
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
    expect([submissions(), loadJobs().length, await loaded()]).toEqual([1, 1, 3]);
  });

  it("submits the same id again when the lost request never arrived", async () => {
    server.fail({ path: /^\/upload\/jobs/, times: 2, does: "cut" });
    await load();
    expect([submissions(), loadJobs().length, await loaded()]).toEqual([3, 1, 3]);
    expect(loadJobs()[0]!.id).not.toMatch(/__a\d+$/);
  });

  it("rides out a storm of 503s and rate limits", async () => {
    server.fail({ times: 3, does: "answer", error: { status: 503, reason: "backendError" } });
    await load();
    server.fail({ times: 3, does: "answer", error: { status: 403, reason: "rateLimitExceeded" } });
    const { version } = await warehouse.materialise({ table: "agg_x", sql: "SELECT 1 AS v", jobId: "b" });
    await warehouse.builds.audit("agg_x", version, "its tests");
    server.fail({ times: 2, does: "answer", error: { status: 503, reason: "backendError" } });
    await warehouse.publish("agg_x", "b");
    expect([await loaded(), (await warehouse.query("SELECT v FROM agg_x")).rows]).toEqual([3, [[1]]]);
  });

  it("says retryable when the storm does not end", async () => {
    server.fail({ times: 1_000, does: "answer", error: { status: 503, reason: "backendError" } });
    await expect(load()).rejects.toBeInstanceOf(RetryableError);
  });

  it("tries a job that failed for a passing reason under the next id", async () => {
    server.fail({
      path: /^\/upload\/jobs/,
      times: 2,
      does: "fail-job",
      error: { status: 503, reason: "backendError" },
    });
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
    expect(loadJobs().map((job) => /__a\d+$/.exec(job.id)?.[0])).toEqual([undefined, "__a2", "__a3"]);
    expect(await loaded()).toBe(3);
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
    expect(loadJobs().length).toBe(3);
  });

  it("goes on after the failed attempts of an earlier call", async () => {
    server.fail({
      path: /^\/upload\/jobs/,
      times: 3,
      does: "fail-job",
      error: { status: 503, reason: "jobRateLimitExceeded" },
    });
    const file = await land(folder, things(3));
    expect(await codeOf(warehouse.load(request([file])))).toBe("warehouse.job_failed");
    expect(await warehouse.load(request([file]))).toEqual({ rows: 3, rejected: 0 });
    expect(await loaded()).toBe(3);
  });

  it.each([
    ["quotaExceeded", "warehouse.quota"],
    ["accessDenied", "warehouse.access_denied"],
    ["invalid", "warehouse.request_refused"],
  ])("does not try again at once after %s", async (reason, code) => {
    server.fail({ path: /^\/upload\/jobs/, times: 1, does: "fail-job", error: { status: 403, reason } });
    expect(await codeOf(load())).toBe(code);
    expect(loadJobs().length).toBe(1);
  });

  it("fills a table that was made anew, though its load was done before", async () => {
    await load();
    await dropRaw();
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
    expect(await loaded()).toBe(3);
  });

  describe("what a raw table got", () => {
    const add = async (id: string) =>
      warehouse.load(request([await land(folder, things(2, id))], { loadId: id }));
    const version = async () => (await warehouse.builds.rawVersions(["raw_thing"])).get("raw_thing")!;
    const since = (known: number) => warehouse.builds.loadsSince("raw_thing", known);

    it("is all new after the table was made anew, and from then on what came since", async () => {
      await add("one");
      const before = await version();
      await dropRaw();
      await add("two");
      expect(await since(before)).toBe("all");
      const after = await version();
      await add("three");
      await add("one");
      expect(await since(after)).toMatchObject({ loadIds: ["one", "three"] });
      expect(await since(before)).toBe("all");
    });

    it("is all new after rows were erased, and from then on what came since", async () => {
      await add("one");
      const before = await version();
      const columns = everyType.filter(({ name }) => name === "id");
      const needles = { exact: ["t0"], anyCase: [] };
      expect(await warehouse.erase({ table: "raw_thing", columns, needles, jobId: "e" })).toEqual({
        rows: 1,
      });
      expect(await since(before)).toBe("all");
      const after = await version();
      await add("two");
      expect(await since(after)).toMatchObject({ loadIds: ["two"] });
      await add("three");
      expect(await since(after)).toMatchObject({ loadIds: ["three", "two"] });
    });
  });

  describe("its ledger", () => {
    const resource = (table: string) =>
      `${server.url}/bigquery/v2/projects/${server.project}/datasets/lifecycle_build/tables/${table}`;
    const clustering = async (table: string) =>
      ((await (await fetch(resource(table))).json()) as { clustering?: unknown }).clustering;

    it("is clustered by what is asked of it, also where it stood before", async () => {
      expect(await clustering("_raw_load")).toEqual({ fields: ["table_name"] });
      const body = JSON.stringify({ clustering: null });
      await fetch(resource("_model_interval"), { method: "PATCH", body });
      expect(await clustering("_model_interval")).not.toEqual({ fields: ["model"] });
      await (await connectTo(server)).bootstrap();
      expect(await clustering("_model_interval")).toEqual({ fields: ["model"] });
    });

    it("keeps one row of a day, however often it is built, by one job a day", async () => {
      vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-02-01T12:00:00Z") });
      try {
        const builders = [warehouse, await connectTo(server)];
        let nth = 0;
        const build = async (day: string, how: BuildMode, by = builders[0]!) => {
          const sql = `SELECT CAST('${day}' AS DATE) AS day, ${nth} AS n`;
          return by.materialise({ table: "agg_x", sql, how, partitionBy: "day", jobId: `b${nth++}` });
        };
        const held = async () =>
          (
            await warehouse.query(
              "SELECT CAST(partition_date AS STRING), COUNT(*) FROM lifecycle_build._model_interval GROUP BY 1 ORDER BY 1",
            )
          ).rows;
        const first = await build("2026-01-01", { mode: "table" });
        for (const by of builders) await build("2026-01-02", { mode: "partition_overwrite" }, by);
        await build("2026-01-03", { mode: "table" });
        const compactions = () => [...server.jobs.keys()].filter((id) => id.startsWith("compact__"));
        expect(await held()).toEqual([
          ["2026-01-01", 2],
          ["2026-01-02", 3],
          ["2026-01-03", 1],
        ]);
        expect(compactions().length).toBe(1);

        vi.setSystemTime(new Date("2026-02-02T12:00:00Z"));
        const last = await build("2026-01-03", { mode: "partition_overwrite" }, builders[1]!);
        await build("2026-01-03", { mode: "partition_overwrite" });
        expect(compactions().length).toBe(2);
        expect(await held()).toEqual([
          ["2026-01-01", 1],
          ["2026-01-02", 1],
          ["2026-01-03", 2],
        ]);
        const since = (version: number) => warehouse.builds.partitionsSince("agg_x", version);
        expect(await since(first.version)).toEqual(["2026-01-01", "2026-01-02", "2026-01-03"]);
        expect(await since(last.version)).toEqual(["2026-01-03"]);
      } finally {
        vi.useRealTimers();
      }
    });

    it("stays as it is when it cannot be made shorter, and the build stands", async () => {
      const error = { status: 403, reason: "accessDenied" };
      const build = (jobId: string) =>
        warehouse.materialise({
          table: "agg_x",
          sql: "SELECT CAST('2026-01-01' AS DATE) AS day",
          partitionBy: "day",
          jobId,
        });
      server.fail({ job: /^compact__/, times: 1, does: "fail-job", error });
      expect(await build("a")).toMatchObject({ rows: 1 });
      expect(await build("b")).toMatchObject({ rows: 1 });
      expect([...server.jobs.values()].filter(({ id }) => id.startsWith("compact__")).length).toBe(1);
    });
  });

  it("does a transaction again that gave way to another change of its table", async () => {
    const ids = ["load__a", "load__b"];
    const owners = [
      await connectTo(server, { retryDelayMs: 200 }),
      await connectTo(server, { retryDelayMs: 200 }),
    ];
    const load = (index: number, rows: number) =>
      land(folder, things(rows, ids[index])).then((file) =>
        owners[index]!.load(request([file], { loadId: ids[index]! })),
      );
    await load(0, 1);
    await load(1, 2);
    const again = /^load__[ab]__raw_thing__t[0-9a-z]+__r__[0-9a-z]+__[0-9a-f]{12}$/;
    server.fail({ job: again, times: 2, does: "hold-job" });
    const loads = [load(0, 3), load(1, 4)];
    await vi.waitFor(() => expect([...server.jobs.values()].filter(({ held }) => held).length).toBe(2));
    server.release();
    expect(await Promise.all(loads)).toEqual([3, 4].map((rows) => ({ rows, rejected: 0 })));
    const counted = await warehouse.query(
      "SELECT _load_id, count(*) FROM lifecycle_raw.raw_thing GROUP BY _load_id ORDER BY _load_id",
    );
    expect(counted.rows).toEqual([
      ["load__a", 3],
      ["load__b", 4],
    ]);
    const cancelled = [...server.jobs.values()].filter(({ error }) => error);
    expect(cancelled.length).toBeGreaterThan(0);
    for (const { id, error } of cancelled) {
      expect([id, error!.reason]).toEqual([expect.stringMatching(/__r__/), "invalidQuery"]);
      expect(error!.message).toMatch(
        /aborted due to concurrent update against table lifecycle_raw\.raw_thing/,
      );
    }
    for (const owner of owners) await owner.close();
  });

  it("keeps ids apart that differ only in characters BigQuery refuses", async () => {
    await warehouse.materialise({ table: "agg_x", sql: "SELECT 1 AS v", jobId: "a~b" });
    await warehouse.materialise({ table: "agg_x", sql: "SELECT 1 AS v", jobId: "a.b" });
    const ids = [...server.jobs.keys()];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,1024}$/);
  });

  it("loads a CSV file's rows and its rejected records under one load id", async () => {
    const file = await csvFile(folder, "a,b\n1,2\n3\n");
    server.fail({ path: /^\/upload\/jobs/, times: 1, does: "cut-after" });
    expect(await warehouse.load(csvRequest(file, ["a", "b"]))).toEqual({ rows: 1, rejected: 1 });
    const rejected = await warehouse.query(
      "SELECT target, line_number, _load_id FROM lifecycle_raw.raw_rejected_row",
    );
    expect(rejected.rows).toEqual([["raw_people", 3, loadId]]);
  });
});

describe("the BigQuery driver, what it may cost and who may read", () => {
  let server: BigqueryServer;
  let warehouse: Warehouse;
  const settings = (more: object = {}) => ({
    projectId: server.project,
    location: "EU",
    apiEndpoint: server.url,
    retryDelayMs: 5,
    ...more,
  });
  const build = async (table: string, sql: string, more: object = {}) => {
    const built = await warehouse.materialise({ table, sql, jobId: `j-${table}`, ...more });
    await warehouse.builds.audit(table, built.version, "its tests");
    return built;
  };

  beforeEach(async () => {
    server = await startFake();
    warehouse = await connectTo(server);
    await warehouse.bootstrap();
  });
  afterEach(async () => {
    await warehouse.close();
    await server.close();
  });

  it("refuses a build or a query above its cap before it begins, and tells what the others were billed", async () => {
    const least = 10 * 1_048_576;
    await build("agg_x", "SELECT 1 AS v");
    const reading = "SELECT v FROM lifecycle_build.agg_x";
    const capped = warehouse.materialise({
      table: "agg_y",
      sql: reading,
      jobId: "y",
      maxBytesBilled: least - 1,
    });
    await expect(capped).rejects.toMatchObject({ code: "warehouse.cost_capped" });
    const query = warehouse.query(reading, { maxBytesBilled: least - 1 });
    await expect(query).rejects.toMatchObject({ code: "warehouse.cost_capped" });
    expect(await build("agg_y", reading, { jobId: "y2", maxBytesBilled: least })).toMatchObject({
      bytesBilled: least,
    });
    expect(await warehouse.query(reading, { maxBytesBilled: least })).toMatchObject({ bytesBilled: least });
  });

  it("counts a run's budget down, and stops it with a word about the setting", async () => {
    await build("agg_x", "SELECT 1 AS v");
    const reader = (budget: Budget) => () =>
      withinBudget(warehouse, budget).query("SELECT v FROM lifecycle_build.agg_x");
    const budget = new Budget(25 * 1_048_576);
    const read = reader(budget);
    await read();
    await read();
    expect(budget.spentBytes).toBe(20 * 1_048_576);
    await expect(read()).rejects.toMatchObject({ code: "warehouse.cost_capped" });
    const exact = reader(new Budget(10 * 1_048_576));
    await exact();
    await expect(exact()).rejects.toThrow(/max_bytes_billed_per_run allows 10,485,760/);
  });

  it("makes the members of a grant the holders of their roles, and leaves other roles alone", async () => {
    await build("agg_x", "SELECT 1 AS v");
    await warehouse.publish("agg_x", "p");
    const viewer = "roles/bigquery.dataViewer";
    const policy = () => server.policy("lifecycle", "agg_x");
    expect(await warehouse.grant("agg_x", { [viewer]: ["group:analysts@example.org"] })).toBe(true);
    expect(await warehouse.grant("agg_x", { [viewer]: ["group:analysts@example.org"] })).toBe(false);
    expect(await warehouse.grant("agg_x", { "roles/custom.x": ["user:a@example.org"] })).toBe(true);
    await build("agg_x", "SELECT 2 AS v", { jobId: "again" });
    await warehouse.publish("agg_x", "p2");
    expect(policy()).toEqual([
      { role: viewer, members: ["group:analysts@example.org"] },
      { role: "roles/custom.x", members: ["user:a@example.org"] },
    ]);
    server.fail({
      path: /:setIamPolicy$/,
      times: 1,
      does: "answer",
      error: { status: 409, reason: "aborted" },
    });
    expect(await warehouse.grant("agg_x", { [viewer]: ["user:b@example.org"] })).toBe(true);
    expect(await warehouse.grant("agg_x", { "roles/custom.x": [] })).toBe(true);
    expect(policy()).toEqual([{ role: viewer, members: ["user:b@example.org"] }]);
  });

  it("finds what a worker would miss, and says how to mend it", async () => {
    const found = async (more?: object) =>
      (await checkBigquery(settings(more))).map(({ ok, detail }) => `${ok} ${detail}`);
    await build("agg_x", "SELECT 1 AS v");
    await warehouse.publish("agg_x", "p");
    expect(await found()).toEqual([
      "true a query would run",
      "true dataset lifecycle_raw readable (raw_rejected_row: 0 bytes)",
      expect.stringMatching(/^true dataset lifecycle_build readable \(\w+: \d+ bytes\)$/),
      "true dataset lifecycle readable (agg_x: 8 bytes)",
    ]);
    expect(await found({ dataset: "other" })).toContain(
      "true dataset other_raw not there yet: the worker makes it, which takes roles/bigquery.user on the project",
    );
    expect(await found({ location: "US" })).toContain(
      "false dataset lifecycle: it lies in EU, the settings say US: set BIGQUERY_LOCATION=EU",
    );
    const denied = { status: 403, reason: "accessDenied" };
    server.fail({ path: /^\/jobs$/, times: 1, does: "answer", error: denied });
    expect(await found()).toEqual([
      expect.stringMatching(/^false a query would run: .*roles\/bigquery.jobUser on the project/),
    ]);
    server.fail({ path: /^\/datasets\/lifecycle\/tables$/, times: 1, does: "answer", error: denied });
    expect((await found()).at(-1)).toMatch(/^false dataset lifecycle: .*roles\/bigquery.dataEditor/);
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
