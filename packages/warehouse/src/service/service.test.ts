import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "@lifecycle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DuckdbWarehouse, openDuckdbWarehouse } from "../duckdb/duckdb-warehouse.ts";
import { isTableMissing } from "../missing-table.ts";
import type { QueryMistake } from "../query-mistake.ts";
import type { QueryTarget } from "../warehouse.ts";
import { connectWarehouse } from "./connect.ts";
import { serveQueries } from "./serve.ts";

let folder: string;
let warehouse: DuckdbWarehouse;
let service: Awaited<ReturnType<typeof serveQueries>>;
let client: QueryTarget;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "service-"));
  warehouse = await openDuckdbWarehouse({ path: join(folder, "w.duckdb") });
  const sql = "SELECT range AS n FROM range(5)";
  const { version } = await warehouse.materialise({ table: "agg_x", sql, jobId: "x" });
  await warehouse.builds.audit("agg_x", version, "its tests");
  await warehouse.publish("agg_x", "x");
  service = await serveQueries(warehouse, { stateDir: folder, maxRows: 1_000, timeoutMs: 5_000 });
  client = (await connectWarehouse({ stateDir: folder }))!;
});

afterAll(async () => {
  await service.close();
  await warehouse.close();
  await rm(folder, { recursive: true });
});

const codeOf = (sql: string, options = {}) => client.query(sql, options).then(() => "answered", errorCode);

describe("the owner's query service", () => {
  it("answers a select with rows as arrays", async () => {
    const answer = await client.query("SELECT n, date '2026-01-02' AS d FROM agg_x ORDER BY n DESC LIMIT 2");
    expect(answer).toEqual({
      columns: [
        { name: "n", type: "INT64" },
        { name: "d", type: "DATE" },
      ],
      rows: [
        [4, "2026-01-02"],
        [3, "2026-01-02"],
      ],
      truncated: false,
    });
  });

  it("says where rows were cut", async () => {
    expect(await client.query("FROM range(9999)", { maxRows: 3 })).toMatchObject({
      truncated: true,
      rows: [[0], [1], [2]],
    });
    const most = await client.query("FROM range(9999)", { maxRows: 9_999 });
    expect([most.rows.length, most.truncated]).toEqual([1_000, true]);
  });

  it("cuts an answer that is too large to hold", async () => {
    const answer = await client.query("SELECT repeat('x', 1000000) AS x FROM range(500)");
    expect(answer.truncated).toBe(true);
    expect(answer.rows.length).toBeLessThan(50);
  });

  it("stops a query that takes too long", async () => {
    const endless = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b";
    expect(await codeOf(endless, { timeoutMs: 100 })).toBe("warehouse.timeout");
  });

  it.each([
    ["INSERT INTO agg_x VALUES (1)", "query.not_select"],
    ["DROP TABLE lifecycle.agg_x", "query.not_select"],
    ["SELECT 1; SELECT 2", "query.not_select"],
    ["SELECT 1; DROP TABLE lifecycle.agg_x", "query.not_select"],
    ["COPY (SELECT 1) TO '/tmp/leak.csv'", "query.not_select"],
    ["ATTACH '/tmp/other.duckdb'", "query.not_select"],
    ["SET memory_limit='10GB'", "query.not_select"],
    ["PRAGMA database_list", "query.not_select"],
    ["INSTALL httpfs", "query.not_select"],
    ["CALL pragma_version()", "query.not_select"],
    ["EXPLAIN ANALYZE SELECT 1", "query.not_select"],
    ["", "query.not_select"],
    ["SELEC 1", "query.syntax"],
    ["SELECT * FROM read_csv('/etc/passwd')", "query.refused"],
    ["SELECT * FROM READ_TEXT('/etc/passwd')", "query.refused"],
    ["SELECT * FROM read_parquet('x.parquet')", "query.refused"],
    ["SELECT * FROM glob('/*')", "query.refused"],
    ["SELECT * FROM '/etc/passwd'", "query.refused"],
    ['SELECT * FROM "x.csv"', "query.refused"],
    ["FROM 'x.parquet'", "query.refused"],
    ["SELECT (SELECT max(content) FROM read_text('/etc/passwd'))", "query.refused"],
    ["WITH a AS (SELECT * FROM sniff_csv('/etc/passwd')) SELECT * FROM a", "query.refused"],
    ["SELECT * FROM agg_x WHERE n IN (SELECT size FROM read_blob('/etc/passwd'))", "query.refused"],
    ["SELECT * FROM query('SELECT 1')", "query.refused"],
    ["SELECT * FROM query_table(['agg_x'])", "query.refused"],
    ["SELECT * FROM json_execute_serialized_sql('{}')", "query.refused"],
    ["SELECT * FROM duckdb_settings()", "query.refused"],
    ["SELECT current_setting('temp_directory')", "query.refused"],
    ["SELECT * FROM pg_catalog.pg_settings", "query.refused"],
    ["SELECT * FROM other.lifecycle.agg_x", "query.refused"],
    ["SELECT * FROM no_such_table", "query.unknown_table"],
    ["SELECT m FROM agg_x", "query.unknown_column"],
    ["SELECT sum(n), n FROM agg_x", "query.not_answerable"],
  ])("refuses %s", async (sql, code) => {
    expect(await codeOf(sql)).toBe(code);
  });

  it.each([
    "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
    "SELECT u FROM (SELECT unnest([1, 2]) AS u)",
    "SELECT * FROM unnest([1])",
    "SELECT table_name FROM information_schema.tables",
    "SELECT * FROM lifecycle_build.agg_x",
    "SELECT bq_safe_divide(n, 0) FROM agg_x",
    "SELECT n FROM agg_x UNION ALL SELECT 1",
    "DESCRIBE agg_x",
  ])("answers %s", async (sql) => {
    expect(await codeOf(sql)).toBe("answered");
  });

  it.each([
    [
      "SELECT * FROM agg_y",
      "agg_y",
      "there is no table agg_y. Did you mean agg_x? `lifecycle query --tables` lists what there is.",
    ],
    [
      "SELECT * FROM raw_rejected_row",
      "raw_rejected_row",
      "raw_rejected_row is not published, but it is there: write lifecycle_raw.raw_rejected_row.",
    ],
    ["SELECT nn FROM agg_x", "nn", "lifecycle.agg_x has no column nn. Did you mean n?"],
    ["SELECT nn AS nn FROM agg_x", "nn", "lifecycle.agg_x has no column nn. Did you mean n?"],
    ["SELECT x.elsewhere, elsewhere FROM agg_x AS x", undefined, "elsewhere"],
    [
      "SELECT nothing_like_it FROM agg_x",
      "nothing_like_it",
      "lifecycle.agg_x has no column nothing_like_it. It has n.",
    ],
    [
      "SELECT nn FROM agg_x JOIN lifecycle_raw.raw_rejected_row ON n = line_number",
      "nn",
      "no table of the query has a column nn.",
    ],
    ["SELECT CAST('a' AS INTEGER)", undefined, "Could not convert string 'a' to INT32"],
  ])("says what is wrong with %s", async (sql, word, message) => {
    await warehouse.bootstrap();
    const error = await client.query(sql).catch((thrown: unknown) => thrown as QueryMistake);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
    expect((error as QueryMistake).word).toBe(word);
    expect((error as QueryMistake).message).not.toMatch(/Error:|LINE/);
  });

  it("says that a table is missing so that callers can tell", async () => {
    const missing = await client
      .query("SELECT 1 FROM lifecycle_raw.raw_none")
      .catch((thrown: unknown) => thrown);
    expect(isTableMissing(missing)).toBe(true);
    const wrong = await client.query("SELECT nn FROM agg_x").catch((thrown: unknown) => thrown);
    expect(isTableMissing(wrong)).toBe(false);
  });

  it("gives the token to this user only and answers nobody without it", async () => {
    const path = join(folder, "warehouse-endpoint.json");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    for (const authorization of ["", "Bearer wrong", `Bearer ${"0".repeat(64)}`]) {
      const response = await fetch(`${service.url}/query`, {
        method: "POST",
        headers: { authorization },
        body: "{}",
      });
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain(JSON.parse(await readFile(path, "utf8")).token);
    }
  });

  it("finds no owner where none lives", async () => {
    const state = await mkdtemp(join(tmpdir(), "state-"));
    const other = await serveQueries(warehouse, { stateDir: state });
    const path = join(state, "warehouse-endpoint.json");
    const left = await readFile(path, "utf8");
    expect(await connectWarehouse({ stateDir: state })).toBeDefined();
    await other.close();
    await expect(stat(path)).rejects.toThrow("ENOENT");
    expect(await connectWarehouse({ stateDir: state })).toBeUndefined();
    await writeFile(path, left); // as a killed owner leaves it
    expect(await connectWarehouse({ stateDir: state })).toBeUndefined();
    await writeFile(path, "{half");
    expect(await connectWarehouse({ stateDir: state })).toBeUndefined();
    await chmod(state, 0o700);
    await rm(state, { recursive: true });
  });

  it("leaves a successor's endpoint file alone when it closes", async () => {
    const state = await mkdtemp(join(tmpdir(), "state-"));
    const first = await serveQueries(warehouse, { stateDir: state });
    const second = await serveQueries(warehouse, { stateDir: state });
    await first.close();
    expect(await connectWarehouse({ stateDir: state })).toBeDefined();
    await second.close();
    await rm(state, { recursive: true });
  });

  it("stops a running query when it closes", async () => {
    const state = await mkdtemp(join(tmpdir(), "state-"));
    const other = await serveQueries(warehouse, { stateDir: state });
    const owner = (await connectWarehouse({ stateDir: state }))!;
    const running = owner
      .query("SELECT count(*) FROM range(1000000000) a, range(1000000000) b")
      .then(() => "", errorCode);
    await other.close();
    expect(["warehouse.stopping", "warehouse.owner_lost"]).toContain(await running);
    await rm(state, { recursive: true });
  });
});
