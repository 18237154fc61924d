import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "@lifecycle/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadProject } from "../compile/index.ts";
import { type Files, sources, WrittenTrees } from "./written-trees.fixture.ts";

let trees: WrittenTrees;
beforeEach(() => {
  trees = new WrittenTrees();
});
afterEach(() => trees.close());

describe("mistakes are named with file, line and column", () => {
  const yaml = (body: string) => `version: 2\nmodels:\n  - name: a\n${body}`;
  test.each<[string, Files, RegExp]>([
    [
      "a cycle",
      { "a.sql": "select x from {{ ref('b') }}", "b.sql": "select x from {{ ref('a') }}" },
      /a\.sql:1:\d+ .*circle: a → b → a\n(?:.*\n)*.*None of them can be built first/,
    ],
    [
      "an unknown ref",
      { "orders.sql": "select 1 as x", "b.sql": "select x\nfrom {{ ref('order') }}" },
      /b\.sql:2:13 there is no model order\n.*\n.*\n.*mean orders/,
    ],
    [
      "an unknown source table",
      { "s.yml": sources, "a.sql": "select x from {{ source('raw', 'raw_tt') }}" },
      /a\.sql:1:\d+ source raw has no table raw_tt/,
    ],
    ["an undeclared source", { "a.sql": "select x from {{ source('raw', 'x') }}" }, /there is no source raw/],
    [
      "two models of one name",
      { "x/a.sql": "select 1 as x", "y/a.sql": "select 1 as x" },
      /two models are called a: .*x\/a\.sql and .*y\/a\.sql/,
    ],
    [
      "an unknown config key",
      { "a.sql": "{{ config(materialised='table') }} select 1 as x" },
      /a\.sql:1:4 unknown config key materialised\n.*\n.*\n.*materialized/,
    ],
    [
      "a wrong materialisation",
      { "a.sql": "{{ config(materialized='tabel') }} select 1 as x" },
      /config materialized/,
    ],
    [
      "a typo in a test",
      { "a.sql": "select 1 as x", "a.yml": yaml("    columns: [{ name: x, data_tests: [not_nul] }]") },
      /a\.yml:4:\d+ unknown test not_nul\n.*\n.*\n.*not_null/,
    ],
    [
      "a test without its argument",
      {
        "a.sql": "select 1 as x",
        "a.yml": yaml(
          "    columns:\n      - name: x\n        data_tests:\n          - accepted_values: { value: [1] }",
        ),
      },
      /a\.yml:7:\d+ /,
    ],
    [
      "a missing column",
      { "a.sql": "select 1 as x", "a.yml": yaml("    columns: [{ name: xx }]") },
      /a\.yml:4:\d+ model a has no column xx\n.*mean x/,
    ],
    [
      "an unknown YAML key",
      { "a.sql": "select 1 as x", "a.yml": yaml("    colums: []") },
      /a\.yml:4:5 unknown key colums\n.*\n.*\n.*columns/,
    ],
    ["broken YAML", { "a.sql": "select 1 as x", "a.yml": "models: [{ name: a" }, /a\.yml:1:\d+ YAML:/],
    [
      "a described model without a file",
      { "ab.sql": "select 1 as x", "a.yml": yaml("    columns: []") },
      /a\.yml:3:\d+ model a is described here, but there is no a\.sql/,
    ],
    [
      "an unknown type",
      { "a.sql": "select 1 as x", "a.yml": yaml("    columns: [{ name: x, data_type: INT65 }]") },
      /unknown data_type INT65/,
    ],
    [
      "a published column without a type",
      {
        "a.sql": "select 1 as x, 2 as y",
        "a.yml": yaml(
          "    config: { meta: { published: true } }\n    columns: [{ name: x, data_type: INT64 }]",
        ),
      },
      /column y has no data_type/,
    ],
    [
      "a published view",
      {
        "a.sql": "{{ config(materialized='view') }} select 1 as x",
        "a.yml": yaml(
          "    config: { meta: { published: true } }\n    columns: [{ name: x, data_type: INT64 }]",
        ),
      },
      /a\.sql:1:1 a is published, but a view keeps no rows[\s\S]*materialized='table'/,
    ],
    [
      "a table named directly",
      { "a.sql": "select x from lifecycle.t" },
      /a\.sql:1:\d+ table lifecycle\.t is named directly \[from\.direct_table\]/,
    ],
    [
      "a refused construct behind Jinja",
      {
        "a.sql": "{{ config(tags=['a']) }}\nselect\n  {{ var('n', 1) }} as n,\n  FARM_FINGERPRINT('x') as f",
      },
      /a\.sql:4:3 FARM_FINGERPRINT is not on the allow-list \[function\.refused\]\n {4}.*FARM_FINGERPRINT.*\n {6}\^\n.*MD5/,
    ],
    [
      "a refused construct after wide characters",
      { "a.sql": "select '👍é' as n, NOPE(x) as f, y.z as z" },
      /a\.sql:1:20 NOPE/,
    ],
    [
      "a mistake inside an ephemeral model",
      {
        "e.sql": "{{ config(materialized='ephemeral') }}\nselect a / b as c from {{ ref('t') }}",
        "t.sql": "select 1 as a, 2 as b",
        "m.sql": "select e.c from {{ ref('e') }} as e",
      },
      /e\.sql:2:8 a bare \//,
    ],
    ["a syntax error", { "a.sql": "select 1 as x\nfrom (select" }, /a\.sql:2:\d+ .*\[syntax\.error\]/],
    ["an empty file", { "a.sql": "  \n" }, /a\.sql:1:1/],
    [
      "Jinja outside the subset",
      { "a.sql": "select 1 as x\n{% do log('x') %}" },
      /a\.sql:2:1 Jinja outside the subset: \{% do %\}/,
    ],
    [
      "a macro in a model",
      { "a.sql": "{% macro m() %}{% endmacro %}select 1 as x" },
      /a macro inside a model/,
    ],
    ["an unset var", { "a.sql": "select {{ var('nope') }} as x" }, /a\.sql:1:11 var nope is not set/],
    [
      "a ref to a disabled model",
      { "a.sql": "{{ config(enabled=false) }} select 1 as x", "b.sql": "select x from {{ ref('a') }}" },
      /model a is disabled/,
    ],
    [
      "a test with broken SQL",
      {
        "a.sql": "select 1 as x",
        "a.yml": yaml("    data_tests: [{ expression_is_true: { expression: 'x / y > 1' } }]"),
      },
      /a\.yml:4:\d+ a test of a: a bare \//,
    ],
    [
      "a test that refers to a model that is not there",
      {
        "a.sql": "select 1 as x",
        "a.yml": yaml(
          "    columns:\n      - { name: x, data_tests: [{ relationships: { to: ref('nix'), field: x } }] }",
        ),
      },
      /a\.yml:5:\d+ there is no model nix/,
    ],
  ])("%s", async (_name, files, expected) => {
    expect(await trees.failure(files)).toMatch(expected);
  });

  test("all at once, in one message", async () => {
    const message = await trees.failure({
      "a.sql": "select * from {{ ref('b') }}",
      "b.sql": "select x::int64 as x",
      "c.sql": "select 1",
    });
    expect(message).toMatch(/select\.star/);
    expect(message).toMatch(/cast\.double_colon/);
    expect(message).toMatch(/select\.unnamed/);
  });

  test.each(["'; drop table x; --", "a' or '1'='1", "x\ny", "a\\", "a /* b"])(
    "a var that could change the SQL: %j",
    async (value) => {
      expect(
        await trees.failure({ "a.sql": "select '{{ var('v') }}' as x" }, undefined, { v: value }),
      ).toMatch(/var v: .* could change the SQL/);
    },
  );

  test("such a var of an overlay, with its place", async () => {
    const message = await trees.failure(
      { "a.sql": "select '{{ var('v') }}' as x" },
      { "dbt_project.yml": `name: ours\nvars:\n  v: "a' or '1'='1"\n` },
    );
    expect(message).toMatch(/dbt_project\.yml:3:3 var v: .* could change the SQL/);
  });

  test("a folder that is missing, a link that leaves the overlay", async () => {
    await expect(loadProject({ sqlDir: join(trees.folder, "nope") })).rejects.toThrow(/there is no folder/);
    trees.write({ "a.sql": "select 1 as x" });
    trees.write({ "b.sql": "select 1 as x" }, "overlay");
    writeFileSync(join(trees.folder, "secret.sql"), "select 2 as x");
    symlinkSync(join(trees.folder, "secret.sql"), join(trees.folder, "overlay", "c.sql"));
    const error = await loadProject({
      sqlDir: join(trees.folder, "sql"),
      overlayDir: join(trees.folder, "overlay"),
    }).catch((thrown: unknown) => thrown);
    expect(errorCode(error)).toBe("transform.outside_folder");
  });
});
