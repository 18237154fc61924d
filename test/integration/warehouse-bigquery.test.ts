import { errorCode, RetryableError } from "@lifecycle/contracts";
import { describe, expect, it, vi } from "vitest";
import { connectTo, tableUrl } from "./warehouse-support/drivers.ts";
import { csvFile, csvRequest, everyType, land, loadId, request, things } from "./warehouse-support/files.ts";
import { bigqueryForEach } from "./warehouse-support/for-each.ts";

describe("the BigQuery driver when things go wrong", () => {
  const place = bigqueryForEach([{ table: "raw_thing", columns: everyType }]);

  const load = async (rows = 3) => place.warehouse.load(request([await land(place.folder, things(rows))]));
  const loaded = async () =>
    (await place.warehouse.query("SELECT count(*) FROM lifecycle_raw.raw_thing")).rows[0]![0];
  const loadJobs = () => [...place.server.jobs.values()].filter((job) => job.configuration.load);
  const submissions = () => place.server.requests.filter(({ path }) => path === "/upload/jobs").length;
  const codeOf = (work: Promise<unknown>) => work.then(() => "done", errorCode);

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
    const { version } = await place.warehouse.materialise({
      table: "agg_x",
      sql: "SELECT 1 AS v",
      jobId: "b",
    });
    await place.warehouse.builds.audit("agg_x", version, "its tests");
    await place.warehouse.publish("agg_x", "b");
    await place.warehouse.query("SELECT 1");
    expect([...place.server.jobs.values()].map((job) => job.configuration.labels?.kind)).toEqual([
      "build",
      "publish",
      "query",
    ]);
  });

  it("waits for a job that somebody submitted before, and submits none of its own", async () => {
    const file = await land(place.folder, things(3));
    const second = await connectTo(place.server);
    const [first] = await Promise.all([place.warehouse.load(request([file])), second.load(request([file]))]);
    expect(first).toEqual({ rows: 3, rejected: 0 });
    expect([loadJobs().length, await loaded()]).toEqual([1, 3]);
    const before = submissions();
    await place.warehouse.load(request([file]));
    expect(submissions()).toBe(before);
  });

  it("finds its job again after the answer got lost", async () => {
    place.server.fail({ path: /^\/upload\/jobs/, times: 1, does: "cut-after" });
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
    expect([submissions(), loadJobs().length, await loaded()]).toEqual([1, 1, 3]);
  });

  it("submits the same id again when the lost request never arrived", async () => {
    place.server.fail({ path: /^\/upload\/jobs/, times: 2, does: "cut" });
    await load();
    expect([submissions(), loadJobs().length, await loaded()]).toEqual([3, 1, 3]);
    expect(loadJobs()[0]!.id).not.toMatch(/__a\d+$/);
  });

  it("rides out a storm of 503s and rate limits", async () => {
    place.server.fail({ times: 3, does: "answer", error: { status: 503, reason: "backendError" } });
    await load();
    place.server.fail({ times: 3, does: "answer", error: { status: 403, reason: "rateLimitExceeded" } });
    const { version } = await place.warehouse.materialise({
      table: "agg_x",
      sql: "SELECT 1 AS v",
      jobId: "b",
    });
    await place.warehouse.builds.audit("agg_x", version, "its tests");
    place.server.fail({ times: 2, does: "answer", error: { status: 503, reason: "backendError" } });
    await place.warehouse.publish("agg_x", "b");
    expect([await loaded(), (await place.warehouse.query("SELECT v FROM agg_x")).rows]).toEqual([3, [[1]]]);
  });

  it("says retryable when the storm does not end", async () => {
    place.server.fail({ times: 1_000, does: "answer", error: { status: 503, reason: "backendError" } });
    await expect(load()).rejects.toBeInstanceOf(RetryableError);
  });

  it("tries a job that failed for a passing reason under the next id", async () => {
    place.server.fail({
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
    place.server.fail({
      path: /^\/upload\/jobs/,
      times: 3,
      does: "fail-job",
      error: { status: 503, reason: "jobRateLimitExceeded" },
    });
    const file = await land(place.folder, things(3));
    expect(await codeOf(place.warehouse.load(request([file])))).toBe("warehouse.job_failed");
    expect(await place.warehouse.load(request([file]))).toEqual({ rows: 3, rejected: 0 });
    expect(await loaded()).toBe(3);
  });

  it.each([
    ["quotaExceeded", "warehouse.quota"],
    ["accessDenied", "warehouse.access_denied"],
    ["invalid", "warehouse.request_refused"],
  ])("does not try again at once after %s", async (reason, code) => {
    place.server.fail({
      path: /^\/upload\/jobs/,
      times: 1,
      does: "fail-job",
      error: { status: 403, reason },
    });
    expect(await codeOf(load())).toBe(code);
    expect(loadJobs().length).toBe(1);
  });
  it("fills a table that was made anew, though its load was done before", async () => {
    await load();
    await fetch(tableUrl(place.server, "lifecycle_raw", "raw_thing"), { method: "DELETE" });
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
    expect(await loaded()).toBe(3);
  });

  it("does a transaction again that gave way to another change of its table", async () => {
    const ids = ["load__a", "load__b"];
    const owners = [
      await connectTo(place.server, { retryDelayMs: 200 }),
      await connectTo(place.server, { retryDelayMs: 200 }),
    ];
    const load = (index: number, rows: number) =>
      land(place.folder, things(rows, ids[index])).then((file) =>
        owners[index]!.load(request([file], { loadId: ids[index]! })),
      );
    await load(0, 1);
    await load(1, 2);
    const again = /^load__[ab]__raw_thing__t[0-9a-z]+__r__[0-9a-z]+__[0-9a-f]{12}$/;
    place.server.fail({ job: again, times: 2, does: "hold-job" });
    const loads = [load(0, 3), load(1, 4)];
    await vi.waitFor(
      () => expect([...place.server.jobs.values()].filter(({ held }) => held).length).toBe(2),
      {
        timeout: 60_000,
      },
    );
    place.server.release();
    expect(await Promise.all(loads)).toEqual([3, 4].map((rows) => ({ rows, rejected: 0 })));
    const counted = await place.warehouse.query(
      "SELECT _load_id, count(*) FROM lifecycle_raw.raw_thing GROUP BY _load_id ORDER BY _load_id",
    );
    expect(counted.rows).toEqual([
      ["load__a", 3],
      ["load__b", 4],
    ]);
    const cancelled = [...place.server.jobs.values()].filter(({ error }) => error);
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
    await place.warehouse.materialise({ table: "agg_x", sql: "SELECT 1 AS v", jobId: "a~b" });
    await place.warehouse.materialise({ table: "agg_x", sql: "SELECT 1 AS v", jobId: "a.b" });
    const ids = [...place.server.jobs.keys()];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,1024}$/);
  });

  it("loads a CSV file's rows and its rejected records under one load id", async () => {
    const file = await csvFile(place.folder, "a,b\n1,2\n3\n");
    place.server.fail({ path: /^\/upload\/jobs/, times: 1, does: "cut-after" });
    expect(await place.warehouse.load(csvRequest(file, ["a", "b"]))).toEqual({ rows: 1, rejected: 1 });
    const rejected = await place.warehouse.query(
      "SELECT target, line_number, _load_id FROM lifecycle_raw.raw_rejected_row",
    );
    expect(rejected.rows).toEqual([["raw_people", 3, loadId]]);
  });
});
