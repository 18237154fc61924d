import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Column, errorCode } from "@lifecycle/contracts";
import { openDuckdbWarehouse } from "@lifecycle/warehouse";
import { describe, expect, it } from "vitest";
import { drivers, NO_TABLE } from "./warehouse-support/drivers.ts";
import { land, loadId, request, things } from "./warehouse-support/files.ts";
import { warehouseForEach } from "./warehouse-support/for-each.ts";

describe.each(drivers)("a build and its publishing on $name", ({ open }) => {
  const place = warehouseForEach(open);
  const rows = async (sql: string) => (await place.warehouse.query(sql)).rows;
  const codeOf = (work: Promise<unknown>) => work.then(() => "done", errorCode);

  const build = (sql: string, jobId: string, more = {}) =>
    place.warehouse.materialise({ table: "agg_thing", sql, jobId, ...more });
  const buildAudited = async (sql: string, jobId: string, more = {}) => {
    const built = await build(sql, jobId, more);
    await place.warehouse.builds.audit("agg_thing", built.version, "its tests");
    return built;
  };

  it("casts to the contract's types, in its order", async () => {
    const columns: Column[] = [
      { name: "total", type: "INT64" },
      { name: "name", type: "STRING" },
      { name: "money", type: "NUMERIC" },
      { name: "share", type: "FLOAT64" },
      { name: "day", type: "DATE" },
      { name: "at", type: "TIMESTAMP" },
    ];
    const sql =
      "SELECT 1 AS name, sum(x) AS total, '2026-01-02' AS day, 1.5 AS money, 1 AS share, '2026-01-02 03:04:05+00' AS at FROM (SELECT 1 AS x UNION ALL SELECT 2)";
    expect(await build(sql, "b1", { columns })).toMatchObject({ rows: 1 });
    const answer = await place.warehouse.query("SELECT * FROM lifecycle_build.agg_thing");
    expect(answer.columns).toEqual(columns.map(({ name, type }) => ({ name, type })));
    expect(answer.rows).toEqual([[3, "1", "1.5", 1, "2026-01-02", "2026-01-02T03:04:05.000Z"]]);
  });

  it("shows the published table only after publishing, then old or new", async () => {
    await buildAudited("SELECT 1 AS v", "b1");
    expect(await codeOf(place.warehouse.query("SELECT v FROM agg_thing"))).toMatch(NO_TABLE);
    await place.warehouse.publish("agg_thing", "b1");
    await buildAudited("SELECT 2 AS v, 'new' AS w", "b2");
    expect(await rows("SELECT * FROM agg_thing")).toEqual([[1]]);
    await place.warehouse.publish("agg_thing", "b2");
    await place.warehouse.publish("agg_thing", "b2");
    expect(await rows("SELECT * FROM agg_thing")).toEqual([[2, "new"]]);
  });

  it("builds anew when the text changed under the same id", async () => {
    await buildAudited("SELECT 1 AS v", "same");
    await place.warehouse.publish("agg_thing", "same");
    await buildAudited("SELECT 2 AS v", "same");
    await place.warehouse.publish("agg_thing", "same");
    expect(await rows("SELECT * FROM agg_thing")).toEqual([[2]]);
  });

  it("keeps the old build when the new one fails", async () => {
    await build("SELECT 1 AS v", "b1");
    expect(await codeOf(build("SELECT no_such_column FROM (SELECT 1 AS v)", "b2"))).toBe(
      "warehouse.sql_failed",
    );
    expect(await rows("SELECT * FROM lifecycle_build.agg_thing")).toEqual([[1]]);
  });

  it("refuses to publish what has not passed its tests since it was built", async () => {
    await buildAudited("SELECT 1 AS v", "b1");
    await place.warehouse.publish("agg_thing", "b1");
    const second = await build("SELECT 2 AS v", "b2");
    expect(await codeOf(place.warehouse.publish("agg_thing", "b2"))).toBe("warehouse.not_audited");
    await build("SELECT 3 AS v", "b3");
    await place.warehouse.builds.audit("agg_thing", second.version, "its tests");
    expect(await codeOf(place.warehouse.publish("agg_thing", "b3"))).toBe("warehouse.not_audited");
    expect(await rows("SELECT * FROM agg_thing")).toEqual([[1]]);
  });

  it("keeps in its ledger what was built from what, audited and published", async () => {
    const built = await build("SELECT 1 AS v", "b1", { hash: "h", inputs: { raw_thing: 7 } });
    const [before] = await place.warehouse.builds.list();
    expect(before).toMatchObject({ table: "agg_thing", hash: "h", inputs: { raw_thing: 7 }, rows: 1 });
    expect([before!.auditedAs, before!.publishedVersion]).toEqual([undefined, undefined]);
    await place.warehouse.builds.confirm("agg_thing", built.version, { raw_thing: 8 });
    await place.warehouse.builds.audit("agg_thing", built.version, "its tests");
    await place.warehouse.publish("agg_thing", "b1");
    expect((await place.warehouse.builds.list())[0]).toMatchObject({
      version: built.version,
      inputs: { raw_thing: 8 },
      auditedAs: "its tests",
      publishedVersion: built.version,
    });
    const again = await build("SELECT 2 AS v", "b2");
    expect(again.version).toBeGreaterThan(built.version);
    const [after] = await place.warehouse.builds.list();
    expect([after!.auditedAs, after!.publishedVersion]).toEqual([undefined, built.version]);
  });

  it("keeps a view, whose rows are those of now, and publishes none: no test saw them", async () => {
    const view = { how: { mode: "view" as const } };
    await place.warehouse.materialise({ table: "stg_thing", sql: "SELECT 1 AS v", jobId: "s1" });
    const columns: Column[] = [{ name: "v", type: "STRING" }];
    const sql = "SELECT v FROM lifecycle_build.stg_thing";
    await buildAudited("SELECT 5 AS v", "t1");
    await place.warehouse.publish("agg_thing", "t1");
    expect(await buildAudited(sql, "v1", { ...view, columns })).toMatchObject({ rows: 1 });
    const more = "SELECT 1 AS v UNION ALL SELECT 2";
    await place.warehouse.materialise({ table: "stg_thing", sql: more, jobId: "s2" });
    expect(await rows("SELECT v FROM lifecycle_build.agg_thing ORDER BY v")).toEqual([["1"], ["2"]]);
    expect(await codeOf(place.warehouse.publish("agg_thing", "v1"))).toBe("warehouse.view_not_published");
    expect(await rows("SELECT v FROM agg_thing")).toEqual([[5]]);
    await buildAudited("SELECT 6 AS v", "t2");
    await place.warehouse.publish("agg_thing", "t2");
    expect(await rows("SELECT v FROM agg_thing")).toEqual([[6]]);
  });

  it("refuses a view that cannot be read, and keeps the one there was", async () => {
    await build("SELECT 1 AS v", "v1", { how: { mode: "view" } });
    const bad = build("SELECT nothing FROM lifecycle_build.agg_thing", "v2", { how: { mode: "view" } });
    expect(await codeOf(bad)).toBe("warehouse.sql_failed");
    expect(await rows("SELECT * FROM lifecycle_build.agg_thing")).toEqual([[1]]);
  });

  it("gives a raw table another version with each load that changed it", async () => {
    const version = async () => (await place.warehouse.builds.rawVersions(["raw_thing"])).get("raw_thing")!;
    expect(await version()).toBe(0);
    await place.warehouse.load(request([await land(place.folder, things(2))]));
    const first = await version();
    expect(first).toBeGreaterThan(0);
    expect(await version()).toBe(first);
    const other = `${loadId}-2`;
    await place.warehouse.load(request([await land(place.folder, things(2, other))], { loadId: other }));
    expect(await version()).toBeGreaterThan(first);
  });

  it("says which table is missing", async () => {
    await expect(place.warehouse.publish("agg_none", "x")).rejects.toMatchObject({
      code: "warehouse.table_missing",
      message: expect.stringContaining("lifecycle_build.agg_none"),
    });
  });

  it("exports what is published, whole, leaving no half-written file", async () => {
    const columns: Column[] = [
      { name: "v", type: "INT64" },
      { name: "m", type: "NUMERIC" },
      { name: "d", type: "DATE" },
      { name: "note", type: "STRING" },
    ];
    await buildAudited(
      "SELECT 1 AS v, 1.25 AS m, '2026-01-02' AS d, NULL AS note UNION ALL SELECT 2, 3, '2026-01-03', 'x'",
      "b1",
      { columns },
    );
    await place.warehouse.publish("agg_thing", "b1");
    const output = await mkdtemp(join(place.folder, "out-"));
    const path = join(output, "agg_thing.parquet");
    await place.warehouse.exportParquet("agg_thing", path);
    await place.warehouse.exportParquet("agg_thing", path);
    expect(await readdir(output)).toEqual(["agg_thing.parquet"]);
    const reader = await openDuckdbWarehouse({ path: join(place.folder, "reader.duckdb") });
    const answer = await reader.query(`SELECT v, m, d, note FROM read_parquet('${path}') ORDER BY v`);
    await reader.close();
    expect(answer.columns).toEqual(columns.map(({ name, type }) => ({ name, type })));
    expect(answer.rows).toEqual([
      [1, "1.25", "2026-01-02", null],
      [2, "3", "2026-01-03", "x"],
    ]);
  });
});
