import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { type BuildMode, type DuckdbWarehouse, openDuckdbWarehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** What DuckDB copies when it publishes: what readers see is the contract suite's. */
describe("publishing on DuckDB", () => {
  let folder: string;
  let path: string;
  let warehouse: DuckdbWarehouse;
  let builds = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "publish-"));
    path = join(folder, "warehouse.duckdb");
    await reopen();
    await warehouse.bootstrap();
  });
  afterEach(async () => {
    await warehouse.close();
    await rm(folder, { recursive: true });
  });

  async function reopen(): Promise<void> {
    warehouse = (await openDuckdbWarehouse({ path })) as DuckdbWarehouse;
  }

  /** Does something to the file behind the warehouse's back. */
  async function meddle(sql: string): Promise<void> {
    await warehouse.close();
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(sql);
    connection.closeSync();
    instance.closeSync();
    await reopen();
  }

  const date = (day: number) => `2026-01-${String(day).padStart(2, "0")}`;
  const rowsOf = (days: readonly number[], v: number) =>
    days.map((day) => `SELECT DATE '${date(day)}' AS day, ${day} AS id, ${v} AS v`).join(" UNION ALL ");
  const select = (days: readonly number[], v: number) =>
    days.length === 0 ? `${rowsOf([1], v)} LIMIT 0` : rowsOf(days, v);

  async function build(sql: string, how: BuildMode, table = "agg_x"): Promise<void> {
    const jobId = `b${++builds}`;
    const { version } = await warehouse.materialise({ table, sql, partitionBy: "day", jobId, how });
    await warehouse.builds.audit(table, version, "its tests");
  }
  const whole = (days: readonly number[], v: number, table?: string) =>
    build(select(days, v), { mode: "table" }, table);
  const byKey = (days: readonly number[], v: number, table?: string) =>
    build(select(days, v), { mode: "merge", key: ["id"] }, table);
  const byDayAndKey = (days: readonly number[], v: number, table?: string) =>
    build(select(days, v), { mode: "merge", key: ["day", "id"] }, table);
  const parts = (days: readonly number[], v: number, replaced = days, table?: string) =>
    build(select(days, v), { mode: "partition_overwrite", partitions: replaced.map(date) }, table);
  const publish = (table = "agg_x") => warehouse.publish(table, `p${builds}`);
  const rows = async (relation: string) => {
    const answer = await warehouse.query(`SELECT CAST(day AS STRING), id, v FROM ${relation} ORDER BY ALL`);
    return answer.rows.map((row) => row.join(" "));
  };

  it("copies the days that were built since, and no other", async () => {
    await whole([1, 2, 3], 1);
    await publish();
    await meddle("UPDATE lifecycle.agg_x SET v = 99 WHERE id = 1");
    await parts([2], 2);
    await parts([4], 3, [3, 4]);
    await publish();
    expect(await rows("agg_x")).toEqual(["2026-01-01 1 99", "2026-01-02 2 2", "2026-01-04 4 3"]);
    await publish();
    expect((await rows("agg_x"))[0]).toBe("2026-01-01 1 99");
  });

  it("copies the keys that were replaced or taken away since, and no other", async () => {
    await whole([1, 2, 3, 4, 5, 6, 7, 8], 1);
    await publish();
    await meddle("UPDATE lifecycle.agg_x SET v = 99 WHERE id = 1");
    await byKey([2], 2);
    await build(select([], 3), { mode: "merge", key: ["id"], gone: "SELECT 3 AS id UNION ALL SELECT NULL" });
    await build("SELECT CAST(NULL AS DATE) AS day, CAST(NULL AS BIGINT) AS id, CAST(4 AS BIGINT) AS v", {
      mode: "merge",
      key: ["id"],
    });
    await byKey([2], 5);
    const others = [4, 5, 6, 7, 8].map((day) => `${date(day)} ${day} 1`);
    await publish();
    expect(await rows("agg_x")).toEqual(["  4", `${date(1)} 1 99`, `${date(2)} 2 5`, ...others]);
    await byKey([2], 6);
    await publish();
    expect(await rows("agg_x")).toEqual(["  4", `${date(1)} 1 99`, `${date(2)} 2 6`, ...others]);
  });

  it("copies the versions of the keys that have a new one, and no other", async () => {
    const how: BuildMode = { mode: "snapshot", key: ["id"], check: ["v"], updatedAt: "day" };
    const given = (day: number, ...versions: [id: number, v: number][]) =>
      versions
        .map(([id, v]) => `SELECT DATE '${date(day)}' AS day, ${id} AS id, ${v} AS v`)
        .join(" UNION ALL ");
    await build(given(1, [1, 1], [2, 1], [3, 1], [4, 1]), how);
    await publish();
    await meddle("UPDATE lifecycle.agg_x SET v = 99 WHERE id = 1");
    await build(given(2, [1, 1], [2, 2], [3, 1]), how);
    await publish();
    const ids = "SELECT id, v, is_current FROM agg_x ORDER BY ALL";
    expect((await warehouse.query(ids)).rows.map((row) => row.join(" "))).toEqual([
      "1 99 true",
      "2 1 false",
      "2 2 true",
      "3 1 true",
      "4 1 true",
    ]);
  });

  it("takes nothing away when it fails half-way, and then copies the same keys again", async () => {
    await whole([1, 2, 3, 4], 1);
    await publish();
    await byKey([1], 2);
    await build(`SELECT DATE '${date(2)}' AS day, 2 AS id, CAST(NULL AS INTEGER) AS v`, {
      mode: "merge",
      key: ["id"],
    });
    await meddle("ALTER TABLE lifecycle.agg_x ALTER v SET NOT NULL"); // the rows that come do not fit, those that go do
    const before = await rows("agg_x");
    await expect(publish()).rejects.toThrow("NOT NULL");
    expect(await rows("agg_x")).toEqual(before);
    await meddle(
      "ALTER TABLE lifecycle.agg_x ALTER v DROP NOT NULL; UPDATE lifecycle.agg_x SET v = 99 WHERE id = 3",
    );
    await publish();
    expect(await rows("agg_x")).toEqual([
      `${date(1)} 1 2`,
      `${date(2)} 2 `,
      `${date(3)} 3 99`,
      `${date(4)} 4 1`,
    ]);
  });

  it("keeps no list of keys that are most of the table, nor of what nobody publishes", async () => {
    const kept = async () =>
      (
        await warehouse.query(
          "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '\\_unpublished\\_keys%' ESCAPE '\\'",
        )
      ).rows.flat();
    await whole([1, 2, 3, 4], 1);
    await byKey([1], 2);
    expect(await kept()).toEqual([]);
    await publish();
    await byKey([1, 2], 2);
    expect(await kept()).toEqual(["_unpublished_keys__agg_x"]);
    await byKey([3], 2);
    expect(await kept()).toEqual([]);
    await publish();
    await byKey([1], 3);
    await publish();
    expect(await kept()).toEqual([]);
    await byKey([1], 4);
    await whole([1, 2], 5);
    expect(await kept()).toEqual([]);
  });

  it("copies all of a table of which anything else was built since, or that does not fit", async () => {
    const since: Record<string, (table: string) => Promise<void>> = {
      agg_whole: (table) => whole([1, 2], 5, table),
      agg_most_keys: (table) => byKey([1, 2], 5, table),
      agg_days_then_key: (table) => parts([2], 6, [2], table).then(() => byKey([2], 5, table)),
      agg_two_keys: (table) => byKey([2], 5, table).then(() => byDayAndKey([2], 6, table)),
      agg_whole_then_days: (table) => whole([1, 2], 5, table).then(() => parts([2], 6, [2], table)),
      agg_key_then_days: (table) => byKey([2], 5, table).then(() => parts([2], 6, [2], table)),
      agg_column_less: (table) => parts([2], 6, [2], table),
      agg_gone: (table) => parts([2], 6, [2], table),
    };
    for (const table of Object.keys(since)) {
      await whole([1, 2], 1, table);
      await publish(table);
    }
    const spoil = Object.keys(since).map((table) => `UPDATE lifecycle.${table} SET v = 99 WHERE id = 1;`);
    await meddle(
      `${spoil.join("")} ALTER TABLE lifecycle.agg_column_less DROP COLUMN v; DROP TABLE lifecycle.agg_gone`,
    );
    for (const [table, change] of Object.entries(since)) {
      await change(table);
      await publish(table);
      const [first, ...others] = await rows(table);
      expect([table, others.length, first]).toEqual([table, 1, expect.not.stringContaining("99")]);
      expect([first, ...others]).toEqual(await rows(`lifecycle_build.${table}`));
    }
  });

  it("builds a table where a view stood whose own table is gone", async () => {
    await whole([1], 1, "agg_y");
    await build("SELECT day, id, v FROM lifecycle_build.agg_y", { mode: "view" });
    await meddle("DROP TABLE lifecycle_build.agg_y");
    await whole([1, 2], 2);
    await publish();
    expect(await rows("agg_x")).toEqual([`${date(1)} 1 2`, `${date(2)} 2 2`]);
  });

  it("shows what was built, after any sequence of builds and publishings", async () => {
    let state = 7;
    const roll = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const some = () => Array.from({ length: 6 }, (_, day) => day + 1).filter(() => roll(3) === 0);
    await whole([1, 2, 3], 0);
    for (let step = 1; step <= 60; step++) {
      const kind = roll(8);
      if (kind === 0) await whole(some(), step);
      else if (kind === 1) await byKey(some(), step);
      else if (kind <= 3) await byKey([1 + roll(6)], step);
      else if (kind === 4)
        await build(select([], step), { mode: "merge", key: ["id"], gone: `SELECT ${1 + roll(6)} AS id` });
      else {
        const replaced = some();
        await parts(
          replaced.filter(() => roll(4) > 0),
          step,
          replaced,
        );
      }
      if (roll(2) === 0) continue;
      await publish();
      expect([step, await rows("agg_x")]).toEqual([step, await rows("lifecycle_build.agg_x")]);
    }
  });
});
