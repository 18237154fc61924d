import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ExperimentResultRow, readLifecycleMetrics, toCsv } from "@lifecycle/experiments";
import type { StageDeps } from "./deps.ts";

const MAX_RESULTS = 1_000_000;

/** `lifecycle_metrics.json` and `experiment_summary.csv`, from what is published now; each is replaced whole. */
export async function writeOutputs(deps: StageDeps): Promise<void> {
  const folder = deps.settings.output.path;
  const metrics = await readLifecycleMetrics(deps.warehouse, deps.now());
  await replaceFile(join(folder, "lifecycle_metrics.json"), `${JSON.stringify(metrics, null, 2)}\n`);
  await replaceFile(join(folder, "experiment_summary.csv"), toCsv(await publishedResults(deps)));
}

async function publishedResults({ warehouse }: StageDeps): Promise<ExperimentResultRow[]> {
  const sql = `SELECT * FROM ${warehouse.datasets.published}.exp_result ORDER BY workspace, experiment_id, metric, arm_id, method`;
  const { columns, rows } = await warehouse.query(sql, { maxRows: MAX_RESULTS });
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])),
  ) as unknown as ExperimentResultRow[];
}

async function replaceFile(path: string, content: string): Promise<void> {
  const aside = `${path}.${process.pid}-${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(aside, content);
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
}
