import { errorCode } from "@lifecycle/contracts";
import {
  type CompiledProject,
  changedModels,
  downstreamOf,
  type ModelOutcome,
  runModels,
  selectModels,
  sourceTables,
  testModels,
} from "@lifecycle/transform";
import { describe, expect, test } from "vitest";
import { onDuckdb } from "./on-duckdb.ts";

const place = onDuckdb();
const { compile } = place;

const rows = async (table: string) =>
  (await place.warehouse.query(`SELECT * FROM ds_build.${table} ORDER BY 1`)).rows;
const names = (compiled: CompiledProject) => compiled.models.map(({ name }) => name);

const chain = {
  "sources.yml": "sources: [{ name: raw, tables: [{ name: raw_t }, { name: raw_late }] }]",
  "stg_t.sql": "{{ config(tags=['base']) }} select id, amount from {{ source('raw', 'raw_t') }}",
  "int_t.sql":
    "{{ config(materialized='ephemeral') }} select t.id, t.amount * 2 as twice from {{ ref('stg_t') }} as t",
  "agg_t.sql":
    "{{ config(tags=['mart']) }} select count(*) as n, sum(t.twice) as total from {{ ref('int_t') }} as t",
  "late.sql":
    "select l.id from {{ source('raw', 'raw_late') }} as l join {{ ref('stg_t') }} as t on t.id = l.id",
  "after_late.sql": "select late.id from {{ ref('late') }} as late",
};

async function rawTables(): Promise<void> {
  const columns = [
    { name: "id", type: "INT64" as const },
    { name: "amount", type: "INT64" as const },
  ];
  await place.warehouse.bootstrap([
    { table: "raw_t", columns },
    { table: "raw_late", columns },
  ]);
}

describe("building", () => {
  test("in order, through an ephemeral model, with empty raw tables", async () => {
    const compiled = await compile({
      ...chain,
      "agg_t.yml":
        "models: [{ name: agg_t, columns: [{ name: n, data_type: INT64, data_tests: [not_null] }, { name: total, data_type: INT64 }] }]",
    });
    await rawTables();
    const seen: ModelOutcome[] = [];
    const built = await runModels(compiled, {
      warehouse: place.warehouse,
      select: names(compiled),
      runId: "r1",
      onModel: (outcome) => seen.push(outcome),
    });
    expect(built.map(({ name }) => name)).toEqual(["stg_t", "late", "after_late", "agg_t"]);
    expect(seen).toEqual(built);
    expect(await rows("agg_t")).toEqual([[0, null]]);
    const again = await runModels(compiled, {
      warehouse: place.warehouse,
      select: ["agg_t"],
      runId: "r1",
      evenUnchanged: true,
    });
    expect(again[0]).toMatchObject({
      name: "agg_t",
      rows: 1,
      tests: [{ name: "not_null_n", failures: 0, severity: "error" }],
    });
  });

  test("a failing test stops what depends on it and names model, test and rows", async () => {
    const compiled = await compile({
      "a.sql": "select 1 as id, 'x' as k union all select 1, 'y' union all select null, 'z'",
      "a.yml":
        "models:\n  - name: a\n    columns:\n      - { name: id, data_tests: [not_null, unique] }\n      - { name: k, data_tests: [{ accepted_values: { values: [x, y], config: { severity: warn } } }] }",
      "b.sql": "select id from {{ ref('a') }}",
      "c.sql": "select id from {{ ref('b') }}",
    });
    const warnings: object[] = [];
    const logger = { info: () => undefined, warn: (fields: object) => warnings.push(fields) };
    const running = runModels(compiled, {
      warehouse: place.warehouse,
      select: names(compiled),
      runId: "r1",
      logger,
    });
    await expect(running).rejects.toThrow(
      "model a failed not_null_id (1 row), unique_id (1 row); not built: b, c",
    );
    expect(await running.catch(errorCode)).toBe("transform.tests_failed");
    expect(warnings).toEqual([{ model: "a", name: "accepted_values_k", severity: "warn", failures: 1 }]);
    await expect(rows("b")).rejects.toThrow();
  });

  test("every kind of test counts exactly the rows that break it", async () => {
    const compiled = await compile({
      "parent.sql": "select id from unnest([1, 2]) as id",
      "child.sql":
        "select s.id, s.parent_id, s.n, s.day from unnest([struct(1 as id, 1 as parent_id, 5 as n, date '2024-01-01' as day), (1, 9, 11, date '2024-01-01'), (2, 9, -1, null), (3, null, null, date '2024-01-02')]) as s",
      "child.yml": `
models:
  - name: child
    data_tests:
      - unique_combination_of_columns: { combination_of_columns: [id, day], config: { severity: warn } }
      - expression_is_true: { expression: 'n > 0', config: { severity: warn } }
    columns:
      - { name: id, data_tests: [{ unique: { config: { severity: warn, where: 'id < 3' } } }] }
      - { name: parent_id, data_tests: [{ relationships: { to: ref('parent'), field: id, config: { severity: warn } } }] }
      - { name: n, data_tests: [{ accepted_range: { min_value: 0, max_value: 10, config: { severity: warn } } }] }
      - { name: day, data_tests: [{ not_null: { config: { severity: warn, where: 'id > 1' } } }] }
`,
    });
    const [, child] = await runModels(compiled, {
      warehouse: place.warehouse,
      select: names(compiled),
      runId: "r1",
    });
    expect(Object.fromEntries(child!.tests.map(({ name, failures }) => [name, failures]))).toEqual({
      unique_id_day: 1,
      "expression_is_true: n > 0": 2,
      unique_id: 1,
      relationships_parent_id: 2,
      accepted_range_n: 2,
      not_null_day: 1,
    });
  });

  test("an overflow raises instead of widening, an index out of range instead of NULL", async () => {
    const compiled = await compile({
      "overflow.sql":
        "{{ config(materialized='table') }} select sum(x) as s from unnest([9223372036854775807, 1]) as x",
      "index.sql": "{{ config(materialized='table') }} select [1, 2][offset(2)] as s",
    });
    for (const name of ["overflow", "index"]) {
      const running = runModels(compiled, { warehouse: place.warehouse, select: [name], runId: "r1" });
      await expect(running).rejects.toThrow(new RegExp(`${name}\\.sql \\(${name}\\)`));
    }
  });

  test("rounding within rounding is read as fast as it is written", async () => {
    const nested = (depth: number): string => (depth === 0 ? "t.n" : `round(${nested(depth - 1)} * 1.5, 2)`);
    const sql = `{{ config(materialized='table') }} select ${nested(4)} as n from unnest([cast(1.11 as numeric)]) as n0 cross join unnest([struct(n0 as n)]) as t`;
    const compiled = await compile({ "a.sql": sql });
    await runModels(compiled, { warehouse: place.warehouse, select: ["a"], runId: "r" });
    expect((await place.warehouse.query("SELECT n FROM ds_build.a")).rows).toEqual([["5.66"]]);
  });

  test("stops between models when told", async () => {
    const compiled = await compile({ "a.sql": "select 1 as x", "b.sql": "select x from {{ ref('a') }}" });
    const stop = new AbortController();
    const running = runModels(compiled, {
      warehouse: place.warehouse,
      select: names(compiled),
      runId: "r1",
      signal: stop.signal,
      onModel: () => stop.abort(new Error("shutdown")),
    });
    await expect(running).rejects.toThrow("shutdown");
    expect(await rows("a")).toEqual([[1]]);
    await expect(rows("b")).rejects.toThrow();
  });
});

test("a model whose inputs were never built says which, and how to build them", async () => {
  const compiled = await compile(chain);
  await rawTables();
  const running = runModels(compiled, { warehouse: place.warehouse, select: ["agg_t"], runId: "r1" });
  await expect(running).rejects.toThrow(
    /agg_t\.sql \(agg_t\): needs stg_t, which was never built: select \+agg_t$/,
  );
});

describe("testing tables as they stand", () => {
  const testing = (test: string) => ({
    "a.sql": "{{ config(materialized='table') }} select n from unnest([1, 2]) as n",
    "b.sql": "{{ config(materialized='table') }} select a.n from {{ ref('a') }} as a",
    "t.yml": `models: [{ name: a, columns: [{ name: n, data_tests: [${test}] }] }, { name: b, columns: [{ name: n, data_tests: [not_null] }] }]`,
  });

  test("tells what holds, stops nothing, builds nothing and lets nothing pass", async () => {
    const compiled = await compile(testing("not_null"));
    await runModels(compiled, { warehouse: place.warehouse, select: ["a", "b"], runId: "r1" });
    const before = await place.warehouse.builds.list();
    const other = await compile(testing("not_null, { accepted_values: { arguments: { values: [1] } } }"));
    const outcomes = await testModels(other, { warehouse: place.warehouse, select: ["a", "b"], runId: "r2" });
    expect(outcomes).toMatchObject([
      {
        name: "a",
        status: "failed",
        action: "test",
        rows: 2,
        tests: [
          { name: "not_null_n", failures: 0 },
          { name: "accepted_values_n", failures: 1, sample: [{ n: 2 }] },
        ],
      },
      { name: "b", status: "built", tests: [{ name: "not_null_n", failures: 0 }] },
    ]);
    expect(await place.warehouse.builds.list()).toEqual(before);
    expect(changedModels(other, before).get("a")).toBe("its tests changed");
  });

  test("a table that was never built is a failure", async () => {
    const compiled = await compile(testing("not_null"));
    const outcomes = await testModels(compiled, { warehouse: place.warehouse, select: ["a"], runId: "r1" });
    expect(outcomes).toMatchObject([{ name: "a", status: "failed", error: { code: "transform.not_built" } }]);
  });
});

describe("selecting", () => {
  test("names, ancestors, descendants, tags, unions", async () => {
    const compiled = await compile(chain);
    expect(selectModels(compiled, "stg_t")).toEqual(["stg_t"]);
    expect(selectModels(compiled, "+agg_t")).toEqual(["stg_t", "agg_t", "int_t"]);
    expect(selectModels(compiled, "int_t+")).toEqual(["agg_t", "int_t"]);
    expect(selectModels(compiled, "late+")).toEqual(["late", "after_late"]);
    expect(selectModels(compiled, "+late+")).toEqual(["stg_t", "late", "after_late"]);
    expect(selectModels(compiled, "tag:base+")).toEqual(["stg_t", "late", "after_late", "agg_t", "int_t"]);
    expect(selectModels(compiled, "1+after_late")).toEqual(["late", "after_late"]);
    expect(selectModels(compiled, "2+after_late")).toEqual(["stg_t", "late", "after_late"]);
    expect(selectModels(compiled, "stg_t+1")).toEqual(["stg_t", "late", "agg_t", "int_t"]);
    expect(selectModels(compiled, "agg_t, after_late")).toEqual(["after_late", "agg_t"]);
    expect(() => selectModels(compiled, "agg_x")).toThrow("there is no model agg_x: did you mean agg_t?");
    expect(() => selectModels(compiled, "tag:bass")).toThrow("did you mean base?");
    expect(() => selectModels(compiled, "a+b")).toThrow("is no selector");
  });

  test("a star stands for any letters, a comma for both", async () => {
    const compiled = await compile(chain);
    expect(selectModels(compiled, "*late*")).toEqual(["late", "after_late"]);
    expect(selectModels(compiled, "+*_t,late+ tag:mart")).toEqual(["agg_t"]);
    expect(selectModels(compiled, "tag:base+,+agg_t")).toEqual(["stg_t", "agg_t", "int_t"]);
    expect(() => selectModels(compiled, "stg_x*")).toThrow("no model is called stg_x*");
    expect(() => selectModels(compiled, "state:new")).toThrow("write changed");
  });

  test("changed: never built, another text, other tests, not passed; with what is around it", async () => {
    const compiled = await compile(chain);
    const changed = async (project = compiled) => changedModels(project, await place.warehouse.builds.list());
    const select = async (selector: string, project = compiled) =>
      selectModels(project, selector, await changed(project));
    expect(await select("changed")).toEqual(["stg_t", "late", "after_late", "agg_t"]);
    await rawTables();
    await runModels(compiled, { warehouse: place.warehouse, select: names(compiled), runId: "r1" });
    expect(await select("changed changed+ +changed")).toEqual([]);
    const other = await compile({
      ...chain,
      "late.sql": `${chain["late.sql"]} where l.id > 0`,
      "t.yml": "models: [{ name: agg_t, columns: [{ name: n, data_tests: [not_null] }] }]",
    });
    expect(Object.fromEntries(await changed(other))).toEqual({
      late: "its text changed",
      agg_t: "its tests changed",
    });
    expect(await select("changed+", other)).toEqual(["late", "after_late", "agg_t"]);
    expect(await select("+changed", other)).toEqual(["stg_t", "late", "agg_t", "int_t"]);
    expect(await select("+state:modified+,tag:mart", other)).toEqual(["agg_t"]);
    expect(() => selectModels(other, "changed+")).toThrow("changed means something only beside a warehouse");
    await place.warehouse.materialise({
      table: "stg_t",
      sql: "SELECT 1 AS id, 2 AS amount",
      jobId: "j",
      hash: compiled.models[0]!.buildHash,
    });
    expect((await changed()).get("stg_t")).toBe("its tests have not passed");
  });

  test("what reads given raw tables, and which raw tables there must be", async () => {
    const compiled = await compile(chain);
    expect(downstreamOf(compiled, ["raw_late"])).toEqual(["late", "after_late"]);
    expect(downstreamOf(compiled, ["nothing"])).toEqual([]);
    expect(sourceTables(compiled)).toEqual(["raw_late", "raw_t"]);
  });
});
