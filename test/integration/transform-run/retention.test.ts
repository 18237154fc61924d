import { type Column, stampColumns } from "@lifecycle/contracts";
import { runModels } from "@lifecycle/transform";
import { beforeEach, describe, expect, test } from "vitest";
import { land } from "../warehouse-support/files.ts";
import { onDuckdb } from "./on-duckdb.ts";

const columns: readonly Column[] = [
  { name: "day", type: "DATE" },
  { name: "n", type: "INT64" },
  ...stampColumns,
];
const place = onDuckdb();
beforeEach(() => place.warehouse.bootstrap([{ table: "raw_t", columns }]));

const model = (input: string, column: string, more = "") =>
  `{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by={'field': 'day', 'data_type': 'date'}${more}, meta={'partition_inputs': {'${column}': 'day'} }) }}
select t.day, sum(t.n) as n from ${input} as t group by t.day\n`;

const compile = (more: string, retentionDays?: number) =>
  place.compile(
    {
      "sources.yml": "sources: [{ name: raw, tables: [{ name: raw_t }] }]",
      "stg.sql": model("{{ source('raw', 'raw_t') }}", "raw_t", more),
      "agg.sql": model("{{ ref('stg') }}", "stg"),
    },
    retentionDays === undefined ? {} : { retentionDays },
  );

let loads = 0;
async function load(...days: number[]): Promise<void> {
  const loadId = `l${++loads}`;
  const at = `2026-02-01T00:00:${String(loads).padStart(2, "0")}Z`;
  const rows = days.map((day) => ({
    day: `2026-01-${String(day).padStart(2, "0")}`,
    n: 1,
    _load_id: loadId,
    _extracted_at: at,
  }));
  const file = await land(place.folder, rows, "none", "raw_t");
  await place.warehouse.load({ loadId, table: "raw_t", columns, files: [file], disposition: "append" });
}

const days = async (table: string) =>
  (
    await place.warehouse.query(
      `SELECT CAST(day(day) AS INTEGER), CAST(n AS INTEGER) FROM ds_build.${table} ORDER BY 1`,
    )
  ).rows.map(([day, n]) => `${day}:${n}`);

let runs = 0;
async function runOn(day: string, compiled: Awaited<ReturnType<typeof compile>>) {
  const outcomes = await runModels(compiled, {
    warehouse: place.warehouse,
    select: ["stg", "agg"],
    runId: `r${++runs}`,
    now: () => new Date(`${day}T12:00:00Z`),
  });
  return outcomes.map(({ name, action, partitions }) => `${name} ${partitions?.join() ?? action}`);
}

describe("days that a table keeps no longer", () => {
  test.each([
    ["by the model's partition_expiration_days", ", partition_expiration_days=5", undefined],
    ["by settings, for every partitioned model", "", 5],
  ])(
    "%s: leave it and what is made from it, and late rows for them build nothing",
    async (_, more, setting) => {
      const compiled = await compile(more, setting);
      await load(1, 2, 3, 4, 5, 6, 7, 8);
      await runOn("2026-01-08", compiled);
      expect(await days("stg")).toEqual(["4:1", "5:1", "6:1", "7:1", "8:1"]);
      expect(await days("agg")).toEqual(await days("stg"));

      await load(2);
      expect(await runOn("2026-01-08", compiled)).toEqual(["stg test", "agg skip"]);
      await load(3, 8);
      expect(await runOn("2026-01-08", compiled)).toEqual(["stg 2026-01-08", "agg 2026-01-08"]);
      expect(await days("agg")).toEqual(["4:1", "5:1", "6:1", "7:1", "8:2"]);

      await load(9);
      expect(await runOn("2026-01-09", compiled)).toEqual([
        "stg 2026-01-04,2026-01-09",
        "agg 2026-01-04,2026-01-09",
      ]);
      expect(await runOn("2026-01-10", compiled)).toEqual(["stg 2026-01-05", "agg 2026-01-05"]);
      expect(await runOn("2026-01-10", compiled)).toEqual(["stg skip", "agg skip"]);
      expect(await days("agg")).toEqual(["6:1", "7:1", "8:2", "9:1"]);

      await runOn("2026-01-08", await compile("", undefined));
      expect(await days("agg")).toEqual(["1:1", "2:2", "3:2", "4:1", "5:1", "6:1", "7:1", "8:2", "9:1"]);
    },
  );

  test.each([
    [", partition_expiration_days=0", /stg\.sql:1:1 partition_expiration_days: expected a whole number/],
    [
      ", partition_expiration_days=2, unique_key='day'",
      /partition_expiration_days is not for tables kept by/,
    ],
  ])("refused where it says nothing: %s", async (more, message) => {
    await expect(compile(more)).rejects.toThrow(message);
  });
});

test("a table whose days are of instants: the tests of a part see its rows, and a day is replaced whole", async () => {
  const compiled = await place.compile({
    "sources.yml": "sources: [{ name: raw, tables: [{ name: raw_t }] }]",
    "stg.sql":
      "{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by={'field': 'day', 'data_type': 'timestamp'}, meta={'partition_inputs': {'raw_t': 'day'} }) }} select timestamp_add(timestamp(t.day), interval 7 hour) as day, sum(t.n) as n from {{ source('raw', 'raw_t') }} as t group by t.day",
    "stg.yml": "models: [{ name: stg, data_tests: [{ expression_is_true: { expression: n < 3 } }] }]",
  });
  await load(1, 2, 3, 4);
  await runOn("2026-01-08", compiled);
  await load(2);
  expect(await runOn("2026-01-08", compiled)).toEqual(["stg 2026-01-02"]);
  expect(await days("stg")).toEqual(["1:1", "2:2", "3:1", "4:1"]);
  await load(2);
  await expect(runOn("2026-01-08", compiled)).rejects.toThrow("failed expression");
});
