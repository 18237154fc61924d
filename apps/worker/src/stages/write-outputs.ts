import { join } from "node:path";
import { errorCode, errorMessage } from "@lifecycle/contracts";
import { readLifecycleMetrics, readPublished, toCsv } from "@lifecycle/experiments";
import { replaceFile } from "@lifecycle/runtime";
import type { StageDeps } from "./deps.ts";
import { writeReport } from "./write-report.ts";

/** `lifecycle_metrics.json`, `experiment_summary.csv` and the pages about experiments, from what is published now; each is replaced whole. */
export async function writeOutputs(deps: StageDeps): Promise<void> {
  const folder = deps.settings.output.path;
  const tables = await visibleTables(deps);
  const metrics = await readLifecycleMetrics(deps.warehouse, deps.now(), (table) => tables.has(table));
  await replaceFile(join(folder, "lifecycle_metrics.json"), `${JSON.stringify(metrics, null, 2)}\n`);
  if (!ABOUT_EXPERIMENTS.every((table) => tables.has(table))) return;
  const { results } = await readPublished(deps.warehouse);
  await replaceFile(join(folder, "experiment_summary.csv"), toCsv(results));
  try {
    await writeReport(deps.warehouse, deps.definitions, join(folder, "experiments"));
  } catch (error) {
    // Pictures of what is published: without them the tables stand all the same.
    const how = { code: errorCode(error), reason: errorMessage(error) };
    deps.logger.error(
      how,
      "pages about experiments could not be written; the tables are published all the same",
    );
  }
}

/** What the summary of experiments and their pages read. */
const ABOUT_EXPERIMENTS = ["exp_result", "exp_result_daily", "exp_health", "exp_verdict_history"];

/** Tables that are published by now and still wanted: an overlay may have disabled one, or nothing but a few models may have run. */
async function visibleTables({ warehouse, compiledModels }: StageDeps): Promise<Set<string>> {
  const { models } = await compiledModels();
  const wanted = new Set(models.filter(({ published }) => published).map(({ name }) => name));
  const builds = await warehouse.builds.list();
  return new Set(
    builds
      .filter(({ table, publishedVersion }) => wanted.has(table) && publishedVersion !== undefined)
      .map(({ table }) => table),
  );
}
