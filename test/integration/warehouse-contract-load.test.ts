import { type Column, errorCode } from "@lifecycle/contracts";
import type { NewLoads } from "@lifecycle/warehouse";
import { describe, expect, it } from "vitest";
import { drivers } from "./warehouse-support/drivers.ts";
import { everyType, land, loadId, request, stamps, things } from "./warehouse-support/files.ts";
import { warehouseForEach } from "./warehouse-support/for-each.ts";

describe.each(drivers)("a load into $name", ({ open }) => {
  const place = warehouseForEach(open);
  const rows = async (sql: string) => (await place.warehouse.query(sql)).rows;
  const count = async (table: string) => (await rows(`SELECT count(*) FROM ${table}`))[0]![0];
  const codeOf = (work: Promise<unknown>) => work.then(() => "done", errorCode);

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
    await place.warehouse.load(
      request([await land(place.folder, [row, { ...nothing, ...stamps() }, { revenue: 0.1, ...stamps() }])]),
    );
    const answer = await place.warehouse.query(
      "SELECT id, n, ratio, revenue, is_on, day, local_at, `at`, tags, raw FROM lifecycle_raw.raw_thing ORDER BY ratio DESC, revenue DESC".replaceAll(
        "`",
        place.warehouse.engine === "bigquery" ? "`" : '"',
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
      [things(3), things(2), [], things(1)].map((part) => land(place.folder, part)),
    );
    expect(await place.warehouse.load(request(parts))).toEqual({ rows: 6, rejected: 0 });
    expect(await count("lifecycle_raw.raw_thing")).toBe(6);
  });

  it("reads files that are not compressed, and file URLs", async () => {
    const file = await land(place.folder, things(2), "none");
    await place.warehouse.load(request([{ ...file, uri: `file://${file.uri}` }]));
    expect(await count("lifecycle_raw.raw_thing")).toBe(2);
  });

  it("counts a load once, however often it is loaded", async () => {
    const other = "load__main__braze__20260101-20260411__p2__campaigns-data-series";
    await place.warehouse.load(request([await land(place.folder, things(2, other))], { loadId: other }));
    const file = await land(place.folder, things(3));
    for (let again = 0; again < 3; again++) {
      expect(await place.warehouse.load(request([file]))).toEqual({ rows: 3, rejected: 0 });
    }
    expect(await count("lifecycle_raw.raw_thing")).toBe(5);
  });

  it("replaces its own rows when it comes again with others, or with none", async () => {
    const other = `${loadId}-other`;
    await place.warehouse.load(request([await land(place.folder, things(2, other))], { loadId: other }));
    await place.warehouse.load(request([await land(place.folder, things(3))]));
    expect(await place.warehouse.load(request([await land(place.folder, things(5))]))).toEqual({
      rows: 5,
      rejected: 0,
    });
    expect(await count("lifecycle_raw.raw_thing")).toBe(7);
    await place.warehouse.load(request([await land(place.folder, things(3))]));
    expect(await count("lifecycle_raw.raw_thing")).toBe(5);
    for (let again = 0; again < 2; again++) {
      expect(await place.warehouse.load(request([]))).toEqual({ rows: 0, rejected: 0 });
      expect(await count("lifecycle_raw.raw_thing")).toBe(2);
    }
    await place.warehouse.load(request([await land(place.folder, things(1))]));
    expect(await count("lifecycle_raw.raw_thing")).toBe(3);
  });

  it("makes the table even when nothing was landed", async () => {
    expect(await place.warehouse.load(request([]))).toEqual({ rows: 0, rejected: 0 });
    expect(await count("lifecycle_raw.raw_thing")).toBe(0);
  });

  it("adds a column that is new, and fills one that a file lacks with NULL", async () => {
    const older = everyType.filter(({ name }) => name !== "n");
    await place.warehouse.load(request([await land(place.folder, things(1))], { columns: older }));
    const next = `${loadId}-b`;
    await place.warehouse.load(
      request([await land(place.folder, [{ id: "x", n: 7, ...stamps(next) }])], { loadId: next }),
    );
    const last = `${loadId}-c`;
    await place.warehouse.load(
      request([await land(place.folder, things(1, last))], { loadId: last, columns: older }),
    );
    expect(await rows("SELECT id, n FROM lifecycle_raw.raw_thing ORDER BY id, n")).toEqual([
      ["t0", null],
      ["t0", null],
      ["x", 7],
    ]);
  });

  it("refuses a column of another type, naming table, column, got and expected, and loads nothing", async () => {
    await place.warehouse.load(request([await land(place.folder, things(1))]));
    const changed = everyType.map(
      (column): Column => (column.name === "n" ? { ...column, type: "STRING" } : column),
    );
    const next = `${loadId}-b`;
    const load = place.warehouse.load(
      request([await land(place.folder, things(1, next))], { loadId: next, columns: changed }),
    );
    await expect(load).rejects.toMatchObject({
      code: "warehouse.schema_conflict",
      message: expect.stringMatching(/lifecycle_raw\.raw_thing.*\bn\b.*got STRING.*expected INT64/),
    });
    expect(await count("lifecycle_raw.raw_thing")).toBe(1);
  });

  it("replaces a table whole, its shape too", async () => {
    const snapshot = { disposition: "replace" as const };
    await place.warehouse.load(request([await land(place.folder, things(3))], snapshot));
    const columns: Column[] = [
      { name: "id", type: "INT64" },
      { name: "note", type: "STRING" },
    ];
    const second = await land(place.folder, [{ id: 1, note: "a", beyond: true }]);
    expect(await place.warehouse.load(request([second], { ...snapshot, columns }))).toEqual({
      rows: 1,
      rejected: 0,
    });
    expect(await rows("SELECT * FROM lifecycle_raw.raw_thing")).toEqual([[1, "a"]]);
    await place.warehouse.load(request([], { ...snapshot, columns }));
    expect(await count("lifecycle_raw.raw_thing")).toBe(0);
  });

  it("does not begin a load that nobody waits for any more", async () => {
    await place.warehouse.load(request([await land(place.folder, things(2))]));
    const signal = AbortSignal.abort(new Error("gone"));
    const next = `${loadId}-b`;
    const more = request([await land(place.folder, things(3, next))], { loadId: next });
    await expect(place.warehouse.load(more, { signal })).rejects.toThrow("gone");
    expect(await count("lifecycle_raw.raw_thing")).toBe(2);
    expect(await place.warehouse.load(more)).toEqual({ rows: 3, rejected: 0 });
  });

  it("leaves the table as it was when a file cannot be read", async () => {
    await place.warehouse.load(request([await land(place.folder, things(2))]));
    const next = `${loadId}-b`;
    const good = await land(place.folder, things(2, next));
    const bad = await land(place.folder, [{ id: "x", n: "not a number", ...stamps(next) }]);
    expect(await codeOf(place.warehouse.load(request([good, bad], { loadId: next })))).not.toBe("done");
    expect(await count("lifecycle_raw.raw_thing")).toBe(2);
    // Mended, it is loaded under the id it had.
    const mended = await land(place.folder, things(3, next));
    expect(await place.warehouse.load(request([mended], { loadId: next }))).toEqual({ rows: 3, rejected: 0 });
    expect(await count("lifecycle_raw.raw_thing")).toBe(5);
  });

  describe("what a raw table got", () => {
    const version = async () => (await place.warehouse.builds.rawVersions(["raw_thing"])).get("raw_thing")!;
    const load = async (id: string, n = 2) =>
      place.warehouse.load(request([await land(place.folder, things(n, id))], { loadId: id }));

    it("names the loads since a version, with the instants between which their rows were extracted", async () => {
      await load("one");
      const since = await version();
      expect(await place.warehouse.builds.loadsSince("raw_thing", since)).toMatchObject({ loadIds: [] });
      await load("two");
      await load("three");
      const found = await place.warehouse.builds.loadsSince("raw_thing", since);
      expect(found).toMatchObject({ loadIds: ["three", "two"] });
      const { extractedFrom, extractedUntil } = found as NewLoads;
      expect([extractedFrom, extractedUntil].map((at) => new Date(at).toISOString())).toEqual([
        "2026-04-11T06:00:00.000Z",
        "2026-04-11T06:00:00.000Z",
      ]);
      expect(await place.warehouse.builds.loadsSince("raw_thing", 0)).toMatchObject({
        loadIds: ["one", "three", "two"],
      });
    });

    it("says that all is new when rows seen by then have changed or gone", async () => {
      await load("one");
      const since = await version();
      await load("one", 3);
      expect(await place.warehouse.builds.loadsSince("raw_thing", since)).toBe("all");
      const next = await version();
      await place.warehouse.load(request([], { loadId: "one" }));
      expect(await place.warehouse.builds.loadsSince("raw_thing", next)).toBe("all");
    });

    it("does not change by a load that brought nothing", async () => {
      await load("one");
      const since = await version();
      await place.warehouse.load(request([await land(place.folder, [])], { loadId: "empty" }));
      expect(await version()).toBe(since);
    });
  });
});
