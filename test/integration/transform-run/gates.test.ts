import { errorCode } from "@lifecycle/contracts";
import {
  type CompiledProject,
  isBreaking,
  qualityRows,
  runModels,
  schemaChanges,
} from "@lifecycle/transform";
import { describe, expect, test } from "vitest";
import { onDuckdb } from "./on-duckdb.ts";

const place = onDuckdb();
const { compile } = place;

const run = async (compiled: CompiledProject, more = {}) =>
  runModels(compiled, {
    warehouse: place.warehouse,
    select: compiled.models.map(({ name }) => name),
    runId: "r1",
    onFailure: "report",
    ...more,
  });
const statuses = (outcomes: Awaited<ReturnType<typeof run>>) =>
  Object.fromEntries(outcomes.map(({ name, status }) => [name, status]));
const table = (sql: string) => `{{ config(materialized='table') }} ${sql}`;

describe("failures", () => {
  const files = {
    "a.sql": table(
      "select s.id, s.email from unnest([struct(1 as id, 'x@y.z' as email), (null, 'p@q.r')]) as s",
    ),
    "a.yml":
      "models: [{ name: a, columns: [{ name: id, data_tests: [not_null] }, { name: email, meta: { pii: true } }] }]",
    "b.sql": table("select id from {{ ref('a') }}"),
    "other.sql": table("select 1 as n"),
  };

  test("stop what depends on the table; other branches go on; nothing of it can be published", async () => {
    const outcomes = await run(await compile(files));
    expect(statuses(outcomes)).toEqual({ a: "failed", b: "blocked", other: "built" });
    expect(await place.warehouse.publish("a", "r1").catch(errorCode)).toBe("warehouse.not_audited");
    await place.warehouse.publish("other", "r1");
    const later = await runModels(await compile(files), {
      warehouse: place.warehouse,
      select: ["b"],
      runId: "r2",
    });
    expect(later).toMatchObject([{ name: "b", status: "blocked" }]);
  });

  test("show the rows that break a test, personal columns masked", async () => {
    const [a] = await run(await compile(files));
    expect(a!.tests).toEqual([
      {
        model: "a",
        name: "not_null_id",
        severity: "error",
        failures: 1,
        sample: [{ id: null, email: "***" }],
      },
    ]);
    const rows = qualityRows([a!], "r1", "2026-01-01T00:00:00Z");
    expect(rows).toMatchObject([
      { model_name: "a", check_name: "row_count", status: "fail", row_count: 2 },
      { check_name: "not_null_id", status: "fail", failures: 1, sample: '[{"id":null,"email":"***"}]' },
    ]);
  });

  test("an error of the engine is the model's failure", async () => {
    const compiled = await compile({
      "a.sql": table("select sum(x) as s from unnest([9223372036854775807, 1]) as x"),
      "b.sql": table("select s from {{ ref('a') }}"),
      "c.sql": table("select 1 as n"),
    });
    const outcomes = await run(compiled);
    expect(statuses(outcomes)).toEqual({ a: "failed", b: "blocked", c: "built" });
    expect(outcomes[0]!.error).toMatchObject({ code: "warehouse.sql_failed" });
  });

  test("samples of keys and of orphans show at most twenty", async () => {
    const compiled = await compile({
      "p.sql": table("select 1 as id"),
      "c.sql": table("select mod(x, 30) as id, x as pid from unnest(generate_array(1, 90)) as x"),
      "c.yml":
        "models: [{ name: c, columns: [{ name: id, data_tests: [unique] }, { name: pid, data_tests: [{ relationships: { to: ref('p'), field: id } }] }] }]",
    });
    const c = (await run(compiled)).find(({ name }) => name === "c")!;
    expect(c.tests.map(({ name, failures, sample }) => [name, failures, sample?.length])).toEqual([
      ["unique_id", 60, 20],
      ["relationships_pid", 89, 20],
    ]);
    expect(c.tests[0]!.sample![0]).toMatchObject({ copies: 3 });
  });
});

describe("checks", () => {
  test("a SELECT that gives rows fails the last of the models it reads, or warns", async () => {
    const check = "select a.n from {{ ref('a') }} as a join {{ ref('b') }} as b on b.n = a.n where a.n > 1";
    const files = {
      "a.sql": table("select n from unnest([1, 2, 3]) as n"),
      "b.sql": table("select n from {{ ref('a') }}"),
      "c.sql": table("select n from {{ ref('b') }}"),
      "checks/none_above_one.sql": check,
    };
    const outcomes = await run(await compile(files));
    expect(statuses(outcomes)).toEqual({ a: "built", b: "failed", c: "blocked" });
    expect(outcomes[1]!.tests).toMatchObject([
      { name: "none_above_one", failures: 2, sample: [{ n: 2 }, { n: 3 }] },
    ]);
    const warned = { ...files, "checks/none_above_one.sql": `{{ config(severity='warn') }} ${check}` };
    expect(statuses(await run(await compile(warned)))).toMatchObject({ b: "built", c: "built" });
  });

  test("one that reads an ephemeral model is asked of a table below it", async () => {
    const files = {
      "a.sql": table("select n from unnest([1, 2, 3]) as n"),
      "b.sql": "{{ config(materialized='ephemeral') }} select n from {{ ref('a') }} where n > 1",
      "checks/none.sql": "select b.n from {{ ref('b') }} as b",
      "checks/same.sql": "select a.n from {{ ref('a') }} as a join {{ ref('b') }} as b on b.n = a.n",
    };
    const outcomes = await run(await compile(files));
    expect(outcomes.map(({ status, tests }) => [status, tests.map(({ failures }) => failures)])).toEqual([
      ["failed", [2, 2]],
    ]);
  });

  test("a mistake in one is told with its place", async () => {
    const files = { "a.sql": table("select 1 as n"), "checks/x.sql": "select n from {{ ref('aa') }}" };
    await expect(compile(files)).rejects.toThrow(/checks\/x\.sql:1:\d+ there is no model aa/);
    const none = { "a.sql": table("select 1 as n"), "checks/x.sql": "select 1 as n" };
    await expect(compile(none)).rejects.toThrow("check x reads no model");
  });
});

describe("gates of meta", () => {
  const model = (n: number, gate: string) => ({
    "a.sql": `{{ config(materialized='table', meta={ ${gate} }) }} select n, timestamp '2026-01-01 00:00:00+00' as at from unnest(generate_array(1, ${n})) as n`,
  });
  const count = "'row_count': {'min_ratio': 0.5, 'max_ratio': 2} ";

  test("the number of rows is held against the median of its history", async () => {
    const history = async () => [100, 90, 110, 1];
    expect(statuses(await run(await compile(model(60, count)), { history }))).toEqual({ a: "built" });
    const [few] = await run(await compile(model(40, count)), { history });
    expect(few).toMatchObject({
      status: "failed",
      tests: [{ name: "row_count_against_history", failures: 1 }],
    });
    expect(statuses(await run(await compile(model(300, count)), { history }))).toEqual({ a: "failed" });
    expect(statuses(await run(await compile(model(1, count)), { history: async () => [] }))).toEqual({
      a: "built",
    });
  });

  test("the newest row may be only so old", async () => {
    const gate = "'freshness': {'column': 'at', 'max_age_hours': 24, 'severity': 'warn'} ";
    const history = async () => [];
    const asked = async (now: string) =>
      (
        await run(await compile(model(1, gate)), { history, now: () => new Date(now), evenUnchanged: true })
      )[0]!.tests;
    expect(await asked("2026-01-01T23:00:00Z")).toMatchObject([{ failures: 0 }]);
    expect(await asked("2026-01-02T01:00:00Z")).toMatchObject([{ failures: 1, severity: "warn" }]);
  });
});

describe("schema changes", () => {
  test("new columns are told from those that break a reader", async () => {
    const build = async (sql: string) => run(await compile({ "a.sql": table(sql) }));
    await build("select 1 as id, 'x' as name, 2 as n");
    await place.warehouse.publish("a", "r1");
    expect(await schemaChanges(place.warehouse, place.warehouse.datasets, "a")).toEqual([]);
    await build("select 1 as id, 1.5 as n, 'x' as title, true as extra");
    const changes = await schemaChanges(place.warehouse, place.warehouse.datasets, "a");
    expect(changes.map((change) => [change.column, change.change, isBreaking(change)])).toEqual([
      ["name", "dropped", true],
      ["n", "type_changed", true],
      ["title", "added", false],
      ["extra", "added", false],
    ]);
  });
});

describe("other materialisations", () => {
  test("a view is one, and what reads it is rebuilt when its inputs change", async () => {
    const compiled = await compile({ "a.sql": "{{ config(materialized='view') }} select 1 as n" });
    await run(compiled);
    const sql =
      "SELECT table_type FROM information_schema.tables WHERE table_schema = 'ds_build' AND table_name = 'a'";
    expect((await place.warehouse.query(sql)).rows).toEqual([["VIEW"]]);
    await run(await compile({ "a.sql": table("select 2 as n") }));
    expect((await place.warehouse.query(sql)).rows).toEqual([["BASE TABLE"]]);
  });

  test("a published model is a table", async () => {
    const [yaml, sql] = [
      "models: [{ name: a, config: { meta: { published: true } }, columns: [{ name: n, data_type: INT64 }] }]",
      "SELECT table_type FROM information_schema.tables WHERE table_schema = 'ds_build' AND table_name = 'a'",
    ];
    await run(await compile({ "a.sql": "select 1 as n", "a.yml": yaml }));
    expect((await place.warehouse.query(sql)).rows).toEqual([["BASE TABLE"]]);
  });

  test("a snapshot keeps each version of a key from when to when", async () => {
    const state = async (rows: string) =>
      run(
        await compile({
          "s.sql": `{{ config(materialized='snapshot', unique_key='id', strategy='timestamp', updated_at='at', check_cols=['plan']) }} select s.id, s.plan, s.at from unnest([${rows}]) as s`,
        }),
      );
    const row = (id: number, plan: string, day: number) =>
      `struct(${id} as id, '${plan}' as plan, timestamp '2026-01-0${day} 00:00:00+00' as at)`;
    await state(`${row(1, "free", 1)}, ${row(2, "free", 1)}`);
    await state(`${row(1, "pro", 2)}, ${row(2, "free", 2)}`);
    await state(`${row(1, "pro", 2)}, ${row(2, "free", 2)}`);
    const { rows } = await place.warehouse.query(
      "SELECT id, plan, strftime(effective_from, '%Y-%m-%d'), strftime(effective_to, '%Y-%m-%d'), is_current FROM ds_build.s ORDER BY 1, 3",
    );
    expect(rows).toEqual([
      [1, "free", "2026-01-01", "2026-01-02", false],
      [1, "pro", "2026-01-02", "9999-12-31", true],
      [2, "free", "2026-01-01", "9999-12-31", true],
    ]);
  });

  test("dbt's own is_incremental() adds what the text calls new", async () => {
    const files = (days: string) => ({
      "src.sql": table(`select s.day, s.n from unnest([${days}]) as s`),
      "inc.sql":
        "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='day') }} select day, n from {{ ref('src') }} {% if is_incremental() %} where day >= (select max(day) from {{ this }}) {% endif %}",
    });
    await run(await compile(files("struct(date '2026-01-01' as day, 1 as n), (date '2026-01-02', 2)")));
    const outcomes = await run(
      await compile(
        files("struct(date '2026-01-01' as day, 9 as n), (date '2026-01-02', 3), (date '2026-01-03', 4)"),
      ),
    );
    expect(outcomes.find(({ name }) => name === "inc")).toMatchObject({ action: "merge" });
    expect((await place.warehouse.query("SELECT n FROM ds_build.inc ORDER BY day")).rows).toEqual([
      [1],
      [3],
      [4],
    ]);
  });
});
