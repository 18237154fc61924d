import { afterEach, beforeEach, expect, test } from "vitest";
import { type Files, WrittenTrees } from "../project/written-trees.fixture.ts";
import { compileProject, loadProject } from "./index.ts";

let trees: WrittenTrees;
beforeEach(() => {
  trees = new WrittenTrees();
});
afterEach(() => trees.close());

async function compiled(files: Files, engine: "duckdb" | "bigquery" = "duckdb") {
  return compileProject(await loadProject({ sqlDir: trees.write(files) }), { engine, dataset: "ds" });
}

const raw = `sources:
  - name: raw
    tables:
      - { name: raw_order, columns: [{ name: id, data_type: INT64 }, { name: ref, data_type: STRING }, { name: day, data_type: DATE }] }
`;
const staging = "select id, ref, day, id * 1.5 as worth from {{ source('raw', 'raw_order') }}";
const base = { "raw.yml": raw, "stg_order.sql": staging };

test.each([
  [
    "a raw table",
    { "m.sql": "select id\nfrom {{ source('raw', 'raw_order') }}\nwhere ref = 5" },
    "m.sql:3:7",
  ],
  [
    "a model without declared types",
    { "m.sql": "select id from {{ ref('stg_order') }}\nwhere worth = ref" },
    "m.sql:2:7",
  ],
  [
    "an ephemeral model",
    {
      "e.sql": "{{ config(materialized='ephemeral') }} select ref as k from {{ ref('stg_order') }}",
      "m.sql": "select k\nfrom {{ ref('e') }} where k > 5",
    },
    "m.sql:2:27",
  ],
  [
    "a snapshot",
    {
      "s.sql":
        "{{ config(materialized='snapshot', unique_key='id') }} select id, ref from {{ ref('stg_order') }}",
      "m.sql": "select id from {{ ref('s') }}\nwhere is_current and id = ref",
    },
    "m.sql:2:22",
  ],
  [
    "a part of its input",
    {
      "m.yml":
        "models: [{ name: m, columns: [{ name: day, data_type: DATE }, { name: n, data_type: INT64 }] }]",
      "m.sql": `{{ config(materialized='incremental', partition_by={'field': 'day', 'data_type': 'date'}, meta={'partition_inputs': {'stg_order': 'day'} }) }}
select day, count(*) as n from {{ ref('stg_order') }}
{% if is_incremental() %}where ref > 0{% endif %} group by day`,
    },
    "m.sql:3:32",
  ],
])("the columns of %s have their types", async (_, files, place) => {
  for (const engine of ["duckdb", "bigquery"] as const)
    await expect(compiled({ ...base, ...files }, engine)).rejects.toThrow(
      new RegExp(`${place} .*\\[type\\.`),
    );
});

const contract = (type: string) => ({
  "c.yml": `models: [{ name: c, columns: [{ name: k, data_type: ${type} }] }]`,
});
const selecting = (expression: string) => ({
  ...base,
  "c.sql": `select ${expression} as k from {{ ref('stg_order') }}`,
});

test("a contract decides the types that others read", async () => {
  const reader = { "m.sql": "select k from {{ ref('c') }} where k = 1.5" };
  await expect(compiled({ ...selecting("id"), ...reader, ...contract("NUMERIC") })).resolves.toBeDefined();
  await expect(compiled({ ...selecting("ref"), ...reader, ...contract("STRING") })).rejects.toThrow(
    "k (STRING) with 1.5 (FLOAT64)",
  );
});

test.each([
  ["length(ref)", "STRING", "INT64", "Write CAST(LENGTH(…) AS STRING) AS k in the select"],
  ["cast(id as string)", "INT64", "STRING", "or declare data_type: STRING."],
  ["day", "STRING", "DATE", "Write CAST(day AS STRING) AS k"],
  ["worth", "INT64", "FLOAT64", "Write CAST(worth AS INT64) AS k"],
  ["id / nullif(id, 0)", "NUMERIC", "FLOAT64", "AS NUMERIC) AS k"],
  ["'soon'", "DATE", "STRING", "Write CAST('soon' AS DATE) AS k"],
  ["day", "INT64", "DATE", "turn the value into it in the select"],
  ["[ref]", "STRING", "ARRAY<STRING>", "turn the value into it in the select"],
])("%s is no %s of a contract", async (expression, type, given, hint) => {
  for (const engine of ["duckdb", "bigquery"] as const) {
    const failure = compiled({ ...selecting(expression), ...contract(type) }, engine);
    await expect(failure).rejects.toThrow(hint);
    await expect(failure).rejects.toThrow(
      new RegExp(
        `c\\.yml:1:\\d+ column k is declared ${type}, but the select of \\S*c\\.sql gives ${given}, .*\\[type\\.contract\\]`,
      ),
    );
  }
});

test.each([
  ["id", "NUMERIC"],
  ["id", "FLOAT64"],
  ["cast(id as numeric)", "FLOAT64"],
  ["1.5", "NUMERIC"],
  ["day", "DATETIME"],
  ["'2026-01-31'", "DATE"],
  ["null", "JSON"],
  ["coalesce(null, 5)", "NUMERIC"],
  ["cast(length(ref) as string)", "STRING"],
])("%s is read as %s by itself", async (expression, type) => {
  await expect(compiled({ ...selecting(expression), ...contract(type) })).resolves.toBeDefined();
});

test("a test of a column is held to its type, at its place in the YAML", async () => {
  const yaml = `models:
  - name: m
    columns:
      - { name: day, data_tests: [not_null] }
      - name: id
        data_tests:
          - accepted_values: { values: ['1', '2'] }
`;
  const files = { ...base, "m.sql": "select id, day from {{ ref('stg_order') }}", "m.yml": yaml };
  await expect(compiled(files)).rejects.toThrow(
    /m\.yml:7:\d+ a test of m: .*id \(INT64\) with '1' \(STRING\)/,
  );
});

test("a check is held to the types of what it reads", async () => {
  const files = { ...base, "checks/late.sql": "select id from {{ ref('stg_order') }}\nwhere day > 5" };
  await expect(compiled(files)).rejects.toThrow(/late\.sql:2:7 .*day \(DATE\) with 5 \(INT64\)/);
});

test("text for one engine is checked as BigQuery gets it", async () => {
  const either = (duckdb: string, bigquery: string) => ({
    ...base,
    "m.sql": `select id from {{ ref('stg_order') }} where {% if target.type == 'duckdb' %}${duckdb}{% else %}${bigquery}{% endif %}`,
  });
  await expect(compiled(either("ref = 1", "ref = '1'"))).resolves.toBeDefined();
  await expect(compiled(either("ref = '1'", "ref = 1"))).rejects.toThrow("ref (STRING) with 1 (INT64)");
});
