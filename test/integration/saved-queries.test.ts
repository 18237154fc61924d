import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { checkModels, loadCompiler } from "@lifecycle/transform";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const sqlDir = resolve(import.meta.dirname, "../../sql");
const folder = join(sqlDir, "queries");
const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));
const textOf = (name: string) => readFileSync(join(folder, name), "utf8");
const { compileProject, compileQuery, loadProject } = await loadCompiler();

describe("the saved queries", () => {
  let warehouse: Warehouse;
  /** A DuckDB without our macros and settings: what a BI tool has over the Parquet files. */
  let plain: DuckDBInstance;
  const published = new Set<string>();

  beforeAll(async () => {
    warehouse = await openDuckdbWarehouse({ path: ":memory:", dataset: "lifecycle" });
    plain = await DuckDBInstance.create(":memory:");
    const compiled = compileProject(await loadProject({ sqlDir }), {
      engine: "duckdb",
      dataset: "lifecycle",
    });
    await checkModels(compiled, { sqlDir, warehouse });
    const connection = await plain.connect();
    for (const { name } of compiled.models.filter((model) => model.published)) {
      published.add(name);
      const { columns } = await warehouse.query(`SELECT * FROM lifecycle_build.${name} LIMIT 0`);
      const list = columns.map((column) => `"${column.name}" ${duckdbType(column.type)}`);
      await connection.run(`CREATE TABLE ${name} (${list.join(", ")})`);
    }
    connection.closeSync();
  });
  afterAll(async () => {
    await warehouse.close();
    plain.closeSync();
  });

  test.each(files)("%s is BigQuery SQL that both engines and a plain DuckDB take", async (name) => {
    const text = textOf(name);
    expect(text).toMatch(/^-- .+\n(-- .+\n)*-- Chart: /);
    compileQuery(text, { engine: "bigquery", dataset: "lifecycle" });
    const { sql } = compileQuery(text, { engine: "duckdb", dataset: "lifecycle" });
    const own = await warehouse.query(sql.replaceAll('"lifecycle".', '"lifecycle_build".'));
    const connection = await plain.connect();
    const theirs = await connection.runAndReadAll(text);
    expect(theirs.columnNames()).toEqual(own.columns.map((column) => column.name));
    connection.closeSync();
  });

  test("name only published tables, and the guide names all of them", () => {
    const guide = readFileSync(join(sqlDir, "BI.md"), "utf8");
    for (const name of files) {
      const tables = [...textOf(name).matchAll(/\bfrom ((?:agg|dim|exp|ops|fct)_\w+)/g)].map(
        ([, table]) => table!,
      );
      expect(tables.length).toBeGreaterThan(0);
      for (const table of tables) expect(published, `${name}: ${table}`).toContain(table);
      expect(guide).toContain(`\`${name.replace(".sql", "")}\``);
    }
  });
});

function duckdbType(bigquery: string): string {
  const types: Record<string, string> = {
    STRING: "VARCHAR",
    INT64: "BIGINT",
    FLOAT64: "DOUBLE",
    NUMERIC: "DECIMAL(38,9)",
    BOOL: "BOOLEAN",
    TIMESTAMP: "TIMESTAMPTZ",
    DATETIME: "TIMESTAMP",
  };
  return types[bigquery] ?? bigquery;
}
