import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { brazeTables } from "@lifecycle/braze";
import { ExperimentsConfig, PipelineConfig, rawFileTable, type TableContract } from "@lifecycle/contracts";
import { experimentTables } from "@lifecycle/experiments";
import { ledgerTables } from "@lifecycle/ingest";
import { qualityResultTable, schemaChangeTable } from "@lifecycle/transform";
import { rejectedRowTable } from "@lifecycle/warehouse";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { sources } from "./experiments-support/project.ts";

const config = path.resolve(import.meta.dirname, "../../config");
const folder = path.join(config, "pipelines");
const pipelines = readdirSync(folder).map((file) =>
  PipelineConfig.parse(parse(readFileSync(path.join(folder, file), "utf8"))),
);

const written: TableContract[] = [
  ...brazeTables,
  ...pipelines.flatMap((pipeline) => (pipeline.kind === "file" ? [rawFileTable(pipeline)] : [])),
  ...ledgerTables,
  ...experimentTables,
  rejectedRowTable,
  qualityResultTable,
  schemaChangeTable,
];

const shape = (table: TableContract | undefined) =>
  table?.columns.map(({ name, type }) => `${name} ${type}`).sort();

describe("sql/raw/sources.yml", () => {
  it.each(written)("declares $table as it is written", (table) => {
    expect(shape(sources.find((source) => source.table === table.table))).toEqual(shape(table));
  });

  it("declares no table that nothing writes", () => {
    const names = new Set(written.map(({ table }) => table));
    expect(sources.map(({ table }) => table).filter((table) => !names.has(table))).toEqual([]);
  });
});

describe("config", () => {
  it("names each pipeline like its file", () => {
    expect(pipelines.map(({ name }) => `${name}.yaml`).sort()).toEqual(readdirSync(folder).sort());
  });

  it("holds valid overrides of experiments", () => {
    const overrides = parse(readFileSync(path.join(config, "experiments.yaml"), "utf8"));
    expect(ExperimentsConfig.parse(overrides).alpha).toBe(0.05);
  });
});
