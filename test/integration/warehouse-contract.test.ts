import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Column, errorCode, InputError } from "@lifecycle/contracts";
import { type BuildMode, type NewLoads, openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drivers } from "./warehouse-support/drivers.ts";
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

/** BigQuery says that a table is missing; to DuckDB it is SQL that does not bind. */
const NO_TABLE = /^warehouse\.(table_missing|sql_failed)$/;

describe.each(drivers)("a warehouse on $name", ({ open }) => {
  let folder: string;
  let warehouse: Warehouse;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "contract-"));
    ({ warehouse, dispose } = await open(folder));
    await warehouse.bootstrap();
  });

  afterEach(async () => {
    await dispose();
    await rm(folder, { recursive: true });
  });

  const rows = async (sql: string) => (await warehouse.query(sql)).rows;
  const count = async (table: string) => (await rows(`SELECT count(*) FROM ${table}`))[0]![0];
  const codeOf = (work: Promise<unknown>) => work.then(() => "done", errorCode);

  describe("bootstrap", () => {
    it("makes the given raw tables, and again changes nothing", async () => {
      const table = { table: "raw_thing", columns: everyType };
      await warehouse.bootstrap([table]);
      await warehouse.load(request([await land(folder, things(2))]));
      await warehouse.bootstrap([table]);
      expect(await count("lifecycle_raw.raw_thing")).toBe(2);
      expect(await count("lifecycle_raw.raw_rejected_row")).toBe(0);
    });
  });

  describe("load", () => {
    it("keeps every type exactly", async () => {
      const row = {
        id: 'é "quoted"\n',
        n: 9007199254740991,
        ratio: 0.1,
        revenue: "12345678901234567890.123456789",
        is_on: true,
        day: "2026-01-31",
        local_at: "2026-01-31T10:00:00.5",
        at: "2026-01-31T23:59:59.123456Z",
        tags: { list: [1, "two", null], "a b": { c: 1.5 } },
        raw: Buffer.from([0, 255]).toString("base64"),
        ...stamps(),
      };
      const nothing = Object.fromEntries(everyType.slice(0, 10).map(({ name }) => [name, null]));
      await warehouse.load(
        request([await land(folder, [row, { ...nothing, ...stamps() }, { revenue: 0.1, ...stamps() }])]),
      );
      const answer = await warehouse.query(
        "SELECT id, n, ratio, revenue, is_on, day, local_at, `at`, tags, raw FROM lifecycle_raw.raw_thing ORDER BY ratio DESC, revenue DESC".replaceAll(
          "`",
          warehouse.engine === "bigquery" ? "`" : '"',
        ),
      );
      expect(answer.columns).toEqual(everyType.slice(0, 10).map(({ name, type }) => ({ name, type })));
      const [first, ...rest] = answer.rows;
      expect(JSON.parse(first![8] as string)).toEqual(row.tags);
      expect(first!.toSpliced(8, 1)).toEqual([
        row.id,
        9007199254740991,
        0.1,
        "12345678901234567890.123456789",
        true,
        "2026-01-31",
        "2026-01-31T10:00:00.500",
        "2026-01-31T23:59:59.123456Z",
        row.raw,
      ]);
      expect(rest).toEqual([
        [null, null, null, "0.1", null, null, null, null, null, null],
        Array.from({ length: 10 }, () => null),
      ]);
    });

    it("takes many files of one load at once", async () => {
      const parts = await Promise.all(
        [things(3), things(2), [], things(1)].map((part) => land(folder, part)),
      );
      expect(await warehouse.load(request(parts))).toEqual({ rows: 6, rejected: 0 });
      expect(await count("lifecycle_raw.raw_thing")).toBe(6);
    });

    it("reads files that are not compressed, and file URLs", async () => {
      const file = await land(folder, things(2), "none");
      await warehouse.load(request([{ ...file, uri: `file://${file.uri}` }]));
      expect(await count("lifecycle_raw.raw_thing")).toBe(2);
    });

    it("counts a load once, however often it is loaded", async () => {
      const other = "load__main__braze__20260101-20260411__p2__campaigns-data-series";
      await warehouse.load(request([await land(folder, things(2, other))], { loadId: other }));
      const file = await land(folder, things(3));
      for (let again = 0; again < 3; again++) {
        expect(await warehouse.load(request([file]))).toEqual({ rows: 3, rejected: 0 });
      }
      expect(await count("lifecycle_raw.raw_thing")).toBe(5);
    });

    it("replaces its own rows when it comes again with others, or with none", async () => {
      const other = `${loadId}-other`;
      await warehouse.load(request([await land(folder, things(2, other))], { loadId: other }));
      await warehouse.load(request([await land(folder, things(3))]));
      expect(await warehouse.load(request([await land(folder, things(5))]))).toEqual({
        rows: 5,
        rejected: 0,
      });
      expect(await count("lifecycle_raw.raw_thing")).toBe(7);
      await warehouse.load(request([await land(folder, things(3))]));
      expect(await count("lifecycle_raw.raw_thing")).toBe(5);
      for (let again = 0; again < 2; again++) {
        expect(await warehouse.load(request([]))).toEqual({ rows: 0, rejected: 0 });
        expect(await count("lifecycle_raw.raw_thing")).toBe(2);
      }
      await warehouse.load(request([await land(folder, things(1))]));
      expect(await count("lifecycle_raw.raw_thing")).toBe(3);
    });

    it("makes the table even when nothing was landed", async () => {
      expect(await warehouse.load(request([]))).toEqual({ rows: 0, rejected: 0 });
      expect(await count("lifecycle_raw.raw_thing")).toBe(0);
    });

    it("adds a column that is new, and fills one that a file lacks with NULL", async () => {
      const older = everyType.filter(({ name }) => name !== "n");
      await warehouse.load(request([await land(folder, things(1))], { columns: older }));
      const next = `${loadId}-b`;
      await warehouse.load(
        request([await land(folder, [{ id: "x", n: 7, ...stamps(next) }])], { loadId: next }),
      );
      const last = `${loadId}-c`;
      await warehouse.load(request([await land(folder, things(1, last))], { loadId: last, columns: older }));
      expect(await rows("SELECT id, n FROM lifecycle_raw.raw_thing ORDER BY id, n")).toEqual([
        ["t0", null],
        ["t0", null],
        ["x", 7],
      ]);
    });

    it("refuses a column of another type, naming table, column, got and expected, and loads nothing", async () => {
      await warehouse.load(request([await land(folder, things(1))]));
      const changed = everyType.map(
        (column): Column => (column.name === "n" ? { ...column, type: "STRING" } : column),
      );
      const next = `${loadId}-b`;
      const load = warehouse.load(
        request([await land(folder, things(1, next))], { loadId: next, columns: changed }),
      );
      await expect(load).rejects.toMatchObject({
        code: "warehouse.schema_conflict",
        message: expect.stringMatching(/lifecycle_raw\.raw_thing.*\bn\b.*got STRING.*expected INT64/),
      });
      expect(await count("lifecycle_raw.raw_thing")).toBe(1);
    });

    it("replaces a table whole, its shape too", async () => {
      const snapshot = { disposition: "replace" as const };
      await warehouse.load(request([await land(folder, things(3))], snapshot));
      const columns: Column[] = [
        { name: "id", type: "INT64" },
        { name: "note", type: "STRING" },
      ];
      const second = await land(folder, [{ id: 1, note: "a", beyond: true }]);
      expect(await warehouse.load(request([second], { ...snapshot, columns }))).toEqual({
        rows: 1,
        rejected: 0,
      });
      expect(await rows("SELECT * FROM lifecycle_raw.raw_thing")).toEqual([[1, "a"]]);
      await warehouse.load(request([], { ...snapshot, columns }));
      expect(await count("lifecycle_raw.raw_thing")).toBe(0);
    });

    it("does not begin a load that nobody waits for any more", async () => {
      await warehouse.load(request([await land(folder, things(2))]));
      const signal = AbortSignal.abort(new Error("gone"));
      const next = `${loadId}-b`;
      const more = request([await land(folder, things(3, next))], { loadId: next });
      await expect(warehouse.load(more, { signal })).rejects.toThrow("gone");
      expect(await count("lifecycle_raw.raw_thing")).toBe(2);
      expect(await warehouse.load(more)).toEqual({ rows: 3, rejected: 0 });
    });

    it("leaves the table as it was when a file cannot be read", async () => {
      await warehouse.load(request([await land(folder, things(2))]));
      const next = `${loadId}-b`;
      const good = await land(folder, things(2, next));
      const bad = await land(folder, [{ id: "x", n: "not a number", ...stamps(next) }]);
      expect(await codeOf(warehouse.load(request([good, bad], { loadId: next })))).not.toBe("done");
      expect(await count("lifecycle_raw.raw_thing")).toBe(2);
      // Mended, it is loaded under the id it had.
      const mended = await land(folder, things(3, next));
      expect(await warehouse.load(request([mended], { loadId: next }))).toEqual({ rows: 3, rejected: 0 });
      expect(await count("lifecycle_raw.raw_thing")).toBe(5);
    });
  });

  describe("erase", () => {
    const columns = everyType.filter(({ name }) => name === "id" || name === "tags");
    const erase = (exact: string[], anyCase: string[] = [], table = "raw_thing") =>
      warehouse.erase({ table, columns, needles: { exact, anyCase }, jobId: `erase__${exact[0]}` });
    const awkward = `it's "quoted" \\ 50% _ é`;

    it("takes out the rows that hold a needle as a text or anywhere in JSON, and no other", async () => {
      const held = [
        { id: "ann", ...stamps() },
        { id: "other", tags: ["x", ["ann"]], ...stamps() },
        { id: "Ann@Example.org", ...stamps() },
        { id: "x", tags: ["ANN@example.org"], ...stamps() },
        { id: awkward, ...stamps() },
        { id: "y", tags: [awkward], ...stamps() },
      ];
      const others = [
        { id: "Ann", ...stamps() },
        { id: "joann", tags: ["anna", 1], ...stamps() },
        { id: null, tags: null, ...stamps() },
      ];
      await warehouse.load(request([await land(folder, [...held, ...others])]));
      const [before] = [...(await warehouse.builds.rawVersions(["raw_thing"])).values()];
      expect(await erase(["ann", awkward], ["ann@example.org"])).toEqual({ rows: held.length });
      expect(await rows("SELECT id FROM lifecycle_raw.raw_thing ORDER BY id")).toEqual(
        expect.arrayContaining([["Ann"], ["joann"], [null]]),
      );
      expect(await count("lifecycle_raw.raw_thing")).toBe(others.length);
      const [after] = [...(await warehouse.builds.rawVersions(["raw_thing"])).values()];
      expect(after).not.toEqual(before);
    });

    // The stand-in for BigQuery does not write objects as BigQuery does, and says so.
    it("looks for values in objects, not for keys (DuckDB)", async () => {
      if (warehouse.engine === "bigquery") return;
      const tags = [{ a: { b: "ann" } }, { ann: "bob" }, { ann: "ann" }, { c: ["ann"] }];
      await warehouse.load(
        request([
          await land(
            folder,
            tags.map((each, i) => ({ id: String(i), tags: each, ...stamps() })),
          ),
        ]),
      );
      expect(await erase(["ann"])).toEqual({ rows: 3 });
      expect(await rows("SELECT id FROM lifecycle_raw.raw_thing")).toEqual([["1"]]);
    });

    it("of nothing, or from a table that is not there, takes nothing", async () => {
      await warehouse.load(request([await land(folder, things(2))]));
      expect(await erase([])).toEqual({ rows: 0 });
      expect(await erase(["nobody"])).toEqual({ rows: 0 });
      expect(await erase(["ann"], [], "raw_elsewhere")).toEqual({ rows: 0 });
      expect(await count("lifecycle_raw.raw_thing")).toBe(2);
    });
  });

  describe("a CSV file where it lies", () => {
    const people = 'name,city,extra\r\nAnn,Oslo,1\r\n"Bo ""B""","New\nYork",2\r\nAnn,Oslo,1\r\n';

    it("keeps every row with its number, and text as received", async () => {
      const file = await csvFile(folder, `\uFEFF${people}`);
      expect(await warehouse.load(csvRequest(file, ["city", "name"]))).toEqual({ rows: 3, rejected: 0 });
      const sql =
        "SELECT _row_number, name, city, _source_sha256, workspace, pass, _load_id FROM lifecycle_raw.raw_people ORDER BY _row_number";
      expect(await rows(sql)).toEqual([
        [1, "Ann", "Oslo", "c0ffee", "main", 1, loadId],
        [2, 'Bo "B"', "New\nYork", "c0ffee", "main", 1, loadId],
        [3, "Ann", "Oslo", "c0ffee", "main", 1, loadId],
      ]);
    });

    it("numbers the rows of a long file in its order", async () => {
      const lines = Array.from({ length: 60_000 }, (_, index) => `${index + 1},x`).join("\n");
      expect(
        await warehouse.load(csvRequest(await csvFile(folder, `a,b\n${lines}`), ["a", "b"])),
      ).toMatchObject({ rows: 60_000 });
      const sql = "SELECT count(*) FROM lifecycle_raw.raw_people WHERE CAST(a AS INT64) = _row_number";
      expect(await rows(warehouse.engine === "bigquery" ? sql : sql.replace("INT64", "BIGINT"))).toEqual([
        [60_000],
      ]);
    });

    it("counts a file once, its rejected records too", async () => {
      const file = await csvFile(folder, "a,b\n1,2\n3\n4,5\n");
      for (let again = 0; again < 2; again++) {
        expect(await warehouse.load(csvRequest(file, ["a", "b"]))).toEqual({ rows: 2, rejected: 1 });
      }
      expect(await count("lifecycle_raw.raw_people")).toBe(2);
      expect(
        await rows("SELECT target, line_number, row_text, _load_id FROM lifecycle_raw.raw_rejected_row"),
      ).toEqual([["raw_people", 3, "3", expect.stringContaining(loadId)]]);
    });

    it("forgets the rejected records of an earlier try, and keeps those of other tables", async () => {
      const first = await csvFile(folder, "a,b\n1,2\n3\n4,5\n");
      await warehouse.load(csvRequest(first, ["a", "b"]));
      await warehouse.load({ ...csvRequest(first, ["a", "b"]), table: "raw_others" });
      const mended = await csvFile(folder, "a,b\n1,2\n3,3\n4,5\n");
      expect(await warehouse.load(csvRequest(mended, ["a", "b"]))).toEqual({ rows: 3, rejected: 0 });
      expect(await count("lifecycle_raw.raw_people")).toBe(3);
      expect(await rows("SELECT target FROM lifecycle_raw.raw_rejected_row")).toEqual([["raw_others"]]);
    });

    it.each([
      ["missing column", "a,c\n1,2\n", "source.missing_column"],
      ["empty file", "", "source.empty_file"],
      ["column twice", "a,b,a\n1,2,3\n", "source.duplicate_column"],
      ["UTF-16", Buffer.from("\uFEFFa,b\n1,2\n", "utf16le"), "source.encoding"],
      ["too many rejects", "a,b\n1\n2\n3,4\n", "source.too_many_rejects"],
    ])("refuses a file with %s as the person's mistake", async (_, text, code) => {
      const load = warehouse.load(csvRequest(await csvFile(folder, text), ["a", "b"]));
      await expect(load).rejects.toMatchObject({ code });
      await expect(load).rejects.toBeInstanceOf(InputError);
      expect(await codeOf(warehouse.query("SELECT count(*) FROM lifecycle_raw.raw_people"))).toMatch(
        NO_TABLE,
      );
    });
  });

  describe("materialise and publish", () => {
    const build = (sql: string, jobId: string, more = {}) =>
      warehouse.materialise({ table: "agg_thing", sql, jobId, ...more });
    const buildAudited = async (sql: string, jobId: string, more = {}) => {
      const built = await build(sql, jobId, more);
      await warehouse.builds.audit("agg_thing", built.version, "its tests");
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
      const answer = await warehouse.query("SELECT * FROM lifecycle_build.agg_thing");
      expect(answer.columns).toEqual(columns.map(({ name, type }) => ({ name, type })));
      expect(answer.rows).toEqual([[3, "1", "1.5", 1, "2026-01-02", "2026-01-02T03:04:05.000Z"]]);
    });

    it("shows the published table only after publishing, then old or new", async () => {
      await buildAudited("SELECT 1 AS v", "b1");
      expect(await codeOf(warehouse.query("SELECT v FROM agg_thing"))).toMatch(NO_TABLE);
      await warehouse.publish("agg_thing", "b1");
      await buildAudited("SELECT 2 AS v, 'new' AS w", "b2");
      expect(await rows("SELECT * FROM agg_thing")).toEqual([[1]]);
      await warehouse.publish("agg_thing", "b2");
      await warehouse.publish("agg_thing", "b2");
      expect(await rows("SELECT * FROM agg_thing")).toEqual([[2, "new"]]);
    });

    it("builds anew when the text changed under the same id", async () => {
      await buildAudited("SELECT 1 AS v", "same");
      await warehouse.publish("agg_thing", "same");
      await buildAudited("SELECT 2 AS v", "same");
      await warehouse.publish("agg_thing", "same");
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
      await warehouse.publish("agg_thing", "b1");
      const second = await build("SELECT 2 AS v", "b2");
      expect(await codeOf(warehouse.publish("agg_thing", "b2"))).toBe("warehouse.not_audited");
      await build("SELECT 3 AS v", "b3");
      await warehouse.builds.audit("agg_thing", second.version, "its tests");
      expect(await codeOf(warehouse.publish("agg_thing", "b3"))).toBe("warehouse.not_audited");
      expect(await rows("SELECT * FROM agg_thing")).toEqual([[1]]);
    });

    it("keeps in its ledger what was built from what, audited and published", async () => {
      const built = await build("SELECT 1 AS v", "b1", { hash: "h", inputs: { raw_thing: 7 } });
      const [before] = await warehouse.builds.list();
      expect(before).toMatchObject({ table: "agg_thing", hash: "h", inputs: { raw_thing: 7 }, rows: 1 });
      expect([before!.auditedAs, before!.publishedVersion]).toEqual([undefined, undefined]);
      await warehouse.builds.confirm("agg_thing", built.version, { raw_thing: 8 });
      await warehouse.builds.audit("agg_thing", built.version, "its tests");
      await warehouse.publish("agg_thing", "b1");
      expect((await warehouse.builds.list())[0]).toMatchObject({
        version: built.version,
        inputs: { raw_thing: 8 },
        auditedAs: "its tests",
        publishedVersion: built.version,
      });
      const again = await build("SELECT 2 AS v", "b2");
      expect(again.version).toBeGreaterThan(built.version);
      const [after] = await warehouse.builds.list();
      expect([after!.auditedAs, after!.publishedVersion]).toEqual([undefined, built.version]);
    });

    it("keeps a view, whose rows are those of now, and publishes none: no test saw them", async () => {
      const view = { how: { mode: "view" as const } };
      await warehouse.materialise({ table: "stg_thing", sql: "SELECT 1 AS v", jobId: "s1" });
      const columns: Column[] = [{ name: "v", type: "STRING" }];
      const sql = "SELECT v FROM lifecycle_build.stg_thing";
      await buildAudited("SELECT 5 AS v", "t1");
      await warehouse.publish("agg_thing", "t1");
      expect(await buildAudited(sql, "v1", { ...view, columns })).toMatchObject({ rows: 1 });
      const more = "SELECT 1 AS v UNION ALL SELECT 2";
      await warehouse.materialise({ table: "stg_thing", sql: more, jobId: "s2" });
      expect(await rows("SELECT v FROM lifecycle_build.agg_thing ORDER BY v")).toEqual([["1"], ["2"]]);
      expect(await codeOf(warehouse.publish("agg_thing", "v1"))).toBe("warehouse.view_not_published");
      expect(await rows("SELECT v FROM agg_thing")).toEqual([[5]]);
      await buildAudited("SELECT 6 AS v", "t2");
      await warehouse.publish("agg_thing", "t2");
      expect(await rows("SELECT v FROM agg_thing")).toEqual([[6]]);
    });

    it("refuses a view that cannot be read, and keeps the one there was", async () => {
      await build("SELECT 1 AS v", "v1", { how: { mode: "view" } });
      const bad = build("SELECT nothing FROM lifecycle_build.agg_thing", "v2", { how: { mode: "view" } });
      expect(await codeOf(bad)).toBe("warehouse.sql_failed");
      expect(await rows("SELECT * FROM lifecycle_build.agg_thing")).toEqual([[1]]);
    });

    it("gives a raw table another version with each load that changed it", async () => {
      const version = async () => (await warehouse.builds.rawVersions(["raw_thing"])).get("raw_thing")!;
      expect(await version()).toBe(0);
      await warehouse.load(request([await land(folder, things(2))]));
      const first = await version();
      expect(first).toBeGreaterThan(0);
      expect(await version()).toBe(first);
      const other = `${loadId}-2`;
      await warehouse.load(request([await land(folder, things(2, other))], { loadId: other }));
      expect(await version()).toBeGreaterThan(first);
    });

    it("says which table is missing", async () => {
      await expect(warehouse.publish("agg_none", "x")).rejects.toMatchObject({
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
      await warehouse.publish("agg_thing", "b1");
      const output = await mkdtemp(join(folder, "out-"));
      const path = join(output, "agg_thing.parquet");
      await warehouse.exportParquet("agg_thing", path);
      await warehouse.exportParquet("agg_thing", path);
      expect(await readdir(output)).toEqual(["agg_thing.parquet"]);
      const reader = await openDuckdbWarehouse({ path: join(folder, "reader.duckdb") });
      const answer = await reader.query(`SELECT v, m, d, note FROM read_parquet('${path}') ORDER BY v`);
      await reader.close();
      expect(answer.columns).toEqual(columns.map(({ name, type }) => ({ name, type })));
      expect(answer.rows).toEqual([
        [1, "1.25", "2026-01-02", null],
        [2, "3", "2026-01-03", "x"],
      ]);
    });
  });

  describe("a build of a part", () => {
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
      warehouse.materialise({
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
      expect(await warehouse.builds.partitionsSince("agg_part", 0)).toEqual(["2026-01-01"]);
      expect(await warehouse.builds.partitionsSince("agg_part", built.version)).toEqual([]);
    });

    it("knows which days were built since, and none of a table that a merge has changed", async () => {
      const first = await whole(start);
      const days = ["2026-01-01", "2026-01-02", "2026-01-03"];
      expect(await warehouse.builds.partitionsSince("agg_part", 0)).toEqual(days);
      expect(await warehouse.builds.partitionsSince("agg_part", first.version)).toEqual([]);
      await build([], overwrite("2026-01-03"));
      expect(await warehouse.builds.partitionsSince("agg_part", first.version)).toEqual(["2026-01-03"]);
      await whole(start.slice(0, 1));
      // Days that have lost their rows were built too.
      expect(await warehouse.builds.partitionsSince("agg_part", first.version)).toEqual(days);
      await build([["2026-01-01", "a", 7]], { mode: "merge", key: ["id"] });
      expect(await warehouse.builds.partitionsSince("agg_part", 0)).toBe("all");
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
      await warehouse.builds.audit("agg_part", first.version, "its tests");
      await warehouse.publish("agg_part", "p1");
      const part = await build([], overwrite("2026-01-02"), { hash: "h", inputs: { raw_thing: 3 } });
      expect(part.version).toBeGreaterThan(first.version);
      expect(await codeOf(warehouse.publish("agg_part", "p2"))).toBe("warehouse.not_audited");
      expect((await warehouse.builds.list())[0]).toMatchObject({
        version: part.version,
        hash: "h",
        inputs: { raw_thing: 3 },
        rows: 2,
        auditedAs: undefined,
        publishedVersion: first.version,
      });
      expect((await rows("SELECT n FROM agg_part")).length).toBe(4);
      await warehouse.builds.audit("agg_part", part.version, "its tests");
      await warehouse.publish("agg_part", "p3");
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
        if (warehouse.engine === "bigquery") {
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
        for (let again = 0; again < 2; again++)
          await build([], how, { sql, columns, partitionBy: undefined });
        const expected = createHash("md5")
          .update(
            "id=1:kratio=3:1.5is_on=4:trueday=10:2026-01-02nothing=-amount=3:2.5seen_at=22:2026-01-02 03:04:05+00",
          )
          .digest("hex");
        expect(await rows("SELECT record_hash FROM lifecycle_build.agg_part")).toEqual([[expected]]);
      });
    });
  });

  describe("what a raw table got", () => {
    const version = async () => (await warehouse.builds.rawVersions(["raw_thing"])).get("raw_thing")!;
    const load = async (id: string, n = 2) =>
      warehouse.load(request([await land(folder, things(n, id))], { loadId: id }));

    it("names the loads since a version, with the instants between which their rows were extracted", async () => {
      await load("one");
      const since = await version();
      expect(await warehouse.builds.loadsSince("raw_thing", since)).toMatchObject({ loadIds: [] });
      await load("two");
      await load("three");
      const found = await warehouse.builds.loadsSince("raw_thing", since);
      expect(found).toMatchObject({ loadIds: ["three", "two"] });
      const { extractedFrom, extractedUntil } = found as NewLoads;
      expect([extractedFrom, extractedUntil].map((at) => new Date(at).toISOString())).toEqual([
        "2026-04-11T06:00:00.000Z",
        "2026-04-11T06:00:00.000Z",
      ]);
      expect(await warehouse.builds.loadsSince("raw_thing", 0)).toMatchObject({
        loadIds: ["one", "three", "two"],
      });
    });

    it("says that all is new when rows seen by then have changed or gone", async () => {
      await load("one");
      const since = await version();
      await load("one", 3);
      expect(await warehouse.builds.loadsSince("raw_thing", since)).toBe("all");
      const next = await version();
      await warehouse.load(request([], { loadId: "one" }));
      expect(await warehouse.builds.loadsSince("raw_thing", next)).toBe("all");
    });

    it("does not change by a load that brought nothing", async () => {
      await load("one");
      const since = await version();
      await warehouse.load(request([await land(folder, [])], { loadId: "empty" }));
      expect(await version()).toBe(since);
    });
  });

  describe("query", () => {
    const numbers = (until: number) =>
      `SELECT n FROM unnest(generate_series(1, ${until})) AS t(n) ORDER BY n`;

    it("pages through a long answer and says where it was cut", async () => {
      const whole = await warehouse.query(numbers(25_000), { maxRows: 25_000 });
      expect([whole.rows.length, whole.rows.at(-1), whole.truncated]).toEqual([25_000, [25_000], false]);
      const cut = await warehouse.query(numbers(25_000), { maxRows: 12_345 });
      expect([cut.rows.length, cut.rows.at(-1), cut.truncated]).toEqual([12_345, [12_345], true]);
    });

    it("gives columns even when there are no rows", async () => {
      const answer = await warehouse.query("SELECT 1 AS a, 'x' AS b WHERE 1 = 0");
      expect(answer).toEqual({
        columns: [
          { name: "a", type: "INT64" },
          { name: "b", type: "STRING" },
        ],
        rows: [],
        truncated: false,
      });
    });

    it("gives integers beyond 2^53 as text, and lists and structs as JSON has them", async () => {
      expect(await rows("SELECT 9007199254740993 AS a, [1, 2] AS b, {'x': 1, 'y': 'z'} AS c")).toEqual([
        ["9007199254740993", [1, 2], { x: 1, y: "z" }],
      ]);
    });

    it("classifies wrong SQL as fatal", async () => {
      expect(await codeOf(warehouse.query("SELECT nope"))).toBe("warehouse.sql_failed");
      expect(await codeOf(warehouse.query("SELEC 1"))).toBe("warehouse.sql_failed");
    });

    const endless = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b";

    it("stops after the time it was given", async () => {
      expect(await codeOf(warehouse.query(endless, { timeoutMs: 200 }))).toBe("warehouse.timeout");
      expect(await rows("SELECT 1")).toEqual([[1]]);
    });

    it("stops when nobody waits any more", async () => {
      const waiting = new AbortController();
      const query = warehouse.query(endless, { signal: waiting.signal });
      setTimeout(() => waiting.abort(new Error("gone")), 50);
      await expect(query).rejects.toThrow("gone");
      expect(await rows("SELECT 1")).toEqual([[1]]);
    });
  });
});
