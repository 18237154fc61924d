import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ColumnType, type TableContract } from "@lifecycle/contracts";
import { type CompiledProject, compileInProcess, runModels, selectModels } from "@lifecycle/transform";
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

/** What a test has otherwise than the project: vars, and only some of its models. */
export interface Otherwise {
  vars?: Parameters<typeof compileInProcess>[0]["vars"];
  select?: string;
}

const compiled = new Map<string, Promise<CompiledProject>>();

/** The project for DuckDB, compiled once per test file and vars. */
function compiledWith({ vars }: Otherwise): Promise<CompiledProject> {
  const key = JSON.stringify(vars ?? null);
  const project = compiled.get(key) ?? compile(vars);
  compiled.set(key, project);
  return project;
}

async function compile(vars: Otherwise["vars"]): Promise<CompiledProject> {
  const cacheDir = await mkdtemp(path.join(tmpdir(), "lifecycle-compiled-"));
  try {
    return await compileInProcess({ sqlDir, vars, cacheDir, engine: "duckdb", dataset: "lifecycle" });
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** Builds every model of the project, or those chosen, with the tests of its YAML; a failing one throws. */
export async function buildAll(warehouse: Warehouse, otherwise: Otherwise = {}): Promise<void> {
  const project = await compiledWith(otherwise);
  const select = selectModels(project, otherwise.select ?? "all");
  await runModels(project, { warehouse, select, runId: "models" });
}

/** Builds one model from the tables as they stand, without its tests and whether or not anything changed. */
export async function buildModel(warehouse: Warehouse, model: string): Promise<void> {
  const found = (await compiledWith({})).models.find(({ name }) => name === model);
  if (!found) throw new Error(`no model ${model}`);
  await warehouse.materialise({ table: model, sql: found.sql, jobId: `again__${model}` });
}
