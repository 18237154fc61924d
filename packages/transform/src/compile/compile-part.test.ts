import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "@lifecycle/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { around } from "../run/changed-days.ts";
import { compileProject, loadProject } from "./index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lifecycle-part-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const RAW = "{{ source('raw', 'raw_t') }}";
const byDay =
  "materialized='incremental', incremental_strategy='insert_overwrite', partition_by={'field': 'day', 'data_type': 'date'}";
const merge = "materialized='incremental', incremental_strategy='merge', unique_key='id'";
const typed = (type = "STRING") => `version: 2
models:
  - name: d
    columns:
      - { name: day, data_type: DATE }
      - { name: _load_id, data_type: STRING }
      - { name: _extracted_from, data_type: TIMESTAMP }
      - { name: _extracted_until, data_type: TIMESTAMP }
  - name: m
    columns: [{ name: id, data_type: ${type} }]
`;

/** Models `e` (ephemeral, over the raw table), `d` (days that name loads) and `m`, with this config. */
async function compiled(config: string, more: { from?: string; select?: string; yaml?: string } = {}) {
  const { from = "{{ ref('e') }}", select = "t.id, t.day, t._load_id", yaml = typed() } = more;
  const files = {
    "sources.yml": "sources: [{ name: raw, tables: [{ name: raw_t }] }]",
    "e.sql": `{{ config(materialized='ephemeral') }} select r.id, r.day, r._load_id from ${RAW} as r`,
    "d.sql": `{{ config(materialized='table') }} select r.day, r._load_id, r.f as _extracted_from, r.f as _extracted_until from ${RAW} as r`,
    "m.sql": `{{ config(${config.replaceAll(/\}(?=\})/g, "} ")}) }}\nselect ${select} from ${from} as t join {{ ref('d') }} as d on d.day = t.day`,
    "models.yml": yaml,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const project = compileProject(await loadProject({ sqlDir: folder }), {
    engine: "duckdb",
    dataset: "ds",
  });
  return project.models.find(({ name }) => name === "m")!.part;
}

describe("how part of a model is built", () => {
  test("by days, of which an input is read for as many as the model says", async () => {
    const part = await compiled(
      `${byDay}, meta={'partition_inputs': {'d': {'column': 'day', 'trailing_days': var('month', 30)}, 'raw_t': {'loads_of': 'd'}}}`,
    );
    expect(part?.strategy).toBe("partition_overwrite");
    expect(part?.inputs).toEqual([
      { name: "d", isRaw: false, column: "day", trailingDays: 30, token: expect.any(String) },
      { name: "raw_t", isRaw: true, column: "", loadsOf: "d", token: expect.any(String) },
    ]);
    // Also inside the ephemeral model.
    for (const { token } of part!.inputs) expect(part!.sql.split(token)).toHaveLength(2);
    expect(part!.sql).not.toContain("raw_t AS");
  });

  test("by loads, and by days that differ", async () => {
    expect(await compiled(`${merge}, meta={'load_inputs': ['raw_t']}`)).toMatchObject({
      strategy: "load",
      key: ["_load_id"],
    });
    expect(await compiled(`${byDay}, meta={'replace_changed_days': true}`)).toMatchObject({
      strategy: "changed_days",
      inputs: [],
    });
  });

  test.each([
    [
      "no such key",
      `${byDay}, meta={'partition_inputs': {'d': {'column': 'day', 'trailing': 3}}}`,
      /partition_inputs/,
    ],
    [
      "no day",
      `${byDay}, meta={'partition_inputs': {'d': {'column': 'day', 'trailing_days': 0}}}`,
      /partition_inputs/,
    ],
    [
      "a text",
      `${byDay}, meta={'partition_inputs': {'d': {'column': 'day', 'trailing_days': '30'}}}`,
      /partition_inputs/,
    ],
    ["not read", `${byDay}, meta={'partition_inputs': {'x': 'day'}}`, /meta names x, which m does not read/],
    [
      "owner not named",
      `${byDay}, meta={'partition_inputs': {'raw_t': {'loads_of': 'd'}}}`,
      /d is not among the partition_inputs/,
    ],
    [
      "loads of a model",
      `${byDay}, meta={'partition_inputs': {'d': {'loads_of': 'raw_t'}}}`,
      /d is no raw table/,
    ],
    [
      "days by merge",
      `${merge}, meta={'partition_inputs': {'d': 'day'}}`,
      /partition_inputs is for insert_overwrite/,
    ],
    ["keys by day", `${byDay}, meta={'key_inputs': ['raw_t']}`, /key_inputs is for merge/],
    ["loads of models", `${merge}, meta={'load_inputs': ['d']}`, /load_inputs: d is no raw table/],
    [
      "loads and keys",
      `${merge}, meta={'load_inputs': ['raw_t'], 'key_inputs': ['raw_t']}`,
      /do not go together/,
    ],
    ["loads by day", `${byDay}, meta={'load_inputs': ['raw_t']}`, /load_inputs is for merge/],
    [
      "loads without a key",
      "materialized='incremental', meta={'load_inputs': ['raw_t']}",
      /needs unique_key/,
    ],
    [
      "differing days with inputs",
      `${byDay}, meta={'replace_changed_days': true, 'partition_inputs': {'d': 'day'}}`,
      /takes no inputs/,
    ],
    [
      "differing days without days",
      "materialized='incremental', meta={'replace_changed_days': true}",
      /needs partition_by/,
    ],
    [
      "differing days by merge",
      `${merge}, partition_by='day', meta={'replace_changed_days': true}`,
      /is for insert_overwrite/,
    ],
  ])("refused: %s", async (_, config, message) => {
    const error = await compiled(config).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  });

  test("refused: rows without their load, days that name none, values that cannot be compared", async () => {
    const select = "t.id, t.day";
    await expect(compiled(`${merge}, meta={'load_inputs': ['raw_t']}`, { select })).rejects.toThrow(
      /needs a column _load_id/,
    );
    const owned = `${byDay}, meta={'partition_inputs': {'d': 'day', 'raw_t': {'loads_of': 'd'}}}`;
    await expect(compiled(owned, { yaml: "version: 2" })).rejects.toThrow(
      /d declares no _load_id, _extracted_from/,
    );
    await expect(
      compiled(`${byDay}, meta={'replace_changed_days': true}`, { yaml: typed("JSON") }),
    ).rejects.toThrow(/values of id \(JSON\) cannot be compared/);
  });
});

test("days around days, each once and as far as the calendar goes", () => {
  expect(around(["2026-03-01", "2026-02-28"], 1, 1)).toEqual([
    "2026-02-27",
    "2026-02-28",
    "2026-03-01",
    "2026-03-02",
  ]);
  expect(around(["9999-12-30"], 0, 5)).toEqual(["9999-12-30", "9999-12-31"]);
  expect(around(["0001-01-02"], 5, 0)).toEqual(["0001-01-01", "0001-01-02"]);
});
