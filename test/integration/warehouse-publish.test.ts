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

  it("copies all of a table of which anything else was built since, or that does not fit", async () => {
    const since: Record<string, (table: string) => Promise<void>> = {
      agg_whole: (table) => whole([1, 2], 5, table),
      agg_key: (table) => byKey([2], 5, table),
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
