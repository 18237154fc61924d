// One process of the rows bench: `rows-process.ts <task file>`. Prints what it took as JSON.
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { brazeTables } from "@lifecycle/braze";
import type { LandedFile } from "@lifecycle/contracts";
import { type CompiledProject, runModels } from "@lifecycle/transform";
import { openDuckdbWarehouse } from "@lifecycle/warehouse";
import { contractOf } from "./campaign-days.ts";

export interface RowsTask {
  kind: "reader" | "warehouse";
  database: string;
  files: LandedFile[];
  loadId: string;
  /** Compiled models to build after the load; their order is the project's. */
  project?: CompiledProject;
  select?: string[];
}

const MEMORY = "160MB";
const task = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as RowsTask;
const took: Record<string, number> = {};
await (task.kind === "reader" ? read() : loadAndBuild());
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
process.stdout.write(JSON.stringify({ ...took, peak_mb: Math.round(Number(peak) / 1024) }));

/** What DuckDB itself needs for the same files: its own reader into a table, types given. */
async function read(): Promise<void> {
  const instance = await DuckDBInstance.create(task.database, {
    threads: "1",
    memory_limit: MEMORY,
    preserve_insertion_order: "false",
    temp_directory: `${task.database}.tmp`,
  });
  const connection = await instance.connect();
  const types: Record<string, string> = {
    STRING: "VARCHAR",
    INT64: "BIGINT",
    NUMERIC: "DECIMAL(38,9)",
    TIMESTAMP: "TIMESTAMPTZ",
  };
  const columns = contractOf("raw_campaign_daily").columns.map(
    ({ name, type }) => `'${name}': '${types[type] ?? type}'`,
  );
  const paths = task.files.map(({ uri }) => `'${uri}'`).join(", ");
  await timed("load", () =>
    connection.run(
      `CREATE TABLE raw AS SELECT * FROM read_json([${paths}], format='newline_delimited', compression='gzip', columns={${columns.join(", ")}})`,
    ),
  );
  connection.closeSync();
  instance.closeSync();
}

async function loadAndBuild(): Promise<void> {
  const warehouse = await openDuckdbWarehouse({ path: task.database, memoryLimit: MEMORY, threads: 1 });
  await warehouse.bootstrap(brazeTables);
  const { table, columns } = contractOf("raw_campaign_daily");
  await timed("load", () =>
    warehouse.load({ loadId: task.loadId, table, columns, files: task.files, disposition: "append" }),
  );
  const { project, select } = task;
  if (project && select)
    await timed("models", async () => {
      const outcomes = await runModels(project, { warehouse, select, runId: "bench" });
      for (const { name, ms } of outcomes) took[`model ${name}`] = ms;
      for (const { name } of outcomes.filter(
        (outcome) => project.models.find((model) => model.name === outcome.name)?.published,
      ))
        await warehouse.publish(name, "bench");
    });
  await warehouse.close();
}

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  took[name] = Math.round(performance.now() - started);
}
