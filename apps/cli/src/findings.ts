import type { FilePipeline, SettledRun } from "@lifecycle/contracts";
import { readPublished, readTally, type Tally } from "@lifecycle/experiments";
import { loadPipelines } from "@lifecycle/runtime";
import { type CompiledProject, downstreamOf } from "@lifecycle/transform";
import { datasetsOf, type QueryTarget, readBuilds } from "@lifecycle/warehouse";
import { checkedTree } from "./models/checked-tree.ts";
import { printPlaces } from "./places.ts";
import { resultTable } from "./result-table.ts";
import type { Session } from "./session.ts";
import { formatTable, indented } from "./terminal.ts";
import { withWarehouse } from "./warehouse-access.ts";

/** What a run found, from the published tables, and where it lies. */
export async function printFindings(
  session: Session,
  settled: SettledRun,
  pipelineName: string,
): Promise<void> {
  const pipeline = loadPipelines(session.settings).get(pipelineName);
  if (pipeline?.kind === "file") return printFileFindings(session, settled, pipeline);
  await withWarehouse(session, (warehouse) => printBraze(session, warehouse));
  printPlaces(session, "agg_campaign_daily");
}

async function printFileFindings(
  session: Session,
  settled: SettledRun,
  pipeline: FilePipeline,
): Promise<void> {
  const { terminal } = session;
  const readers = publishedFrom(await checkedTree(session), pipeline);
  await withWarehouse(session, async (warehouse) => {
    if (settled.rejectedRows > 0) await printRejected(session, warehouse, settled);
    for (const { id } of pipeline.experiments) await printExperiment(session, warehouse, id);
    await printTables(session, warehouse, readers.tables);
  });
  if (readers.models === 0) for (const line of unreadLines(pipeline)) terminal.line(line);
  else printPlaces(session, pipeline.experiments.length > 0 ? "exp_result" : readers.tables[0]);
}

/** Tables about the fleet itself, which every run feeds. */
const ABOUT_THE_FLEET = /^ops_/;

/** How many models are made from what a pipeline of a file loads, and which of them are published. */
export function publishedFrom({ models, ...project }: CompiledProject, { raw_table }: FilePipeline) {
  const fed = new Set(downstreamOf({ ...project, models }, [raw_table]));
  const own = models.filter(({ name }) => fed.has(name) && !ABOUT_THE_FLEET.test(name));
  return { models: own.length, tables: own.filter(({ published }) => published).map(({ name }) => name) };
}

/** What somebody has to do whose rows are loaded and no more. */
export function unreadLines({ name, raw_table }: FilePipeline): string[] {
  return [
    `\nIts rows are loaded, and nobody reads them: no model of sql/ is made from ${raw_table}, so nothing of it is published.`,
    `  npx --no lifecycle query "select * from ${raw_table} limit 5"   shows them as they were received`,
    "To publish them (sql/README.md, “Add a pipeline of files”, has an example of each):",
    `  1. sql/raw/sources.yml: declare ${raw_table} with its columns`,
    `  2. sql/staging/stg_${name.replaceAll("-", "_")}__row.sql: cast them; then a model in sql/marts with \`published: true\` in its YAML`,
    "  3. npx --no lifecycle models run --select changed+",
  ];
}

async function printBraze(session: Session, warehouse: QueryTarget): Promise<void> {
  const { terminal, settings } = session;
  terminal.line("\nWhat it found");
  await printQuery(
    session,
    warehouse,
    ["", "objects", "days", "sent", "entries", "conversions", "revenue"],
    `select 'campaigns', count(distinct campaign_id), count(distinct activity_date), sum(sent), null, sum(conversions), sum(revenue) from {ds}.agg_campaign_daily
     union all
     select 'Canvases', count(distinct canvas_id), count(distinct activity_date), null, sum(entries), sum(conversions), sum(revenue) from {ds}.agg_canvas_daily`,
  );
  const datasets = datasetsOf(settings.warehouse.dataset);
  const builds = await readBuilds(warehouse, datasets);
  const isPublished = builds.some(
    ({ table, publishedVersion }) => table === "exp_verdict_history" && publishedVersion !== undefined,
  );
  if (!isPublished) return; // an overlay may do without it
  const tally = await readTally({ query: warehouse.query.bind(warehouse), datasets });
  terminal.line("\nWhat to do about the variants of all A/B tests, each against its control");
  terminal.line(indented(tallyTable(tally)));
}

/** How many arms which decision is said of, as it is on the page and in `lifecycle_metrics.json`. */
export function tallyTable(tally: readonly Tally[]): string {
  const rows = tally.map(({ decision, say, arms, experiments }) => [decision, say, arms, experiments]);
  return formatTable(["decision", "in words", "variants", "tests"], rows);
}

async function printExperiment(session: Session, warehouse: QueryTarget, own: string): Promise<void> {
  const { terminal, settings } = session;
  const source = {
    query: warehouse.query.bind(warehouse),
    datasets: datasetsOf(settings.warehouse.dataset),
  };
  for (const workspace of Object.keys(settings.workspaces)) {
    const id = `${workspace}__file__${own}`;
    const { results, verdicts } = await readPublished(source, id);
    if (results.length === 0) continue;
    terminal.line(`\n${results[0]?.experiment_name ?? own} (lifecycle experiments show ${id})`);
    const everybody = results.filter(({ segment }) => segment === "all");
    terminal.line(indented(resultTable(everybody, terminal.width - 2)));
    for (const { is_newest, decision, explanation } of verdicts)
      if (is_newest) terminal.line(`  ${decision}: ${explanation}`);
  }
}

const REJECTED = "int_rejected_row";

/** Why rows were set aside, by column, and where they lie: with the reasons of values that did not cast where a model lists them. */
async function printRejected(session: Session, warehouse: QueryTarget, { runId }: SettledRun): Promise<void> {
  const { terminal, settings } = session;
  const { build, raw } = datasetsOf(settings.warehouse.dataset);
  const isBuilt = (await readBuilds(warehouse, { build })).some(({ table }) => table === REJECTED);
  const ofRun = `where _run_id = '${runId}'`;
  const count = async (by: readonly string[], table: string) => {
    const list = by.join(", ");
    const sql = `select ${list}, count(*) as n from ${table} ${ofRun} group by ${list} order by n desc, ${list} limit 10`;
    return { table, by, rows: (await warehouse.query(sql)).rows };
  };
  const listed = isBuilt ? await count(["column_name", "reason"], `${build}.${REJECTED}`) : undefined;
  const found = listed?.rows.length ? listed : await count(["reason"], `${raw}.raw_rejected_row`);
  if (found.rows.length === 0) return;
  terminal.line("\nRows set aside");
  terminal.line(indented(formatTable([...found.by, "rows"], found.rows)));
  terminal.line(`  npx --no lifecycle query "select * from ${found.table} ${ofRun}"`);
}

/** Published tables that the run fed, with the rows they hold now. */
async function printTables(
  { settings, terminal }: Session,
  warehouse: QueryTarget,
  tables: readonly string[],
): Promise<void> {
  if (tables.length === 0) return;
  const builds = await readBuilds(warehouse, datasetsOf(settings.warehouse.dataset));
  const rows = builds
    .filter(({ table }) => tables.includes(table))
    .map(({ table, rows }) => [table, rows.toLocaleString("en-US")]);
  terminal.line("\nPublished tables it fed");
  terminal.line(indented(formatTable(["table", "rows"], rows)));
}

async function printQuery(
  { settings, terminal }: Session,
  warehouse: QueryTarget,
  header: readonly string[],
  sql: string,
): Promise<void> {
  const asked = sql.replaceAll("{ds}", settings.warehouse.dataset);
  const { rows } = await warehouse.query(asked, { maxRows: 1_000 });
  if (rows.length > 0) terminal.line(indented(formatTable(header, rows)));
}
