import { createHash } from "node:crypto";
import { type Column, errorCode } from "@lifecycle/contracts";
import type { BuildMode } from "@lifecycle/warehouse";
import { describe, expect, it } from "vitest";
import { drivers } from "./warehouse-support/drivers.ts";
import { warehouseForEach } from "./warehouse-support/for-each.ts";

describe.each(drivers)("a build of a part on $name", ({ open }) => {
  const place = warehouseForEach(open);
  const rows = async (sql: string) => (await place.warehouse.query(sql)).rows;
  const codeOf = (work: Promise<unknown>) => work.then(() => "done", errorCode);

  type Row = readonly [day: string | null, id: string | null, value: number];
  const select = (given: readonly Row[]) => {
    const literal = (value: string | null, type: string) =>
      value === null ? `CAST(NULL AS ${type})` : `CAST('${value}' AS ${type})`;
    const one = ([day, id, value]: Row) =>
      `SELECT ${literal(day, "DATE")} AS day, ${literal(id, "STRING")} AS id, ${value} AS n`;
    const empty = `SELECT * FROM (${one(["2026-01-01", "", 0])}) AS none WHERE FALSE`;
    return given.length === 0 ? empty : given.map(one).join(" UNION ALL ");
  };
  let builds = 0;
  const build = (given: readonly Row[], how: BuildMode, more: object = {}) =>
    place.warehouse.materialise({
      table: "agg_part",
      sql: select(given),
      jobId: `part-${builds++}`,
      partitionBy: "day",
      how,
      ...more,
    });
  const whole = (given: readonly Row[]) => build(given, { mode: "table" });
  const now = () => rows("SELECT day, id, n FROM lifecycle_build.agg_part ORDER BY day, id, n");
  const overwrite = (...partitions: string[]): BuildMode => ({ mode: "partition_overwrite", partitions });
  const start: Row[] = [
    ["2026-01-01", "a", 1],
    ["2026-01-02", "a", 2],
    ["2026-01-02", "b", 3],
    ["2026-01-03", "c", 4],
  ];

  it("replaces the days it is told, those that lost their rows too", async () => {
    await whole(start);
    const built = await build([["2026-01-02", "z", 9]], overwrite("2026-01-02", "2026-01-03"));
    expect(built.rows).toBe(2);
    expect(await now()).toEqual([
      ["2026-01-01", "a", 1],
      ["2026-01-02", "z", 9],
    ]);
  });

  it("replaces days of instants as of dates, and publishes them", async () => {
    const sql = (...at: string[]) =>
      at.map((one) => `SELECT CAST('2026-01-${one}:00:00+00' AS TIMESTAMP) AS seen_at`).join(" UNION ALL ");
    const put = async (text: string, how: BuildMode) => {
      const { version } = await build([], how, { sql: text, partitionBy: "seen_at" });
      await place.warehouse.builds.audit("agg_part", version, "its tests");
      await place.warehouse.publish("agg_part", `publish-${builds}`);
    };
    await put(sql("01 05", "02 00", "02 07", "03 23"), { mode: "table" });
    await put(sql("02 09"), overwrite("2026-01-02"));
    const hours = [["2026-01-01 05"], ["2026-01-02 09"], ["2026-01-03 23"]];
    for (const relation of ["lifecycle_build.agg_part", "lifecycle.agg_part"])
      expect(await rows(`SELECT SUBSTR(CAST(seen_at AS STRING), 1, 13) FROM ${relation} ORDER BY 1`)).toEqual(
        hours,
      );
  });

  it("replaces the days that the select gives, when it is told none", async () => {
    await whole(start);
    await build(
      [
        ["2026-01-02", "z", 9],
        ["2026-01-04", "y", 8],
      ],
      { mode: "partition_overwrite" },
    );
    expect((await now()).map(([day, id]) => `${day} ${id}`)).toEqual([
      "2026-01-01 a",
      "2026-01-02 z",
      "2026-01-03 c",
      "2026-01-04 y",
    ]);
  });

  it("refuses a row outside its days, and changes nothing", async () => {
    await whole(start);
    const before = await now();
    const stray = build([["2026-01-09", "z", 9]], overwrite("2026-01-02"));
    expect(await codeOf(stray)).toBe("warehouse.partition_mismatch");
    expect(await codeOf(build([[null, "z", 9]], { mode: "partition_overwrite" }))).toBe(
      "warehouse.partition_mismatch",
    );
    expect(await now()).toEqual(before);
  });

  it("refuses rows of other columns than the table has", async () => {
    await whole(start);
    const sql = "SELECT CAST('2026-01-02' AS DATE) AS day, 'z' AS id, 1 AS n, 2 AS more";
    expect(await codeOf(build([], overwrite("2026-01-02"), { sql }))).toBe("warehouse.schema_conflict");
  });

  it("begins a table that does not exist, and then knows its days", async () => {
    const built = await build(start.slice(0, 1), overwrite("2026-01-01"));
    expect(await now()).toEqual([["2026-01-01", "a", 1]]);
    expect(await place.warehouse.builds.partitionsSince("agg_part", 0)).toEqual(["2026-01-01"]);
    expect(await place.warehouse.builds.partitionsSince("agg_part", built.version)).toEqual([]);
  });

  it("knows which days were built since, and none of a table that a merge has changed", async () => {
    const first = await whole(start);
    const days = ["2026-01-01", "2026-01-02", "2026-01-03"];
    expect(await place.warehouse.builds.partitionsSince("agg_part", 0)).toEqual(days);
    expect(await place.warehouse.builds.partitionsSince("agg_part", first.version)).toEqual([]);
    await build([], overwrite("2026-01-03"));
    expect(await place.warehouse.builds.partitionsSince("agg_part", first.version)).toEqual(["2026-01-03"]);
    await whole(start.slice(0, 1));
    // Days that have lost their rows were built too.
    expect(await place.warehouse.builds.partitionsSince("agg_part", first.version)).toEqual(days);
    await build([["2026-01-01", "a", 7]], { mode: "merge", key: ["id"] });
    expect(await place.warehouse.builds.partitionsSince("agg_part", 0)).toBe("all");
  });

  it("replaces rows by key, wherever they lie, and takes NULL for a key", async () => {
    await whole([...start, ["2026-01-03", null, 5]]);
    const given: Row[] = [
      ["2026-01-05", "a", 10],
      ["2026-01-05", "a", 11],
      ["2026-01-05", null, 12],
      ["2026-01-01", "d", 13],
    ];
    const built = await build(given, { mode: "merge", key: ["id"] });
    expect(built.rows).toBe(6);
    expect(await now()).toEqual([
      ["2026-01-01", "d", 13],
      ["2026-01-02", "b", 3],
      ["2026-01-03", "c", 4],
      ["2026-01-05", null, 12],
      ["2026-01-05", "a", 10],
      ["2026-01-05", "a", 11],
    ]);
  });

  it("takes away the keys that are gone, by several columns, in a table without partitions", async () => {
    const plain = { partitionBy: undefined };
    await build(start, { mode: "table" }, plain);
    const gone = select([
      ["2026-01-02", "b", 0],
      ["2026-01-03", "a", 0],
    ]);
    await build([["2026-01-02", "a", 20]], { mode: "merge", key: ["day", "id"], gone }, plain);
    expect(await now()).toEqual([
      ["2026-01-01", "a", 1],
      ["2026-01-02", "a", 20],
      ["2026-01-03", "c", 4],
    ]);
  });

  it("is built anew, not audited, and keeps what was published", async () => {
    const first = await whole(start);
    await place.warehouse.builds.audit("agg_part", first.version, "its tests");
    await place.warehouse.publish("agg_part", "p1");
    const part = await build([], overwrite("2026-01-02"), { hash: "h", inputs: { raw_thing: 3 } });
    expect(part.version).toBeGreaterThan(first.version);
    expect(await codeOf(place.warehouse.publish("agg_part", "p2"))).toBe("warehouse.not_audited");
    expect((await place.warehouse.builds.list())[0]).toMatchObject({
      version: part.version,
      hash: "h",
      inputs: { raw_thing: 3 },
      rows: 2,
      auditedAs: undefined,
      publishedVersion: first.version,
    });
    expect((await rows("SELECT n FROM agg_part")).length).toBe(4);
    await place.warehouse.builds.audit("agg_part", part.version, "its tests");
    await place.warehouse.publish("agg_part", "p3");
    expect((await rows("SELECT n FROM agg_part")).length).toBe(2);
  });

  it("does the same work once, under the id it had", async () => {
    await whole(start);
    const again = () =>
      build([["2026-01-02", "z", 9]], overwrite("2026-01-02"), { jobId: "the-same", inputs: { x: 1 } });
    await again();
    await again();
    expect(await now()).toEqual([
      ["2026-01-01", "a", 1],
      ["2026-01-02", "z", 9],
      ["2026-01-03", "c", 4],
    ]);
  });

  describe("that keeps versions", () => {
    const snapshot: BuildMode = { mode: "snapshot", key: ["id"], check: ["n"], updatedAt: "day" };
    const take = (given: readonly Row[], how = snapshot) => build(given, how, { partitionBy: undefined });
    const versions = () =>
      rows(
        "SELECT id, n, CAST(CAST(effective_from AS DATE) AS STRING), CAST(CAST(effective_to AS DATE) AS STRING), is_current FROM lifecycle_build.agg_part ORDER BY id, effective_from",
      );

    it("ends the one before, leaves what is the same, and ignores what is older", async () => {
      await take([
        ["2026-01-01", "a", 1],
        ["2026-01-01", "b", 1],
      ]);
      await take([
        ["2026-01-02", "a", 2],
        ["2026-01-02", "b", 1],
      ]);
      const expected = [
        ["a", 1, "2026-01-01", "2026-01-02", false],
        ["a", 2, "2026-01-02", "9999-12-31", true],
        ["b", 1, "2026-01-01", "9999-12-31", true],
      ];
      expect(await versions()).toEqual(expected);
      await take([
        ["2026-01-02", "a", 2],
        ["2025-12-31", "b", 7],
      ]);
      expect(await versions()).toEqual(expected);
      await take([["2026-01-03", "c", 1]]);
      expect(await versions()).toEqual([...expected, ["c", 1, "2026-01-03", "9999-12-31", true]]);
    });

    it("refuses rows that do not say since when they hold, and keeps its versions", async () => {
      const first = ["a", 1, "2026-01-01", "9999-12-31", true];
      await take([["2026-01-01", "a", 1]]);
      for (const id of ["a", "b"]) {
        await expect(take([[null, id, 2]])).rejects.toMatchObject({
          code: "warehouse.no_updated_at",
          message: expect.stringMatching(/agg_part: 1 rows have no day/),
        });
      }
      expect(await versions()).toEqual([first]);
    });

    it("keeps its versions when its partitioning is changed, or refuses the change", async () => {
      await take([["2026-01-01", "a", 1]]);
      const again = build([["2026-01-02", "a", 2]], snapshot, { partitionBy: "day" });
      const first = ["a", 1, "2026-01-01", "9999-12-31", true];
      if (place.warehouse.engine === "bigquery") {
        await expect(again).rejects.toMatchObject({
          code: "warehouse.schema_conflict",
          message: expect.stringMatching(/lifecycle_build\.agg_part.*not partitioned.*partitioned by day/),
        });
        expect(await versions()).toEqual([first]);
        return;
      }
      await again;
      const second = ["a", 2, "2026-01-02", "9999-12-31", true];
      expect(await versions()).toEqual([["a", 1, "2026-01-01", "2026-01-02", false], second]);
    });

    it("hashes all columns unless told, the same on every engine", async () => {
      const sql =
        "SELECT 'k' AS id, 1.5 AS ratio, TRUE AS is_on, CAST('2026-01-02' AS DATE) AS day, CAST(NULL AS STRING) AS nothing, CAST(2.50 AS NUMERIC) AS amount, CAST('2026-01-02 03:04:05+00' AS TIMESTAMP) AS seen_at";
      const how: BuildMode = { mode: "snapshot", key: ["id"] };
      const columns: Column[] = [
        { name: "id", type: "STRING" },
        { name: "ratio", type: "FLOAT64" },
        { name: "is_on", type: "BOOL" },
        { name: "day", type: "DATE" },
        { name: "nothing", type: "STRING" },
        { name: "amount", type: "NUMERIC" },
        { name: "seen_at", type: "TIMESTAMP" },
      ];
      for (let again = 0; again < 2; again++) await build([], how, { sql, columns, partitionBy: undefined });
      const expected = createHash("md5")
        .update(
          "id=1:kratio=3:1.5is_on=4:trueday=10:2026-01-02nothing=-amount=3:2.5seen_at=22:2026-01-02 03:04:05+00",
        )
        .digest("hex");
      expect(await rows("SELECT record_hash FROM lifecycle_build.agg_part")).toEqual([[expected]]);
    });
  });
});
