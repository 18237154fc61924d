import type { BuildMode } from "@lifecycle/warehouse";
import { describe, expect, it, vi } from "vitest";
import { connectTo, tableUrl } from "./warehouse-support/drivers.ts";
import { everyType, land, request, things } from "./warehouse-support/files.ts";
import { bigqueryForEach } from "./warehouse-support/for-each.ts";

describe("what the BigQuery driver keeps of its work", () => {
  const place = bigqueryForEach([{ table: "raw_thing", columns: everyType }]);

  describe("what a raw table got", () => {
    const add = async (id: string) =>
      place.warehouse.load(request([await land(place.folder, things(2, id))], { loadId: id }));
    const version = async () => (await place.warehouse.builds.rawVersions(["raw_thing"])).get("raw_thing")!;
    const since = (known: number) => place.warehouse.builds.loadsSince("raw_thing", known);

    it("is all new after the table was made anew, and from then on what came since", async () => {
      await add("one");
      const before = await version();
      await fetch(tableUrl(place.server, "lifecycle_raw", "raw_thing"), { method: "DELETE" });
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
      expect(await place.warehouse.erase({ table: "raw_thing", columns, needles, jobId: "e" })).toEqual({
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
    const resource = (table: string) => tableUrl(place.server, "lifecycle_build", table);
    const clustering = async (table: string) =>
      ((await (await fetch(resource(table))).json()) as { clustering?: unknown }).clustering;

    it("is clustered by what is asked of it, also where it stood before", async () => {
      expect(await clustering("_raw_load")).toEqual({ fields: ["table_name"] });
      const body = JSON.stringify({ clustering: null });
      await fetch(resource("_model_interval"), { method: "PATCH", body });
      expect(await clustering("_model_interval")).not.toEqual({ fields: ["model"] });
      await (await connectTo(place.server)).bootstrap();
      expect(await clustering("_model_interval")).toEqual({ fields: ["model"] });
    });

    it("keeps one row of a day, however often it is built, by one job a day", async () => {
      vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-02-01T12:00:00Z") });
      try {
        const builders = [place.warehouse, await connectTo(place.server)];
        let nth = 0;
        const build = async (day: string, how: BuildMode, by = builders[0]!) => {
          const sql = `SELECT CAST('${day}' AS DATE) AS day, ${nth} AS n`;
          return by.materialise({ table: "agg_x", sql, how, partitionBy: "day", jobId: `b${nth++}` });
        };
        const held = async () =>
          (
            await place.warehouse.query(
              "SELECT CAST(partition_date AS STRING), COUNT(*) FROM lifecycle_build._model_interval GROUP BY 1 ORDER BY 1",
            )
          ).rows;
        const first = await build("2026-01-01", { mode: "table" });
        for (const by of builders) await build("2026-01-02", { mode: "partition_overwrite" }, by);
        await build("2026-01-03", { mode: "table" });
        const compactions = () => [...place.server.jobs.keys()].filter((id) => id.startsWith("compact__"));
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
        const since = (version: number) => place.warehouse.builds.partitionsSince("agg_x", version);
        expect(await since(first.version)).toEqual(["2026-01-01", "2026-01-02", "2026-01-03"]);
        expect(await since(last.version)).toEqual(["2026-01-03"]);
      } finally {
        vi.useRealTimers();
      }
    });

    it("stays as it is when it cannot be made shorter, and the build stands", async () => {
      const error = { status: 403, reason: "accessDenied" };
      const build = (jobId: string) =>
        place.warehouse.materialise({
          table: "agg_x",
          sql: "SELECT CAST('2026-01-01' AS DATE) AS day",
          partitionBy: "day",
          jobId,
        });
      place.server.fail({ job: /^compact__/, times: 1, does: "fail-job", error });
      expect(await build("a")).toMatchObject({ rows: 1 });
      expect(await build("b")).toMatchObject({ rows: 1 });
      expect([...place.server.jobs.values()].filter(({ id }) => id.startsWith("compact__")).length).toBe(1);
    });
  });
});
