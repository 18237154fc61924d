import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compileProject, loadProject } from "../compile/index.ts";
import type { CompiledProject } from "../compiled.ts";
import { sources, WrittenTrees } from "./written-trees.fixture.ts";

let trees: WrittenTrees;
beforeEach(() => {
  trees = new WrittenTrees();
});
afterEach(() => trees.close());

describe("a project", () => {
  const files = {
    "raw/sources.yml": sources,
    "staging/stg_t.sql":
      "{{ config(materialized='ephemeral') }}\nselect a, b from {{ source('raw', 'raw_t') }}",
    "marts/agg_t.sql":
      "{{ config(materialized='table', tags=['daily']) }}\nwith x as (select t.a, t.b from {{ ref('stg_t') }} as t)\nselect a, count(*) as n from x where a < {{ var('limit', 5) }} group by a",
    "marts/agg_t.yml": `
version: 2
models:
  - name: agg_t
    description: Rows per a
    config: { meta: { published: true, owner: growth }, tags: [mart] }
    columns:
      - { name: a, data_type: INT64, data_tests: [not_null, unique] }
      - name: n
        data_type: INT64
        data_tests:
          - accepted_range: { min_value: 1, config: { severity: warn } }
          - accepted_values: { arguments: { values: [1, 2] } }
`,
  };

  test("compiles to models in building order, with columns, tests, tags and a hash", async () => {
    const { models } = await trees.compile(files);
    expect(models.map(({ name }) => name)).toEqual(["agg_t", "stg_t"]);
    const model = models.find(({ name }) => name === "agg_t")!;
    expect(model).toMatchObject({
      materialized: "table",
      published: true,
      tags: ["mart", "daily"],
      description: "Rows per a",
      dependsOn: [],
      sources: ["raw_t"],
      contract: [
        { name: "a", type: "INT64" },
        { name: "n", type: "INT64" },
      ],
    });
    expect(model.sql).toContain('"__dbt__cte__stg_t" AS (');
    expect(model.sql).toContain('"ds_raw"."raw_t"');
    expect(
      model.tests.map(({ checks }) => checks.map(({ name, severity }) => `${name} ${severity}`)),
    ).toEqual([["not_null_a error", "accepted_range_n warn", "accepted_values_n error"], ["unique_a error"]]);
  });

  test("a var of the overlay changes the hash of the models that use it, and no file", async () => {
    const before = await trees.compile(files);
    const after = await trees.compile(files, { "dbt_project.yml": "vars: { limit: 9 }" });
    const hash = (project: CompiledProject, name: string) =>
      project.models.find((model) => model.name === name)!.hash;
    expect(hash(after, "agg_t")).not.toBe(hash(before, "agg_t"));
    expect(hash(after, "stg_t")).toBe(hash(before, "stg_t"));
  });

  test("a var that nothing reads is refused, wherever it is set, with those there are", async () => {
    const message = await trees.failure(files, { "dbt_project.yml": "vars:\n  limt: 9\n" });
    expect(message).toMatch(/dbt_project\.yml:2:3 var limt is set, but nothing reads it/);
    expect(message).toContain("Did you mean limit?");
    expect(await trees.failure(files, undefined, { nothing_like_it: 3 })).toMatch(
      /^settings, transform\.vars:1:1 var nothing_like_it is set.*There are: limit\./s,
    );
  });

  test("a var that only an untaken branch reads counts as read", async () => {
    const branch = { "a.sql": "select 1 as x {% if var('on', false) %}, {{ var('y', 2) }} as y{% endif %}" };
    expect((await trees.compile(branch, undefined, { y: 3 })).models).toHaveLength(1);
  });

  test("an overlay replaces, adds and disables models and macros", async () => {
    const base = {
      "macros/m.sql": "{% macro one() %}1{% endmacro %}",
      "a.sql": "select {{ one() }} as x",
      "b.sql": "select 2 as x",
      "c.sql": "select 3 as x",
    };
    const { models } = await trees.compile(base, {
      "macros/m.sql": "{% macro one() %}100{% endmacro %}",
      "b.sql": "select 20 as x",
      "c.sql": "{{ config(enabled=false) }} select 3 as x",
      "d.sql": "select x from {{ ref('b') }}",
    });
    expect(models.map(({ name }) => name)).toEqual(["a", "b", "d"]);
    expect(models[0]!.sql).toContain("100");
    expect(models[1]!.sql).toContain("20");
  });

  test("BigQuery gets the author's text, its tables named", async () => {
    const project = await loadProject({
      sqlDir: trees.write({ "a.sql": "select 1 as x", "b.sql": "select x -- so\nfrom {{ ref('a') }};\n" }),
    });
    const { models } = compileProject(project, { engine: "bigquery", dataset: "ds", project: "my-project" });
    expect(models[1]!.sql).toBe("select x -- so\nfrom `my-project.ds_build.a`");
  });

  test("who may read a table and what its build may bill stand in its config, and change no row", async () => {
    const role = "roles/bigquery.dataViewer";
    const plain = await trees.compile({ "a.sql": "select 1 as x" });
    const told = await trees.compile({
      "a.sql": `{{ config(grants={'${role}': 'group:team@example.org'}, meta={'max_bytes_billed': 1000}) }}select 1 as x`,
    });
    expect(plain.models[0]).toMatchObject({ grants: {}, maxBytesBilled: null });
    expect(told.models[0]).toMatchObject({
      grants: { [role]: ["group:team@example.org"] },
      maxBytesBilled: 1000,
      buildHash: plain.models[0]!.buildHash,
    });
    const nobody = { "a.sql": `{{ config(grants={'${role}': 'team'}) }}select 1 as x` };
    expect(await trees.failure(nobody)).toMatch(/a\.sql:1:1 .*grants: team is nobody/);
  });
});
