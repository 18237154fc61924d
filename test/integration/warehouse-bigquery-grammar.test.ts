import type { BuildMode } from "@lifecycle/warehouse";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GoogleSql, startGoogleSql } from "./transform-googlesql/googlesql.ts";
import { csvFile, csvRequest, everyType, land, loadId, request, things } from "./warehouse-support/files.ts";
import { bigqueryForEach } from "./warehouse-support/for-each.ts";

const google = await startGoogleSql();

/** The fake understands SQL through our own rewrite: whether it is GoogleSQL at all, only Google's grammar can tell. */
describe.skipIf(!(google instanceof GoogleSql))("every statement that the BigQuery driver writes", () => {
  const place = bigqueryForEach([{ table: "raw_thing", columns: everyType }]);
  let engine: GoogleSql;
  beforeAll(() => {
    if (google instanceof GoogleSql) engine = google;
  });
  afterAll(() => engine.close());

  const day = (n: number, id = "a") => `SELECT DATE '2026-01-0${n}' AS day, '${id}' AS id, ${n} AS n`;
  let builds = 0;
  const build = async (sql: string, how: BuildMode, more: object = {}) => {
    const made = { table: "agg_x", sql, how, partitionBy: "day", jobId: `b${builds++}`, ...more };
    const { version } = await place.warehouse.materialise(made);
    return version;
  };

  async function everything(): Promise<void> {
    const { warehouse, folder } = place;
    const columns = everyType.filter(({ name }) => name === "id" || name === "tags");
    const load = async (rows: number, more: object = {}) =>
      warehouse.load(request([await land(folder, things(rows))], more));
    await load(2);
    await load(3);
    await warehouse.load(request([]));
    await load(1, { table: "raw_whole", disposition: "replace" });
    await warehouse.load(csvRequest(await csvFile(folder, "a,b\n1,2\n3\n"), ["a", "b"]));
    const needles = { exact: ["it's t0"], anyCase: ["T1"] };
    await warehouse.erase({ table: "raw_thing", columns, needles, jobId: "e" });
    await warehouse.builds.rawVersions(["raw_thing"]);
    await warehouse.builds.loadsSince("raw_thing", 1);
    await build(`${day(1)} UNION ALL ${day(2)}`, { mode: "table" });
    await build(day(2), { mode: "partition_overwrite", partitions: ["2026-01-02"] });
    await build(day(2), { mode: "partition_overwrite" });
    const version = await build(day(3), { mode: "merge", key: ["id", "day"], gone: day(1) });
    await warehouse.builds.partitionsSince("agg_x", 0);
    await warehouse.builds.audit("agg_x", version, "its tests");
    await warehouse.publish("agg_x", "p");
    const snapshot: BuildMode = { mode: "snapshot", key: ["id"], check: ["n"], updatedAt: "day" };
    for (const n of [1, 2]) await build(day(n), snapshot, { table: "dim_x", partitionBy: undefined });
    const wide = { table: "dim_y", partitionBy: undefined, columns: [{ name: "id", type: "STRING" }] };
    await build(day(1), { mode: "snapshot", key: ["id"] }, wide);
    await build(day(1), { mode: "view" }, { table: "stg_x", partitionBy: undefined });
  }

  it("is one that Google's grammar has", async () => {
    await everything();
    const texts = [...place.server.jobs.values()].flatMap(
      ({ configuration }) => configuration.query?.query ?? [],
    );
    const refused: string[] = [];
    for (const text of texts)
      await engine.tableNames(text).catch((error: Error) => refused.push(`${error.message}\n${text}`));
    expect(refused).toEqual([]);
    const verbs = texts.join("\n").match(/\b(BEGIN TRANSACTION|MERGE|DELETE FROM|INSERT INTO)\b/g);
    expect(new Set(verbs).size).toBe(4);
    expect(texts.some((text) => text.includes(loadId))).toBe(true);
    await expect(engine.tableNames("SELECT local_at, at FROM t")).rejects.toThrow(/Syntax error/);
  });
});

if (!(google instanceof GoogleSql)) it.skip(`Google's grammar (${google.unavailable})`, () => undefined);
