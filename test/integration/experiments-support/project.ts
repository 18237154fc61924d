import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ColumnType, type TableContract } from "@lifecycle/contracts";
import { type CompiledProject, compileInProcess, runModels } from "@lifecycle/transform";
import type { Warehouse } from "@lifecycle/warehouse";
import { parse } from "yaml";
import { z } from "zod";

const sqlDir = path.resolve(import.meta.dirname, "../../../sql");

const Sources = z.object({
  sources: z.array(
    z.object({
      tables: z.array(
        z.object({
          name: z.string(),
          columns: z.array(z.object({ name: z.string(), data_type: ColumnType })),
        }),
      ),
    }),
  ),
});

/** The raw tables as `sql/raw/sources.yml` declares them. */
export const sources: readonly TableContract[] = Sources.parse(
  parse(readFileSync(path.join(sqlDir, "raw/sources.yml"), "utf8")),
).sources.flatMap(({ tables }) =>
  tables.map(({ name, columns }) => ({
    table: name,
    columns: columns.map((column) => ({ name: column.name, type: column.data_type })),
  })),
);

let compiled: Promise<CompiledProject> | undefined;

/** The project for DuckDB, compiled once per test file. */
async function compile(): Promise<CompiledProject> {
  const cacheDir = await mkdtemp(path.join(tmpdir(), "lifecycle-compiled-"));
  try {
    return await compileInProcess({ sqlDir, cacheDir, engine: "duckdb", dataset: "lifecycle" });
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** Builds every model of the project, with the tests of its YAML; a failing one throws. */
export async function buildAll(warehouse: Warehouse): Promise<void> {
  compiled ??= compile();
  const project = await compiled;
  await runModels(project, { warehouse, select: project.models.map(({ name }) => name), runId: "models" });
}

/** Builds one model from the tables as they stand, without its tests and whether or not anything changed. */
export async function buildModel(warehouse: Warehouse, model: string): Promise<void> {
  compiled ??= compile();
  const found = (await compiled).models.find(({ name }) => name === model);
  if (!found) throw new Error(`no model ${model}`);
  await warehouse.materialise({ table: model, sql: found.sql, jobId: `again__${model}` });
}
