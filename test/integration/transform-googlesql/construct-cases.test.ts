import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { InputError } from "@lifecycle/contracts";
import { loadCompiler } from "@lifecycle/transform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDuckdb } from "./duckdb.ts";

interface Case {
  group: string;
  name: string;
  bigquery: string[];
  expected: (string | null)[][] | null;
}

const path = resolve(import.meta.dirname, "../../../packages/transform/test-data/construct-cases.json");
const { cases, duckdb_fixture: fixture } = JSON.parse(readFileSync(path, "utf8")) as {
  cases: Case[];
  duckdb_fixture: string;
};
const isSelect = ({ group }: Case) => !["ddl", "dml", "script"].includes(group);
const { compileQuery, compileProject, loadProject } = await loadCompiler();

/** The cases that are refused, and by which rule. Everything else must give BigQuery's rows. */
const refusals: Readonly<Record<string, string>> = {
  "SELECT AS VALUE": "select.as_value",
  "pipe syntax |>": "syntax.pipe",
  "PIVOT alias naming n_send": "pivot.alias",
  "_TABLE_SUFFIX / FOR SYSTEM_TIME (expect n/a)": "syntax.system_time",
  "CROSS JOIN UNNEST alias cols direct": "unnest.alias",
  "JSON_KEYS / JSON_TYPE": "function.refused",
  APPROX_COUNT_DISTINCT: "function.refused",
  "APPROX_QUANTILES[OFFSET]": "function.refused",
  FARM_FINGERPRINT: "function.refused",
  "LOWER/UPPER/TRIM/LPAD/REPEAT/REVERSE/LENGTH": "function.refused",
};

const parameters: Readonly<Record<string, string>> = {
  $typ: "'send'",
  $since: "TIMESTAMPTZ '2024-01-01 00:00:00+00'",
  $ids: "['e1', 'e2']",
};

describe("the 140 SELECT cases on DuckDB", () => {
  let duckdb: DuckDBConnection;
  beforeAll(async () => {
    duckdb = await openDuckdb();
    await duckdb.run(fixture);
  });
  afterAll(() => duckdb.closeSync());

  test("are 140, and at most 10 of them are refused", () => {
    expect(cases.filter(isSelect)).toHaveLength(140);
    expect(Object.keys(refusals).length).toBeLessThanOrEqual(10);
  });

  test.each(cases.filter(isSelect))("$name", async ({ name, bigquery, expected }) => {
    const [sql = ""] = bigquery;
    const rule = refusals[name];
    if (rule !== undefined) {
      expect(() => compileQuery(sql, { engine: "duckdb", dataset: "ds" })).toThrow(`[${rule}]`);
      return;
    }
    const compiled = compileQuery(sql, { engine: "duckdb", dataset: "ds" }).sql;
    const answer = await duckdb.runAndReadAll(compiled.replace(/\$\w+/g, (name) => parameters[name] ?? name));
    const rows = answer.getRowsJson().map((row) => row.map(shown));
    expect(rows).toEqual(expected);
  });
});

/** The file's way of writing a value: NULL or its text. */
function shown(value: unknown): string | null {
  if (value === null) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

describe("the 20 other cases in a model", () => {
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-constructs-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(cases.filter((item) => !isSelect(item)))("$name is refused", async ({ bigquery }) => {
    const file = join(folder, "model_under_test.sql");
    writeFileSync(file, bigquery.join(";\n"));
    const compiling = loadProject({ sqlDir: folder }).then((project) =>
      compileProject(project, { engine: "bigquery", dataset: "ds" }),
    );
    await expect(compiling).rejects.toBeInstanceOf(InputError);
    await expect(compiling).rejects.toThrow(/model_under_test\.sql:\d+:\d+ .*\[(statement|syntax)\./s);
  });
});
