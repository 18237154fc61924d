import { resolve } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { brazeTables } from "@lifecycle/braze";
import { rawFileTable, type TableContract } from "@lifecycle/contracts";
import {
  experimentHealthColumns,
  experimentResultColumns,
  experimentVerdictColumns,
} from "@lifecycle/experiments";
import { ledgerTables, quarantineTable } from "@lifecycle/ingest";
import { loadPipelines } from "@lifecycle/runtime";
import {
  type CompiledModel,
  type CompiledProject,
  loadCompiler,
  qualityResultTable,
  schemaChangeTable,
  sourceTables,
} from "@lifecycle/transform";
import { rejectedRowTable } from "@lifecycle/warehouse";
import { afterAll, expect, test } from "vitest";
import { canonicalRows, openDuckdb } from "./duckdb.ts";
import { type GoogleSql, startGoogleSql } from "./googlesql.ts";
import { typeName, typeProto } from "./googlesql-values.ts";
import { randomSelect } from "./random-rows.ts";

const root = resolve(import.meta.dirname, "../../..");
const { compileProject, loadProject, compileQuery } = await loadCompiler();
const engine = await startGoogleSql();
const unavailable = "unavailable" in engine ? engine.unavailable : undefined;
const google = engine as GoogleSql;
const bigquery = await compile("bigquery");
const duckdbModels = await compile("duckdb");
const tables = rawTables();

async function compile(target: "bigquery" | "duckdb"): Promise<CompiledProject> {
  return compileProject(await loadProject({ sqlDir: resolve(root, "sql") }), {
    engine: target,
    dataset: "ds",
  });
}

/** Contracts of every raw table that a model reads. */
function rawTables(): TableContract[] {
  const pipelines = [
    ...loadPipelines({ pipelines: { path: resolve(root, "config/pipelines") }, root }).values(),
  ];
  const files = pipelines.filter((pipeline) => pipeline.kind === "file").map(rawFileTable);
  const evaluated = [experimentResultColumns, experimentHealthColumns, experimentVerdictColumns];
  const all = [
    ...brazeTables,
    quarantineTable,
    ...files,
    ...evaluated,
    ...ledgerTables,
    qualityResultTable,
    schemaChangeTable,
  ];
  const named = new Map([rejectedRowTable, ...all].map((table) => [table.table, table]));
  return sourceTables(bigquery).map((name) => {
    const table = named.get(name);
    if (table === undefined) throw new Error(`no contract for ${name}`);
    return table;
  });
}

afterAll(async () => {
  if (unavailable === undefined) await google.close();
});

test.skipIf(unavailable !== undefined)(
  "every model is valid GoogleSQL and gives the types it declares",
  async () => {
    google.dropTables();
    for (const { table, columns } of tables) {
      google.addShape(
        `ds_raw.${table}`,
        columns.map(({ name, type }) => ({ name, type: typeProto(type) })),
      );
    }
    const complaints: string[] = [];
    for (const model of bigquery.models) {
      const columns = await google.analyse(model.sql).catch((error: Error) => error);
      if (columns instanceof Error) {
        complaints.push(`${model.file}: ${columns.message}`);
        continue;
      }
      const found = columns.map(({ name, type }) => `${name} ${typeName(type)}`);
      const declared = model.columns.map(({ name, type }) => `${name} ${type ?? "?"}`);
      found.forEach((text, index) => {
        if (text !== declared[index])
          complaints.push(`${model.file}: declared ${declared[index]}, BigQuery gives ${text}`);
      });
      google.addShape(`ds_build.${model.name}`, columns);
    }
    expect(complaints).toEqual([]);
  },
);

test.skipIf(unavailable !== undefined)("every test of a model is valid GoogleSQL", async () => {
  const complaints: string[] = [];
  for (const model of bigquery.models) {
    for (const { sql } of model.tests) {
      await google
        .analyse(sql)
        .catch((error: Error) => complaints.push(`${model.file}: ${error.message}\n${sql}`));
    }
  }
  expect(complaints).toEqual([]);
});

test.skipIf(unavailable !== undefined).each([1, 2])(
  "every model gives the same rows on both engines (seed %i)",
  async (seed) => {
    const duckdb = await openDuckdb();
    try {
      google.dropTables();
      await duckdb.run("CREATE SCHEMA ds_raw; CREATE SCHEMA ds_build");
      for (const [index, table] of tables.entries()) {
        const select = randomSelect(table, 40, seed * 1000 + index);
        await google.addTable({ name: `ds_raw.${table.table}`, select });
        const { sql } = compileQuery(select, { engine: "duckdb", dataset: "ds" });
        await duckdb.run(`CREATE TABLE ds_raw.${table.table} AS ${sql}`);
      }
      const complaints: string[] = [];
      let filled = 0;
      for (const model of bigquery.models) {
        const said = await compareModel(model, duckdb);
        const counted = await canonicalRows(duckdb, `SELECT count(*) > 0 FROM ds_build.${model.name}`).catch(
          () => [],
        );
        if (counted[0]?.[0] === true) filled += 1;
        if (said !== undefined) complaints.push(said);
      }
      expect(complaints).toEqual([]);
      expect(filled, "models with rows to compare").toBeGreaterThan(bigquery.models.length * 0.8);
    } finally {
      duckdb.closeSync();
    }
  },
  120_000,
);

/** Builds a model on both engines, so that the next ones read it, and compares its rows in any order. */
async function compareModel(model: CompiledModel, duckdb: DuckDBConnection): Promise<string | undefined> {
  const theirs = await google.query(model.sql).catch((error: Error) => error);
  if (theirs instanceof Error) return `${model.name}: BigQuery: ${theirs.message}`;
  const ownSql = duckdbModels.models.find(({ name }) => name === model.name)!.sql;
  try {
    await duckdb.run(`CREATE TABLE ds_build.${model.name} AS SELECT ${contractList(model)} FROM (${ownSql})`);
    await google.addTable({ name: `ds_build.${model.name}`, select: model.sql });
  } catch (error) {
    return `${model.name}: DuckDB: ${(error as Error).message}`;
  }
  const ours = await canonicalRows(duckdb, `SELECT * FROM ds_build.${model.name}`);
  const sorted = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
  const [a, b] = [sorted(theirs.rows), sorted(ours)];
  const different = a.findIndex((row, index) => row !== b[index]);
  if (different < 0 && a.length === b.length) return undefined;
  return `${model.name}: ${a.length} and ${b.length} rows\n  BigQuery ${a[different] ?? "-"}\n  DuckDB   ${b[different] ?? "-"}`;
}

const duckdbTypes: Readonly<Record<string, string>> = {
  STRING: "VARCHAR",
  INT64: "BIGINT",
  FLOAT64: "DOUBLE",
  NUMERIC: "DECIMAL(38,9)",
  BOOL: "BOOLEAN",
  DATE: "DATE",
  DATETIME: "TIMESTAMP",
  TIMESTAMP: "TIMESTAMPTZ",
  JSON: "JSON",
  BYTES: "BLOB",
};

function contractList(model: CompiledModel): string {
  if (model.contract === null) return "*";
  return model.contract
    .map(({ name, type }) => `CAST("${name}" AS ${duckdbTypes[type]}) AS "${name}"`)
    .join(", ");
}
