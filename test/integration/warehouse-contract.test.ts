import { errorCode, InputError } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { drivers, NO_TABLE } from "./warehouse-support/drivers.ts";
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
import { warehouseForEach } from "./warehouse-support/for-each.ts";

describe.each(drivers)("a warehouse on $name", ({ open }) => {
  const place = warehouseForEach(open);
  const rows = async (sql: string) => (await place.warehouse.query(sql)).rows;
  const count = async (table: string) => (await rows(`SELECT count(*) FROM ${table}`))[0]![0];
  const codeOf = (work: Promise<unknown>) => work.then(() => "done", errorCode);

  describe("bootstrap", () => {
    it("makes the given raw tables, and again changes nothing", async () => {
      const table = { table: "raw_thing", columns: everyType };
      await place.warehouse.bootstrap([table]);
      await place.warehouse.load(request([await land(place.folder, things(2))]));
      await place.warehouse.bootstrap([table]);
      expect(await count("lifecycle_raw.raw_thing")).toBe(2);
      expect(await count("lifecycle_raw.raw_rejected_row")).toBe(0);
    });
  });

  it("gets the columns that a newer version of the program wants when it begins", async () => {
    const older = everyType.filter(({ name }) => name !== "tags");
    await place.warehouse.bootstrap([{ table: "raw_thing", columns: older }]);
    const reading = "SELECT id, tags FROM lifecycle_raw.raw_thing";
    expect(await codeOf(place.warehouse.query(reading))).not.toBe("done");
    await place.warehouse.bootstrap([{ table: "raw_thing", columns: everyType }]);
    expect(await codeOf(place.warehouse.query(reading))).toBe("done");
  });

  describe("erase", () => {
    const columns = everyType.filter(({ name }) => name === "id" || name === "tags");
    const erase = (exact: string[], anyCase: string[] = [], table = "raw_thing") =>
      place.warehouse.erase({ table, columns, needles: { exact, anyCase }, jobId: `erase__${exact[0]}` });
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
      await place.warehouse.load(request([await land(place.folder, [...held, ...others])]));
      const [before] = [...(await place.warehouse.builds.rawVersions(["raw_thing"])).values()];
      expect(await erase(["ann", awkward], ["ann@example.org"])).toEqual({ rows: held.length });
      expect(await rows("SELECT id FROM lifecycle_raw.raw_thing ORDER BY id")).toEqual(
        expect.arrayContaining([["Ann"], ["joann"], [null]]),
      );
      expect(await count("lifecycle_raw.raw_thing")).toBe(others.length);
      const [after] = [...(await place.warehouse.builds.rawVersions(["raw_thing"])).values()];
      expect(after).not.toEqual(before);
    });

    // The stand-in for BigQuery does not write objects as BigQuery does, and says so.
    it("looks for values in objects, not for keys (DuckDB)", async () => {
      if (place.warehouse.engine === "bigquery") return;
      const tags = [{ a: { b: "ann" } }, { ann: "bob" }, { ann: "ann" }, { c: ["ann"] }];
      await place.warehouse.load(
        request([
          await land(
            place.folder,
            tags.map((each, i) => ({ id: String(i), tags: each, ...stamps() })),
          ),
        ]),
      );
      expect(await erase(["ann"])).toEqual({ rows: 3 });
      expect(await rows("SELECT id FROM lifecycle_raw.raw_thing")).toEqual([["1"]]);
    });

    it("of nothing, or from a table that is not there, takes nothing", async () => {
      await place.warehouse.load(request([await land(place.folder, things(2))]));
      expect(await erase([])).toEqual({ rows: 0 });
      expect(await erase(["nobody"])).toEqual({ rows: 0 });
      expect(await erase(["ann"], [], "raw_elsewhere")).toEqual({ rows: 0 });
      expect(await count("lifecycle_raw.raw_thing")).toBe(2);
    });
  });

  describe("a CSV file where it lies", () => {
    const people = 'name,city,extra\r\nAnn,Oslo,1\r\n"Bo ""B""","New\nYork",2\r\nAnn,Oslo,1\r\n';

    it("keeps every row with its number, and text as received", async () => {
      const file = await csvFile(place.folder, `\uFEFF${people}`);
      expect(await place.warehouse.load(csvRequest(file, ["city", "name"]))).toEqual({
        rows: 3,
        rejected: 0,
      });
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
        await place.warehouse.load(csvRequest(await csvFile(place.folder, `a,b\n${lines}`), ["a", "b"])),
      ).toMatchObject({ rows: 60_000 });
      const sql = "SELECT count(*) FROM lifecycle_raw.raw_people WHERE CAST(a AS INT64) = _row_number";
      expect(
        await rows(place.warehouse.engine === "bigquery" ? sql : sql.replace("INT64", "BIGINT")),
      ).toEqual([[60_000]]);
    });

    it("counts a file once, its rejected records too", async () => {
      const file = await csvFile(place.folder, "a,b\n1,2\n3\n4,5\n");
      for (let again = 0; again < 2; again++) {
        expect(await place.warehouse.load(csvRequest(file, ["a", "b"]))).toEqual({ rows: 2, rejected: 1 });
      }
      expect(await count("lifecycle_raw.raw_people")).toBe(2);
      expect(
        await rows("SELECT target, line_number, row_text, _load_id FROM lifecycle_raw.raw_rejected_row"),
      ).toEqual([["raw_people", 3, "3", expect.stringContaining(loadId)]]);
    });

    it("forgets the rejected records of an earlier try, and keeps those of other tables", async () => {
      const first = await csvFile(place.folder, "a,b\n1,2\n3\n4,5\n");
      await place.warehouse.load(csvRequest(first, ["a", "b"]));
      await place.warehouse.load({ ...csvRequest(first, ["a", "b"]), table: "raw_others" });
      const mended = await csvFile(place.folder, "a,b\n1,2\n3,3\n4,5\n");
      expect(await place.warehouse.load(csvRequest(mended, ["a", "b"]))).toEqual({ rows: 3, rejected: 0 });
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
      const load = place.warehouse.load(csvRequest(await csvFile(place.folder, text), ["a", "b"]));
      await expect(load).rejects.toMatchObject({ code });
      await expect(load).rejects.toBeInstanceOf(InputError);
      expect(await codeOf(place.warehouse.query("SELECT count(*) FROM lifecycle_raw.raw_people"))).toMatch(
        NO_TABLE,
      );
    });
  });

  describe("query", () => {
    const numbers = (until: number) =>
      `SELECT n FROM unnest(generate_series(1, ${until})) AS t(n) ORDER BY n`;

    it("pages through a long answer and says where it was cut", async () => {
      const whole = await place.warehouse.query(numbers(25_000), { maxRows: 25_000 });
      expect([whole.rows.length, whole.rows.at(-1), whole.truncated]).toEqual([25_000, [25_000], false]);
      const cut = await place.warehouse.query(numbers(25_000), { maxRows: 12_345 });
      expect([cut.rows.length, cut.rows.at(-1), cut.truncated]).toEqual([12_345, [12_345], true]);
    });

    it("gives columns even when there are no rows", async () => {
      const answer = await place.warehouse.query("SELECT 1 AS a, 'x' AS b WHERE 1 = 0");
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
      expect(await codeOf(place.warehouse.query("SELECT nope"))).toBe("warehouse.sql_failed");
      expect(await codeOf(place.warehouse.query("SELEC 1"))).toBe("warehouse.sql_failed");
    });

    const endless = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b";

    it("stops after the time it was given", async () => {
      expect(await codeOf(place.warehouse.query(endless, { timeoutMs: 200 }))).toBe("warehouse.timeout");
      expect(await rows("SELECT 1")).toEqual([[1]]);
    });

    it("stops when nobody waits any more", async () => {
      const waiting = new AbortController();
      const query = place.warehouse.query(endless, { signal: waiting.signal });
      setTimeout(() => waiting.abort(new Error("gone")), 50);
      await expect(query).rejects.toThrow("gone");
      expect(await rows("SELECT 1")).toEqual([[1]]);
    });
  });
});
