import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCompiler, selectModels } from "@lifecycle/transform";
import { writeCampaignDays } from "./support/campaign-days.ts";
import type { RowsTask } from "./support/rows-process.ts";

const CAMPAIGNS = 6_850;
const DAYS = 730;
const SQL = join(import.meta.dirname, "../../sql");

interface Took {
  load: number;
  models?: number;
  peak_mb: number;
  [step: string]: number | undefined;
}

/** Five million campaign days through one warehouse process of one thread, against DuckDB's own reader of the same files. */
export async function run(campaigns = CAMPAIGNS): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lifecycle-rows-"));
  try {
    const loadId = "bench";
    const files = await writeCampaignDays(folder, {
      loadId,
      campaigns,
      firstDay: 0,
      days: DAYS,
      minute: 0,
      files: 5,
    });
    const { compileProject, loadProject } = await loadCompiler();
    const project = compileProject(await loadProject({ sqlDir: SQL }), {
      engine: "duckdb",
      dataset: "lifecycle",
    });
    const select = selectModels(project, "+agg_campaign_daily");
    const wanted = { ...project, models: project.models.filter(({ name }) => select.includes(name)) };
    const task = { files, loadId: `load__main__braze__${loadId}` };
    const reader = inProcess(folder, { ...task, kind: "reader", database: join(folder, "reader.duckdb") });
    const ours = inProcess(folder, {
      ...task,
      kind: "warehouse",
      database: join(folder, "ours.duckdb"),
      project: wanted,
      select,
    });
    tell(campaigns * DAYS, reader, ours);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inProcess(folder: string, task: RowsTask): Took {
  const path = join(folder, `${task.kind}.json`);
  writeFileSync(path, JSON.stringify(task));
  const script = join(import.meta.dirname, "support/rows-process.ts");
  return JSON.parse(execFileSync(process.execPath, [script, path], { encoding: "utf8" })) as Took;
}

function tell(rows: number, reader: Took, ours: Took): void {
  const rate = (ms: number) => `${Math.round(rows / ms).toLocaleString("en-US")} k rows/s`;
  const whole = ours.load + (ours.models ?? 0);
  console.log(`${rows.toLocaleString("en-US")} rows of raw_campaign_daily, NDJSON gzip, one thread`);
  console.log(`  baseline: DuckDB's own reader into a table: ${rate(reader.load)}, ${reader.peak_mb} MB`);
  console.log(
    `  load alone: ${rate(ours.load)}, ratio ${(reader.load / ours.load).toFixed(2)} (wanted: 0.5)`,
  );
  console.log(
    `  load, staging, marts, gates and publishing: ${rate(whole)}, ratio ${(reader.load / whole).toFixed(2)} (wanted: 0.25)`,
  );
  for (const [step, ms] of Object.entries(ours))
    if (step.startsWith("model ")) console.log(`    ${step.slice(6)}: ${((ms ?? 0) / 1_000).toFixed(1)} s`);
  console.log(`  peak memory ${ours.peak_mb} MB (wanted: at most 512)`);
}
