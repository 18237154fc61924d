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

test("a contract decides the types that others read, and the select must be castable to it", async () => {
  const yaml = (type: string) => `models: [{ name: c, columns: [{ name: k, data_type: ${type} }] }]`;
  const files = { ...base, "c.sql": "select day as k from {{ ref('stg_order') }}" };
  const reader = { "m.sql": "select concat(k, '') as k from {{ ref('c') }} where k = 'x'" };
  await expect(compiled({ ...files, ...reader, "c.yml": yaml("STRING") })).resolves.toBeDefined();
  await expect(compiled({ ...files, ...reader, "c.yml": yaml("DATE") })).rejects.toThrow(
    "k (DATE) with 'x' (STRING)",
  );
  await expect(compiled({ ...files, "m.sql": "select 1 as n", "c.yml": yaml("INT64") })).rejects.toThrow(
    /c\.yml:1:\d+ column k is declared INT64, but the select gives DATE, .* \[type\.contract\]/,
  );
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
