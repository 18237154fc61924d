import { resolve } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { brazeTables } from "@lifecycle/braze";
import { rawFileTable, type TableContract } from "@lifecycle/contracts";
import { experimentTables } from "@lifecycle/experiments";
import { ledgerTables, quarantineTable } from "@lifecycle/ingest";
import { loadPipelines } from "@lifecycle/runtime";
import { quantileShares } from "@lifecycle/stats";
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
import { random, randomSelect } from "./random-rows.ts";

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
  const all = [
    ...brazeTables,
    quarantineTable,
    ...files,
    ...experimentTables,
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

const SEED = 1;

test.skipIf(unavailable !== undefined)("every model gives the same rows on both engines", async () => {
  const duckdb = await openDuckdb();
  try {
    google.dropTables();
    await duckdb.run("CREATE SCHEMA ds_raw; CREATE SCHEMA ds_build");
    for (const [index, table] of tables.entries()) {
      const select = randomSelect(table, 40, SEED * 1000 + index);
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
});

test.skipIf(unavailable !== undefined)(
  "quantiles of units are those of their sorted values, on both engines",
  async () => {
    const duckdb = await openDuckdb();
    try {
      google.dropTables();
      await duckdb.run("CREATE SCHEMA ds_build");
      const next = random(7);
      const arms = [
        // Cents without ties; few values with many ties and some without any; one person.
        { arm: "a", values: Array.from({ length: 402 }, () => String(Math.floor(next() * 1e6) / 100)) },
        {
          arm: "b",
          values: Array.from({ length: 301 }, (_, i) =>
            i % 10 === 0 ? "NULL" : String(Math.floor(next() * 5)),
          ),
        },
        { arm: "c", values: ["3"] },
      ];
      const metrics = [
        { metric: "median", level: 0.5, role: "primary" },
        { metric: "top", level: 0.9, role: "secondary" },
        { metric: "none", level: 1.5, role: "secondary" },
      ];
      const rows = metrics.flatMap(({ metric, level, role }) =>
        arms.flatMap(({ arm, values }) =>
          values.map((value) => `('${metric}', '${arm}', '${role}', ${value}, ${level})`),
        ),
      );
      const select = `SELECT 'main' AS workspace, 'x' AS experiment_id, arm AS arm_id, arm = 'a' AS is_control, metric,
        'quantile' AS metric_kind, role, value, CAST(NULL AS NUMERIC) AS covariate, CAST(NULL AS NUMERIC) AS cap_value, quantile_level,
        CAST(NULL AS DATE) AS exposed_date, 'g=1|h=2' AS segments
        FROM UNNEST(ARRAY<STRUCT<metric STRING, arm STRING, role STRING, value NUMERIC, quantile_level FLOAT64>>[${rows.join(",")}])`;
      await google.addTable({ name: "ds_build.exp_unit_metric", select });
      const { sql } = compileQuery(select, { engine: "duckdb", dataset: "ds" });
      await duckdb.run(`CREATE TABLE ds_build.exp_unit_metric AS ${sql}`);
      const model = bigquery.models.find(({ name }) => name === "int_experiment_unit_quantile")!;
      expect(await compareModel(model, duckdb)).toBeUndefined();

      const found = await duckdb.runAndReadAll(
        "SELECT metric, segment, arm_id, n, quantile_value, quantile_below, quantile_above FROM ds_build.int_experiment_unit_quantile ORDER BY ALL",
      );
      const expected = metrics.flatMap(({ metric, level, role }) =>
        (role === "primary" ? ["all", "g=1", "h=2"] : ["all"]).flatMap((segment) =>
          arms.map(({ arm, values }) => {
            const numbers = values.filter((value) => value !== "NULL").map(Number);
            return [metric, segment, arm, BigInt(numbers.length), ...around(numbers, level)];
          }),
        ),
      );
      expect(found.getRows()).toEqual(expected.toSorted((a, b) => (a.join("\t") < b.join("\t") ? -1 : 1)));
    } finally {
      duckdb.closeSync();
    }
  },
);

/** The quantile (type 7) and the values at the ranks around it, from sorted values. */
function around(values: readonly number[], level: number): (number | null)[] {
  if (level >= 1) return [null, null, null];
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) * level;
  const [low, high] = [sorted[Math.floor(middle)]!, sorted[Math.ceil(middle)]!];
  const value = low + (middle - Math.floor(middle)) * (high - low);
  const shares = quantileShares(level, sorted.length);
  if (shares === null) return [value, null, null];
  const below = sorted[Math.max(0, Math.floor(sorted.length * shares.below) - 1)]!;
  return [value, below, sorted[Math.floor(sorted.length * shares.above)]!];
}

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
