import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { errorCode, InputError } from "@lifecycle/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compileProject, loadProject } from "../compile/index.ts";
import type { CompiledProject } from "../compiled.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lifecycle-sql-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Files = Readonly<Record<string, string>>;

function write(files: Files, tree = "sql"): string {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, tree, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return join(folder, tree);
}

async function compile(
  files: Files,
  overlay?: Files,
  vars?: Record<string, string | number>,
): Promise<CompiledProject> {
  const project = await loadProject({
    sqlDir: write(files),
    ...(overlay === undefined ? {} : { overlayDir: write(overlay, "overlay") }),
    ...(vars === undefined ? {} : { vars }),
  });
  return compileProject(project, { engine: "duckdb", dataset: "ds" });
}

async function failure(
  files: Files,
  overlay?: Files,
  vars?: Record<string, string | number>,
): Promise<string> {
  const error = await compile(files, overlay, vars).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

const sources = "sources:\n  - name: raw\n    tables: [{ name: raw_t }]\n";

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
    const { models } = await compile(files);
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
    const before = await compile(files);
    const after = await compile(files, { "dbt_project.yml": "vars: { limit: 9 }" });
    const hash = (project: CompiledProject, name: string) =>
      project.models.find((model) => model.name === name)!.hash;
    expect(hash(after, "agg_t")).not.toBe(hash(before, "agg_t"));
    expect(hash(after, "stg_t")).toBe(hash(before, "stg_t"));
  });

  test("a var that nothing reads is refused, wherever it is set, with those there are", async () => {
    const message = await failure(files, { "dbt_project.yml": "vars:\n  limt: 9\n" });
    expect(message).toMatch(/dbt_project\.yml:2:3 var limt is set, but nothing reads it/);
    expect(message).toContain("Did you mean limit?");
    expect(await failure(files, undefined, { nothing_like_it: 3 })).toMatch(
      /^settings, transform\.vars:1:1 var nothing_like_it is set.*There are: limit\./s,
    );
  });

  test("a var that only an untaken branch reads counts as read", async () => {
    const branch = { "a.sql": "select 1 as x {% if var('on', false) %}, {{ var('y', 2) }} as y{% endif %}" };
    expect((await compile(branch, undefined, { y: 3 })).models).toHaveLength(1);
  });

  test("an overlay replaces, adds and disables models and macros", async () => {
    const base = {
      "macros/m.sql": "{% macro one() %}1{% endmacro %}",
      "a.sql": "select {{ one() }} as x",
      "b.sql": "select 2 as x",
      "c.sql": "select 3 as x",
    };
    const { models } = await compile(base, {
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
      sqlDir: write({ "a.sql": "select 1 as x", "b.sql": "select x -- so\nfrom {{ ref('a') }};\n" }),
    });
    const { models } = compileProject(project, { engine: "bigquery", dataset: "ds", project: "my-project" });
    expect(models[1]!.sql).toBe("select x -- so\nfrom `my-project.ds_build.a`");
  });

  test("who may read a table and what its build may bill stand in its config, and change no row", async () => {
    const role = "roles/bigquery.dataViewer";
    const plain = await compile({ "a.sql": "select 1 as x" });
    const told = await compile({
      "a.sql": `{{ config(grants={'${role}': 'group:team@example.org'}, meta={'max_bytes_billed': 1000}) }}select 1 as x`,
    });
    expect(plain.models[0]).toMatchObject({ grants: {}, maxBytesBilled: null });
    expect(told.models[0]).toMatchObject({
      grants: { [role]: ["group:team@example.org"] },
      maxBytesBilled: 1000,
      buildHash: plain.models[0]!.buildHash,
    });
    const nobody = { "a.sql": `{{ config(grants={'${role}': 'team'}) }}select 1 as x` };
    expect(await failure(nobody)).toMatch(/a\.sql:1:1 .*grants: team is nobody/);
  });
});

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
    expect(await failure(files)).toMatch(expected);
  });

  test("all at once, in one message", async () => {
    const message = await failure({
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
      expect(await failure({ "a.sql": "select '{{ var('v') }}' as x" }, undefined, { v: value })).toMatch(
        /var v: .* could change the SQL/,
      );
    },
  );

  test("such a var of an overlay, with its place", async () => {
    const message = await failure(
      { "a.sql": "select '{{ var('v') }}' as x" },
      { "dbt_project.yml": `name: ours\nvars:\n  v: "a' or '1'='1"\n` },
    );
    expect(message).toMatch(/dbt_project\.yml:3:3 var v: .* could change the SQL/);
  });

  test("a folder that is missing, a link that leaves the overlay", async () => {
    await expect(loadProject({ sqlDir: join(folder, "nope") })).rejects.toThrow(/there is no folder/);
    write({ "a.sql": "select 1 as x" });
    write({ "b.sql": "select 1 as x" }, "overlay");
    writeFileSync(join(folder, "secret.sql"), "select 2 as x");
    symlinkSync(join(folder, "secret.sql"), join(folder, "overlay", "c.sql"));
    const error = await loadProject({
      sqlDir: join(folder, "sql"),
      overlayDir: join(folder, "overlay"),
    }).catch((thrown: unknown) => thrown);
    expect(errorCode(error)).toBe("transform.outside_folder");
  });
});
