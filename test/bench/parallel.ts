import { join } from "node:path";
import { brazeTables } from "@lifecycle/braze";
import { ledgerTables } from "@lifecycle/ingest";
import {
  type CompiledProject,
  loadCompiler,
  qualityResultTable,
  runInOrder,
  runModels,
  schemaChangeTable,
  tablesAtOnce,
} from "@lifecycle/transform";
import { duckdbMacros, openBigqueryWarehouse } from "@lifecycle/warehouse";
import { startBigqueryServer } from "../fakes/bigquery-server.ts";
import { productTranslation } from "../fakes/translation.ts";

/** How long each job takes besides its work: about what a small one takes on BigQuery at its quickest. */
const JOB_MS = 200;
const SQL = join(import.meta.dirname, "../../sql");
const TABLES = [...brazeTables, ...ledgerTables, qualityResultTable, schemaChangeTable];

type Translate = Awaited<ReturnType<typeof productTranslation>>;

/** How long the models of Braze and of the ledger, and publishing them, take in BigQuery mode, over empty tables, one after another and beside one another. */
export async function run(): Promise<void> {
  process.env.METADATA_SERVER_DETECTION = "none"; // no credentials are looked for
  const { compileProject, loadProject } = await loadCompiler();
  const project = compileProject(await loadProject({ sqlDir: SQL }), {
    engine: "bigquery",
    dataset: "lifecycle",
  });
  const select = buildable(project);
  const translate = await productTranslation();
  await build(project, select, translate, 0, undefined); // what is translated for the first time is not measured
  const single = await build(project, select, translate, JOB_MS, 1);
  const parallel = await build(project, select, translate, JOB_MS, undefined);
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  console.log(`${select.length} models with their tests on BigQuery, each job ${JOB_MS} ms and its work`);
  console.log(`  baseline, one after another: ${seconds(single.ms)}, ${single.jobs} jobs`);
  console.log(
    `  beside one another: ${seconds(parallel.ms)}, at most ${parallel.mostAtOnce} jobs at once; ratio ${(single.ms / parallel.ms).toFixed(1)}`,
  );
  console.log(
    `${parallel.tables} tables published: ${seconds(single.publishMs)} one after another, ${seconds(parallel.publishMs)} beside one another; ratio ${(single.publishMs / parallel.publishMs).toFixed(1)}`,
  );
}

/** Models made of the tables above alone. */
function buildable(project: CompiledProject): string[] {
  const known = new Set(TABLES.map(({ table }) => table));
  for (const { name, sources, dependsOn } of project.models)
    if ([...sources, ...dependsOn].every((input) => known.has(input))) known.add(name);
  return project.models.filter(({ name }) => known.has(name)).map(({ name }) => name);
}

async function build(
  project: CompiledProject,
  select: readonly string[],
  translate: Translate,
  jobDelayMs: number,
  atOnce: number | undefined,
) {
  const server = await startBigqueryServer({ translate, setup: duckdbMacros, jobDelayMs });
  const warehouse = await openBigqueryWarehouse({
    projectId: server.project,
    location: "EU",
    apiEndpoint: server.url,
    pollDelayMs: 50,
  });
  try {
    await warehouse.bootstrap(TABLES);
    const before = server.jobs.size;
    const started = performance.now();
    await runModels(project, { warehouse, select, runId: "bench", atOnce });
    const ms = performance.now() - started;
    const jobs = [...server.jobs.values()];
    const wanted = new Set(select);
    const tables = project.models
      .filter((model) => model.published && wanted.has(model.name))
      .map(({ name }) => ({ name, dependsOn: [] }));
    const atWork = { atOnce: atOnce ?? tablesAtOnce.bigquery };
    const published = performance.now();
    await runInOrder(tables, atWork, ({ name }) => warehouse.publish(name, `publish__${name}`));
    return {
      ms,
      publishMs: performance.now() - published,
      tables: tables.length,
      jobs: jobs.length - before,
      mostAtOnce: Math.max(...jobs.map(({ beside }) => beside.length + 1)),
    };
  } finally {
    await warehouse.close();
    await server.close();
  }
}
